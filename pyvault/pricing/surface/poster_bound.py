"""What a dishonest poster of `VolSurface` can take, by the governed limits: docs/vol-surface.md."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

__all__ = ["PosterBound", "peak_vega"]


def peak_vega(vega: float, least_delta: float) -> float:
    """Largest vega that contracts can come to have whose vega was `vega` at |delta| `least_delta` or more.

    Vega is F√T·φ(d₁), and |delta| = N(±d₁) ≥ δ keeps |d₁| below −N⁻¹(δ).
    """
    normal = NormalDist()
    return vega * normal.pdf(0.0) / normal.pdf(normal.inv_cdf(least_delta))


@dataclass(frozen=True, slots=True, kw_only=True)
class PosterBound:
    """The limits that bound a poster of one expiry; shares of one, as `RiskParameters` keeps them in WAD.

    Parameters
    ----------
    step
        ε(T): largest change of volatility in one post.
    rate
        Σ|Δσ| in any hour.
    forward_step
        κ₀: largest change of ln F in one post.
    forward_rate
        Σ|Δ ln F| in any hour.
    max_carry
        Largest |carry| a year.
    """

    step: float
    rate: float
    forward_step: float
    forward_rate: float
    max_carry: float

    def moved(self, hours: float) -> tuple[float, float]:
        """Largest Σ|Δσ| and Σ|Δ ln F| in so many hours: a bucket of half the rate leaks it anew each hour."""
        return 0.5 * self.rate * (1.0 + hours), 0.5 * self.forward_rate * (1.0 + hours)

    def one_way_forward(self, hours: float, time_to_expiry: float) -> float:
        """Largest |change of ln F| from beginning to end: |carry| is bounded too."""
        return min(self.moved(hours)[1], 2.0 * self.max_carry * time_to_expiry)

    def loss(self, vega: float, delta_notional: float, hours: float = 1.0) -> float:
        """Largest Σ|ΔV| of contracts of one expiry.

        Parameters
        ----------
        vega
            At its peak, F√T·φ(0) a contract; per 1.00 of volatility.
        delta_notional
            Largest |∂V/∂ln F|.
        """
        volatility, forward = self.moved(hours)
        return volatility * vega + forward * delta_notional

    def post_gain(self, vega: float, delta_notional: float) -> float:
        """Largest |ΔV| of one post."""
        return self.step * vega + self.forward_step * delta_notional
