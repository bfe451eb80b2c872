"""A price path, and what a worker in a process of its own makes of its number."""

from __future__ import annotations

import numpy as np

from pyvault.sim import Gbm, Process, stream

DAY = 86_400


def gbm(**changes):
    """Thirty days of daily prices."""
    return Gbm(
        **{
            "start": 1_767_254_400,
            "first_price": 3_000.0,
            "volatility": 0.8,
            "drift": 0.3,
            "step_s": DAY,
            "steps": 30,
            "seed": 7,
        }
        | changes
    )


def worker_path(number):
    """Prices of a path, and some draws of its taker."""
    takers = stream(seed=7, path=number, process=Process.TAKER).standard_normal(10)
    return np.concatenate([gbm(path=number).price, takers])
