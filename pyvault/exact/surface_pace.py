"""Pace of a surface; the twin of ``contracts/libs/math/surface_pace.vy``."""

from __future__ import annotations

from math import isqrt

from pyvault.units import WAD

__all__ = ["leaked", "step"]

MONTH_S, WEEK_S, HOUR_S = 30 * 86_400, 7 * 86_400, 3_600


def step(step: int, time_s: int) -> int:
    """Largest change of volatility in one post, ``ε₀·√(30 d / max(T, 7 d))``, rounded down."""
    return step * isqrt(MONTH_S * WAD * WAD // max(time_s, WEEK_S)) // WAD


def leaked(level: int, rate_per_hour: int, elapsed_s: int) -> int:
    """Level of a bucket that leaks at half the rate."""
    return level - min(rate_per_hour * elapsed_s // (2 * HOUR_S), level)
