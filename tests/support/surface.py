"""Independent checks of a surface, in NumPy, on grids of their own."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from support.market import svi_variance

FAR = np.concatenate((np.linspace(-25.0, 25.0, 4001), np.linspace(-0.5, 0.5, 1001)))
GRID = np.concatenate((np.linspace(-6.0, 6.0, 4001), np.linspace(-0.5, 0.5, 4001)))


def total_variance(slice_, k):
    return slice_.time_to_expiry * svi_variance(k, slice_.a, slice_.b, slice_.rho, slice_.m, slice_.s)


def derivatives(slice_, k):
    """Total variance and its first two derivatives in log-moneyness."""
    x, t = k - slice_.m, slice_.time_to_expiry
    root = np.hypot(x, slice_.s)
    return np.array(
        (
            total_variance(slice_, k),
            t * slice_.b * (slice_.rho + x / root),
            t * slice_.b * slice_.s**2 / root**3,
        )
    )


def durrleman_of(k, w, first, second):
    """g, as in Gatheral and Jacquier (2014), equation 2.1."""
    return (1.0 - k * first / (2.0 * w)) ** 2 - first**2 / 4.0 * (1.0 / w + 0.25) + second / 2.0


def durrleman(slice_, k=GRID):
    """g of one slice."""
    return durrleman_of(k, *derivatives(slice_, k))


def durrleman_between(earlier, later, share, k=GRID):
    """g of the interpolation linear in total variance."""
    return durrleman_of(k, *((1.0 - share) * derivatives(earlier, k) + share * derivatives(later, k)))


def slice_after(last, scale):
    """The slice at `scale` times its expiry whose total variance has grown everywhere as at the money."""
    rise = (scale - 1.0) * float(last.implied_vol(0.0)) ** 2
    return replace(
        last, time_to_expiry=scale * last.time_to_expiry, a=(last.a + rise) / scale, b=last.b / scale
    )


def assert_no_butterfly_after(last):
    """Beyond the last expiry: not certified, and yet."""
    for scale in (1.1, 1.5, 2.0, 4.0, 20.0):
        assert durrleman(slice_after(last, scale), FAR).min() >= 0.0


def assert_free_of_arbitrage(slices):
    """Butterfly and wings of each slice, calendar of each pair, on a grid that the fit has not seen."""
    for slice_ in slices:
        assert durrleman(slice_).min() >= 0.0
        assert slice_.b * (1.0 + abs(slice_.rho)) * slice_.time_to_expiry <= 2.0
        assert abs(slice_.rho) < 1.0
        assert total_variance(slice_, GRID).min() > 0.0
    for earlier, later in pairwise(slices):
        assert (total_variance(later, GRID) - total_variance(earlier, GRID)).min() >= 0.0
        for sign in (-1.0, 1.0):
            near, far = (s.time_to_expiry * s.b * (1.0 + sign * s.rho) for s in (earlier, later))
            assert far >= near
