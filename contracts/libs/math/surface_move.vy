# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Moves of a volatility surface
@author  The pyvault authors
@license AGPL-3.0-only
@notice  How far a posted slice has moved from the one before it.
@dev     Stateless; reads both slices on the check grid of surface_guard.vy, whose twin holds these too.
"""

from ...interfaces import IVolSurface
from .. import constants
from . import surface_between as between
from . import surface_guard as guard


@internal
@pure
def _distance(one: uint256[guard.CORE], other: uint256[guard.CORE]) -> uint256:
    """
    @dev    Largest |difference|.
    """
    distance: uint256 = 0
    for i: uint256 in range(guard.CORE):
        distance = max(distance, max(one[i], other[i]) - min(one[i], other[i]))
    return distance


@internal
@pure
def _move(
    curve: IVolSurface.Slice,
    time_s: uint256,
    nodes: int256[guard.NODES],
    volatilities: uint256[guard.CORE],
    previous: IVolSurface.Slice,
    offset: int256,
) -> uint256:
    """
    @dev    Largest |change of volatility| of a strike, at most; beyond the core in units of the vega at the money.
    @param  volatilities Those of `curve` at the core nodes.
    @param  offset ln(F/F_before): a strike at k was at k + offset.
    """
    return between._largest(
        nodes,
        volatilities,
        self._slopes(curve, nodes, 0),
        guard._volatilities(previous, nodes, offset),
        self._slopes(previous, nodes, offset),
        between._bend_change(
            curve.b, curve.sigma, previous.b, previous.sigma, curve.m - previous.m + offset
        ),
        guard._volatility(guard._variance(0, curve)),
        time_s,
    )


@internal
@pure
def _slopes(curve: IVolSurface.Slice, nodes: int256[guard.NODES], offset: int256) -> int256[between.SLOPES]:
    """
    @dev    Derivatives of the variance: far to the left, at the core nodes moved by `offset`, far to the right.
    """
    slopes: int256[between.SLOPES] = empty(int256[between.SLOPES])
    b: int256 = convert(curve.b, int256)
    # unsafe: b below 2^69, |rho| at most one; |offset| below 2^63.
    slopes[0] = unsafe_div(unsafe_mul(b, unsafe_sub(curve.rho, constants.SIGNED_WAD)), constants.SIGNED_WAD)
    slopes[guard.CORE + 1] = unsafe_div(
        unsafe_mul(b, unsafe_add(curve.rho, constants.SIGNED_WAD)), constants.SIGNED_WAD
    )
    for i: uint256 in range(guard.CORE):
        slopes[unsafe_add(i, 1)] = guard._slope(unsafe_add(nodes[i], offset), curve)[0]
    return slopes
