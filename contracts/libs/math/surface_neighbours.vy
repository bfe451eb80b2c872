# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Slices beside their neighbours
@author  The pyvault authors
@license AGPL-3.0-only
@notice  How far a slice that has no predecessor lies from what the expiries before and after it imply.
@dev     Stateless.
"""

from ...interfaces import IVolSurface
from .. import constants
from . import surface_guard as guard
from . import surface_move as moves

MAX_EXPIRIES: constant(uint256) = 10


# How one call sees a live expiry.
struct Line:
    expiry: uint256
    time_s: uint256
    is_posted: bool
    is_anchor: bool  # its slice may vouch for a neighbour's first one
    slice: IVolSurface.Slice  # as it will be after the call


@internal
@pure
def _distance(
    lines: DynArray[Line, MAX_EXPIRIES],
    i: uint256,
    nodes: int256[guard.NODES],
    volatilities: uint256[guard.CORE],
) -> (uint256, uint256):
    """
    @dev    How far a first slice lies from its neighbours: linear in total variance and in ln F between two of them,
            flat beyond one. A neighbour that is new itself, or still overdrawn, vouches for nothing.
    """
    here: Line = lines[i]
    has_near: bool = i > 0 and lines[i - 1].is_anchor
    has_far: bool = i + 1 < len(lines) and lines[i + 1].is_anchor
    assert has_near or has_far, "surface: no neighbour"
    near: Line = lines[i - 1] if has_near else lines[i + 1]
    far: Line = lines[i + 1] if has_far else lines[i - 1]
    time: int256 = convert(here.time_s, int256)
    carry: int256 = near.slice.carry * time  # ln F of the neighbours at this expiry, in WAD seconds
    expected: uint256[guard.CORE] = empty(uint256[guard.CORE])
    if has_near and has_far:
        expected = self._volatilities_between(
            near.slice, near.time_s, far.slice, far.time_s, here.time_s, nodes
        )
        begin: int256 = convert(near.time_s, int256)
        end: int256 = convert(far.time_s, int256)
        # unsafe: carries below 2^63, times below 2^48 and begin < time < end.
        early: int256 = unsafe_mul(unsafe_mul(near.slice.carry, begin), unsafe_sub(end, time))
        late: int256 = unsafe_mul(unsafe_mul(far.slice.carry, end), unsafe_sub(time, begin))
        carry = unsafe_div(unsafe_add(early, late), unsafe_sub(end, begin))
    else:
        expected = guard._volatilities(near.slice, nodes, 0)
    drift: int256 = here.slice.carry * time - carry
    return moves._distance(volatilities, expected), self._years_up(convert(abs(drift), uint256))


@internal
@pure
def _volatilities_between(
    near: IVolSurface.Slice,
    near_s: uint256,
    far: IVolSurface.Slice,
    far_s: uint256,
    time_s: uint256,
    nodes: int256[guard.NODES],
) -> uint256[guard.CORE]:
    """
    @dev    Volatility at the core nodes, linear in total variance between two expiries; rounded down.
    """
    volatilities: uint256[guard.CORE] = empty(uint256[guard.CORE])
    for i: uint256 in range(guard.CORE):
        # unsafe: variances below 2^82, times below 2^48 and near < time < far.
        early: uint256 = unsafe_mul(guard._variance(nodes[i], near), near_s)
        late: uint256 = unsafe_mul(guard._variance(nodes[i], far), far_s)
        total: uint256 = unsafe_add(
            unsafe_mul(early, unsafe_sub(far_s, time_s)), unsafe_mul(late, unsafe_sub(time_s, near_s))
        )
        volatilities[i] = guard._volatility(unsafe_div(unsafe_div(total, unsafe_sub(far_s, near_s)), time_s))
    return volatilities


@internal
@pure
def _years_up(drift: uint256) -> uint256:
    """
    @dev    Quotient by a year, rounded up, against the poster.
    """
    return (drift + constants.SECONDS_PER_YEAR - 1) // constants.SECONDS_PER_YEAR
