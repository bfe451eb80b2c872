"""The deployed OptionPricer with floats and years outside, WAD and seconds inside."""

from __future__ import annotations

from dataclasses import dataclass

from pyvault.chain.artifacts import load
from pyvault.chain.backend import Backend
from pyvault.chain.contract import Contract, deploy
from pyvault.errors import InputError
from pyvault.units import WAD, to_wad

__all__ = ["Pricer", "Valuation"]

_UINT256, _INT256 = range(2**256), range(-(2**255), 2**255)


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

        InputError names an argument that does not even fit the contract's integers: NaN, infinite, negative.

        Parameters
        ----------
        forward, strike
            Quote per underlying.
        implied_vol, rate
            Per year (365 days), as fractions.
        time_to_expiry_s
            Seconds.
        """
        forward_wad, strike_wad = _unsigned("forward", forward), _unsigned("strike", strike)
        vol_wad, rate_wad = _unsigned("implied_vol", implied_vol), _signed("rate", rate)
        if time_to_expiry_s not in _UINT256:
            raise InputError("time_to_expiry_s", time_to_expiry_s, "must be zero or positive, below 2**256")
        outputs = self.contract.call("black76", forward_wad, strike_wad, vol_wad, time_to_expiry_s, rate_wad)
        bound = self.contract.call("error_bound", forward_wad, strike_wad)
        return Valuation(**outputs._asdict(), error_bound=bound)

    def slice_vol(
        self, log_moneyness: float, *, a: float, b: float, rho: float, m: float, sigma: float
    ) -> float:
        """Implied volatility of an SVI slice (annualised variance) at ``ln(K/F)``."""
        variance = self.contract.call(
            "svi_variance",
            _signed("log_moneyness", log_moneyness),
            _signed("a", a),
            _unsigned("b", b),
            _signed("rho", rho),
            _signed("m", m),
            _unsigned("sigma", sigma),
        )
        return float((variance / WAD) ** 0.5)


def _unsigned(name: str, value: float) -> int:
    """WAD of an argument that the contract takes as uint256."""
    wad = to_wad(value, name=name)
    if wad not in _UINT256:
        raise InputError(name, value, "must be zero or positive, and below 1.15e59")
    return wad


def _signed(name: str, value: float) -> int:
    """WAD of an argument that the contract takes as int256."""
    wad = to_wad(value, name=name)
    if wad not in _INT256:
        raise InputError(name, value, "must be between -5.7e58 and 5.7e58")
    return wad
