# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Reading a book
@author  The pyvault authors
@license AGPL-3.0-only
@notice  All that the value of an expiry depends on: time, slice, flow, positions, and what its window has fixed so far.
@dev     F = fixed + floating S e^(c T). From half an hour before an expiry a part of its settlement price is history
         that spot moves no more; from the expiry on all of it is.
"""

from ...interfaces import IOptionMarket
from ...interfaces import IOptionPricer
from ...interfaces import ISpotOracle
from ...interfaces import IVolSurface
from .. import constants
from .. import walking
from . import cache_age
from . import exposures

uses: cache_age
uses: exposures

WINDOW_S: constant(uint256) = walking.WINDOW_S


@internal
@view
def _book(market: IOptionMarket, surface: IVolSurface, expiry: uint256) -> IOptionPricer.Book:
    """
    @dev    An expiry outside its window: all of its forward moves with spot.
    """
    curve: IVolSurface.Slice = staticcall surface.slice_of(expiry)
    flow: int256 = 0
    flow_age_s: uint256 = 0
    flow_atm_vol: uint256 = 0
    flow, flow_age_s, flow_atm_vol = exposures._flow(expiry)
    return IOptionPricer.Book(
        time_s=max(expiry, block.timestamp) - block.timestamp,
        surface_age_s=block.timestamp - curve.timestamp,
        gap=curve.gap,
        curve=IOptionPricer.Curve(
            a=curve.a, b=curve.b, rho=curve.rho, m=curve.m, sigma=curve.sigma, carry=curve.carry
        ),
        flow=flow,
        flow_age_s=flow_age_s,
        flow_atm_vol=flow_atm_vol,
        mean_vol=cache_age._last_mean_vol(expiry),
        fixed_part=0,
        floating=constants.WAD,
        rate=staticcall market.interest_rate(expiry),
        positions=staticcall market.positions(expiry),
    )


@internal
@view
def _fixed_so_far(oracle: ISpotOracle, expiry: uint256, spot: uint256) -> (uint256, uint256, bool):
    """
    @dev    What the window has fixed of the forward, and what it has left to spot. While the mean is not known, nothing
            is fixed inside the window, for the whole forward is expected at spot; from the expiry on the price of the
            last valuation stands for the mean: later spots say nothing of it, and nobody can choose one.
    @param  oracle That fixes the expiry.
    @return Fixed part and floating weight, WAD; and whether another price stands for the mean.
    """
    if block.timestamp + WINDOW_S <= expiry:
        return 0, constants.WAD, False
    average: ISpotOracle.ElapsedAverage = staticcall oracle.elapsed_average(expiry)
    if average.is_known:
        fixed_part: uint256 = 0
        floating: uint256 = 0
        fixed_part, floating = self._parts(average.price, average.seconds)
        return fixed_part, floating, False
    if block.timestamp < expiry:
        return 0, constants.WAD, False
    last: uint256 = cache_age._refreshed_at(expiry)[1]
    return last if last > 0 else spot, 0, True


@internal
@pure
def _parts(price: uint256, elapsed_s: uint256) -> (uint256, uint256):
    """
    @dev    A mean over so many seconds of the window, times their weight, rounded down, and the weight of the rest,
            rounded up: less than two wei of a forward, in favour of nobody.
    """
    return (
        price * elapsed_s // WINDOW_S,
        constants.WAD - constants.WAD * elapsed_s // WINDOW_S,
    )
