"""Slices beside their neighbours; the twin of ``contracts/libs/math/surface_neighbours.vy``."""

from __future__ import annotations

from pyvault.exact.surface_guard import CORE, Slice, variance, volatility

__all__ = ["volatilities_between"]


def volatilities_between(
    near: Slice, near_s: int, far: Slice, far_s: int, time_s: int, nodes: tuple[int, ...]
) -> tuple[int, ...]:
    """Volatility at the core nodes, linear in total variance between two expiries, rounded down."""
    return tuple(
        volatility(
            (
                variance(node, near) * near_s * (far_s - time_s)
                + variance(node, far) * far_s * (time_s - near_s)
            )
            // (far_s - near_s)
            // time_s
        )
        for node in nodes[:CORE]
    )
