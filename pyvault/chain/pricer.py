"""The deployed OptionPricer with floats and years outside, WAD and seconds inside."""

from __future__ import annotations

from dataclasses import dataclass

from pyvault.chain.artifacts import load
from pyvault.chain.backend import Backend
from pyvault.chain.contract import Contract, deploy
from pyvault.units import WAD, to_wad

__all__ = ["Pricer", "Valuation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuation:
    """Call and put of one strike as the contract returns them, in WAD.

    Prices per contract in quote per underlying; ``delta_call`` is ∂call/∂F, discount included; ``gamma_f`` is
    F·∂²V/∂F²; ``vega`` per 1.00 of volatility; thetas per year, forward held fixed; ``error_bound`` is the
    published bound on either price, which a trader is charged.
    """

    call: int
    put: int
    delta_call: int
    gamma_f: int
    vega: int
    theta_call: int
    theta_put: int
    error_bound: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricer:
    """OptionPricer on a backend."""

    contract: Contract

    @classmethod
    def deploy(cls, backend: Backend) -> Pricer:
        """Deploy the compiled contract."""
        return cls(contract=deploy(backend, load("OptionPricer")))

    def value(
        self, *, forward: float, strike: float, implied_vol: float, time_to_expiry_s: int, rate: float = 0.0
    ) -> Valuation:
        """Call and put with their Greeks; ContractError carries the guard that refuses.

        Parameters
        ----------
        forward, strike
            Quote per underlying.
        implied_vol, rate
            Per year (365 days), as fractions.
        time_to_expiry_s
            Seconds.
        """
        forward_wad, strike_wad = to_wad(forward), to_wad(strike)
        outputs = self.contract.call(
            "black76", forward_wad, strike_wad, to_wad(implied_vol), time_to_expiry_s, to_wad(rate)
        )
        bound = self.contract.call("error_bound", forward_wad, strike_wad)
        return Valuation(**outputs._asdict(), error_bound=bound)

    def slice_vol(
        self, log_moneyness: float, *, a: float, b: float, rho: float, m: float, sigma: float
    ) -> float:
        """Implied volatility of an SVI slice (annualised variance) at ``ln(K/F)``."""
        variance = self.contract.call("svi_variance", *map(to_wad, (log_moneyness, a, b, rho, m, sigma)))
        return float((variance / WAD) ** 0.5)
