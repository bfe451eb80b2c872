# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   The internals of the surface guards, callable
@author  The pyvault authors
@license AGPL-3.0-only
"""

from contracts.interfaces import IVolSurface
from contracts.libs.math import surface_guard as guard
from contracts.libs.math import surface_move as moves
from contracts.libs.math import surface_neighbours as around
from contracts.libs.math import surface_pace as pace


@external
@pure
def variance(log_moneyness: int256, curve: IVolSurface.Slice) -> uint256:
    guard._check_shape(curve)
    return guard._variance(log_moneyness, curve)


@external
@pure
def durrleman(log_moneyness: int256, curve: IVolSurface.Slice, time_s: uint256) -> int256:
    guard._check_shape(curve)
    return guard._durrleman(log_moneyness, guard._variance(log_moneyness, curve), curve, time_s)


@external
@pure
def width(curve: IVolSurface.Slice, time_s: uint256) -> uint256:
    guard._check_shape(curve)
    return guard._width(curve, time_s)


@external
@pure
def nodes(curve: IVolSurface.Slice, width: uint256) -> int256[guard.NODES]:
    return guard._nodes(curve, width)


@external
@pure
def check_curve(curve: IVolSurface.Slice, time_s: uint256) -> bool:
    guard._check_shape(curve)
    width: uint256 = guard._width(curve, time_s)
    nodes: int256[guard.NODES] = guard._nodes(curve, width)
    guard._check_curve(curve, time_s, width, nodes, guard._variances(curve, nodes))
    return True


@external
@pure
def move(curve: IVolSurface.Slice, previous: IVolSurface.Slice, offset: int256, time_s: uint256) -> uint256:
    guard._check_shape(curve)
    guard._check_shape(previous)
    width: uint256 = guard._width(curve, time_s)
    nodes: int256[guard.NODES] = guard._nodes(curve, width)
    return moves._move(
        curve, time_s, nodes, guard._volatilities(curve, nodes, 0), previous, offset
    )


@external
@pure
def check_order(
    near: IVolSurface.Slice, near_s: uint256, far: IVolSurface.Slice, far_s: uint256
) -> bool:
    guard._check_shape(near)
    guard._check_shape(far)
    guard._check_order(near, near_s, far, far_s)
    return True


@external
@pure
def step(step: uint256, time_s: uint256) -> uint256:
    return pace._step(step, time_s)


@external
@pure
def leaked(level: uint256, rate_per_hour: uint256, elapsed_s: uint256) -> uint256:
    return pace._leaked(level, rate_per_hour, elapsed_s)


@external
@pure
def distance_between(
    curve: IVolSurface.Slice,
    time_s: uint256,
    near: IVolSurface.Slice,
    near_s: uint256,
    far: IVolSurface.Slice,
    far_s: uint256,
) -> uint256:
    guard._check_shape(curve)
    guard._check_shape(near)
    guard._check_shape(far)
    nodes: int256[guard.NODES] = guard._nodes(curve, guard._width(curve, time_s))
    return moves._distance(
        guard._volatilities(curve, nodes, 0),
        around._volatilities_between(near, near_s, far, far_s, time_s, nodes),
    )
