"""The five parameters of Heston's model, as one checked value."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, fields

import numpy as np
import numpy.typing as npt

from pyvault.errors import InputError
from pyvault.kernels.ranges import LARGEST_AMOUNT, SMALLEST_AMOUNT
from pyvault.pricing.arrays import AMOUNT

__all__ = ["NAMES", "HestonParameters", "to_vector"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HestonParameters:
    """Parameters of the variance process, all per year.

    Parameters
    ----------
    initial_variance
        v0, the variance today: positive.
    mean_reversion
        kappa, the speed at which variance returns: positive.
    long_run_variance
        theta, the level to which it returns: positive.
    vol_of_variance
        sigma in dv = ... + sigma sqrt(v) dZ: positive.
    correlation
        rho of price and variance, strictly between -1 and 1.

    Raises
    ------
    InputError
        If a parameter is not finite or outside its range.
    """

    initial_variance: float
    mean_reversion: float
    long_run_variance: float
    vol_of_variance: float
    correlation: float

    def __post_init__(self) -> None:
        for name in NAMES[:-1]:
            value = getattr(self, name)
            if not SMALLEST_AMOUNT <= value <= LARGEST_AMOUNT:
                raise InputError(name, value, AMOUNT.text)
        if not -1.0 < self.correlation < 1.0:
            raise InputError("correlation", self.correlation, "must lie strictly between -1 and 1")

    @property
    def feller_ratio(self) -> float:
        """2 kappa theta / sigma²: variance never touches zero where it is at least 1 (Feller 1951)."""
        return 2.0 * self.mean_reversion * self.long_run_variance / self.vol_of_variance**2

    def mean_variance(self, time_to_expiry: float) -> float:
        """Expected variance per year, averaged from now to `time_to_expiry` (years)."""
        decay = self.mean_reversion * time_to_expiry
        share = 1.0 if decay == 0.0 else -math.expm1(-decay) / decay
        return self.long_run_variance + (self.initial_variance - self.long_run_variance) * share


NAMES = tuple(field.name for field in fields(HestonParameters))


def to_vector(parameters: HestonParameters) -> npt.NDArray[np.float64]:
    """Parameters in the order of `NAMES`, as the compiled loops take them."""
    return np.array(astuple(parameters), dtype=np.float64)
