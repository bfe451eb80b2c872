"""Random options that every bench of Black-76 prices: forward 2000, one hour to one year, 10 % to 250 %."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

__all__ = ["RATE", "FloatArray", "Options", "random_options"]

FloatArray = npt.NDArray[np.float64]
RATE = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Arguments of Black-76 as arrays of one length."""

    forward: FloatArray
    strike: FloatArray
    implied_vol: FloatArray
    time_to_expiry: FloatArray
    discount_factor: FloatArray
    is_call: npt.NDArray[np.bool_]

    @property
    def flags(self) -> npt.NDArray[np.str_]:
        """Letters "c" and "p"."""
        return np.where(self.is_call, "c", "p")

    def arguments(self) -> dict[str, npt.NDArray[np.generic]]:
        """Keyword arguments of `pyvault.pricing.black76`."""
        return {name: getattr(self, name) for name in self.__slots__}

    def out_of_the_money(self) -> Options:
        """The same options, each as the call or the put that is out of the money."""
        return replace(self, is_call=self.strike > self.forward)

    def take(self, chosen: slice | npt.NDArray[np.intp]) -> Options:
        """Some of the options."""
        return Options(
            forward=self.forward[chosen],
            strike=self.strike[chosen],
            implied_vol=self.implied_vol[chosen],
            time_to_expiry=self.time_to_expiry[chosen],
            discount_factor=self.discount_factor[chosen],
            is_call=self.is_call[chosen],
        )


def random_options(size: int, seed: int = 2024) -> Options:
    """K/F log-uniform in 0.5…2, the rest log-uniform over the ranges above, calls and puts mixed."""
    random = np.random.default_rng(seed)

    def log_uniform(low: float, high: float) -> FloatArray:
        exponents: FloatArray = random.uniform(np.log(low), np.log(high), size)
        return np.exp(exponents)

    forward = np.full(size, 2000.0)
    time = log_uniform(1 / 8760, 1.0)
    return Options(
        forward=forward,
        strike=forward * log_uniform(0.5, 2.0),
        implied_vol=log_uniform(0.1, 2.5),
        time_to_expiry=time,
        discount_factor=np.exp(-RATE * time),
        is_call=random.random(size) < 0.5,
    )
