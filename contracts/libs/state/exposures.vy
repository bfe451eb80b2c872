# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Exposures
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What the vault's options are worth and how that moves, cached by expiry and summed over all of them.
@dev     The value of an expiry is kept as a polynomial in spot, c0 + c1 S + c2 S^2/2: rolling all of them to the
         present spot is rolling their sum. Sums are sums of the stored integers, so what leaves is what entered.
"""

from ...interfaces import IOptionPricer
from .. import constants
from .. import packing

WAD: constant(int256) = constants.SIGNED_WAD
MASK_32: constant(uint256) = 2**32 - 1


struct Sum:
    value: int256  # c0
    slope: int256  # c1
    bend: int256  # c2
    vega: int256  # sum of n
    vega_square: uint256  # sum of n^2


struct Cache:
    value_slope: uint256  # c0 128 | c1 128
    bend_vega: uint256  # c2 128 | n 128
    flow: uint256  # Z int96 | time 32 | at-the-money volatility 64


struct Rolled:
    value: int256
    dollar_delta: int256
    dollar_gamma: int256


_caches: HashMap[uint256, Cache]
_value_slope: uint256
_bend_vega: uint256
_vega_square: uint256

@internal
@view
def _sum() -> Sum:
    """
    @dev    Of all expiries.
    """
    return self._unpack(self._value_slope, self._bend_vega, self._vega_square)


@internal
@view
def _cached(expiry: uint256) -> Sum:
    """
    @dev    Of one expiry.
    """
    found: Sum = self._unpack(self._caches[expiry].value_slope, self._caches[expiry].bend_vega, 0)
    found.vega_square = convert(found.vega * found.vega, uint256)
    return found


@internal
@pure
def _unpack(value_slope: uint256, bend_vega: uint256, vega_square: uint256) -> Sum:
    return Sum(
        value=packing._signed_128(value_slope),
        slope=packing._signed_128(value_slope >> 128),
        bend=packing._signed_128(bend_vega),
        vega=packing._signed_128(bend_vega >> 128),
        vega_square=vega_square,
    )


@internal
@pure
def _less(whole: Sum, part: Sum) -> Sum:
    return Sum(
        value=whole.value - part.value,
        slope=whole.slope - part.slope,
        bend=whole.bend - part.bend,
        vega=whole.vega - part.vega,
        vega_square=whole.vega_square - part.vega_square,
    )


@internal
@pure
def _rolled(sum: Sum, spot: uint256) -> Rolled:
    """
    @dev    Value and dollar exposures at a spot; truncated, in favour of nobody.
    """
    s: int256 = convert(spot, int256)
    linear: int256 = sum.slope * s // WAD
    quadratic: int256 = sum.bend * s // WAD * s // WAD
    return Rolled(
        value=sum.value + linear + quadratic // 2,
        dollar_delta=linear + quadratic,
        dollar_gamma=quadratic,
    )


@internal
@pure
def _polynomial(risk: IOptionPricer.BookRisk, spot: uint256) -> Sum:
    """
    @dev    The polynomial with this value and these exposures at a spot: the value exactly, the others to a unit.
    """
    s: int256 = convert(spot, int256)
    bend: int256 = risk.dollar_gamma * WAD // s * WAD // s
    slope: int256 = risk.dollar_delta * WAD // s - bend * s // WAD
    bare: Sum = Sum(value=0, slope=slope, bend=bend, vega=risk.scaled_vega, vega_square=0)
    return Sum(
        value=risk.value - self._rolled(bare, spot).value,
        slope=slope,
        bend=bend,
        vega=risk.scaled_vega,
        vega_square=convert(risk.scaled_vega * risk.scaled_vega, uint256),
    )


@internal
def _replace(expiry: uint256, others: Sum, risk: IOptionPricer.BookRisk, spot: uint256) -> Sum:
    """
    @dev    Stores an expiry as it was just valued.
    @param  others The sum without it.
    @return The sum with it.
    """
    own: Sum = self._polynomial(risk, spot)
    self._caches[expiry].value_slope = packing._pair_128(own.value, own.slope)
    self._caches[expiry].bend_vega = packing._pair_128(own.bend, own.vega)
    self._caches[expiry].flow = (
        packing._bits(risk.flow) & packing.MASK_96 | block.timestamp << 96 | risk.atm_vol << 128
    )
    return Sum(
        value=others.value + own.value,
        slope=others.slope + own.slope,
        bend=others.bend + own.bend,
        vega=others.vega + own.vega,
        vega_square=others.vega_square + own.vega_square,
    )


@internal
def _store(sum: Sum):
    """
    @dev    Keeps the sum of all expiries.
    """
    self._value_slope = packing._pair_128(sum.value, sum.slope)
    self._bend_vega = packing._pair_128(sum.bend, sum.vega)
    self._vega_square = sum.vega_square


@internal
@view
def _flow(expiry: uint256) -> (int256, uint256, uint256):
    """
    @dev    Flow when it was last touched, its age, and the at-the-money volatility then.
    """
    word: uint256 = self._caches[expiry].flow
    atm_vol: uint256 = word >> 128 & packing.MASK_64
    if atm_vol == 0:
        return 0, 0, 0
    return packing._signed_96(word), block.timestamp - (word >> 96 & MASK_32), atm_vol


@internal
@view
def _is_flat(expiry: uint256) -> bool:
    """
    @dev    Whether the options of an expiry are worth nothing at any spot.
    """
    return self._caches[expiry].value_slope == 0 and self._caches[expiry].bend_vega == 0


@internal
def _forget(expiry: uint256):
    """
    @dev    Takes an expiry out of the sum.
    """
    self._store(self._less(self._sum(), self._cached(expiry)))
    self._caches[expiry] = empty(Cache)
