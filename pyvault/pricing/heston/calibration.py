"""Calibration of Heston's model to a chain of prices or implied volatilities."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pyvault.errors import FitError, InputError
from pyvault.pricing import black76
from pyvault.pricing.arrays import AMOUNT, RATE, FloatArray, broadcast, reject
from pyvault.pricing.heston.least_squares import CONVERGED, least_squares
from pyvault.pricing.heston.parameters import NAMES, HestonParameters, to_vector
from pyvault.pricing.heston.quotes import QUOTE_RULES, SortedChain, sort_by_expiry
from pyvault.pricing.heston.series import MAX_TERMS, chain_puts

__all__ = ["LOWER", "UPPER", "HestonFit", "calibrate"]

FIT_RULES = {"time_to_expiry": AMOUNT, "weights": RATE}

# Error of each price (of max(F, K)), first damping, last step. Most of the way is walked on rough prices,
# which take a fraction of the terms; the last steps, on fine ones, remove what the rough ones got wrong.
STAGES = ((1e-5, 1e-2, 1e-2), (1e-10, 1e-6, 1e-9))
MEASURABLE_VEGA = 1e-4  # of F sqrt(T): below it a price says nothing of the volatility

LOWER = HestonParameters(
    initial_variance=1e-5,
    mean_reversion=1e-3,
    long_run_variance=1e-5,
    vol_of_variance=1e-2,
    correlation=-0.999,
)
UPPER = HestonParameters(
    initial_variance=10.0,
    mean_reversion=50.0,
    long_run_variance=10.0,
    vol_of_variance=20.0,
    correlation=0.999,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HestonFit:
    """Outcome of a calibration.

    Parameters
    ----------
    parameters
        The best parameters found.
    is_converged
        Whether the last step fell below 1e-9 of every parameter. False: rounding or the limit of 200
        evaluations stopped the fit, and the residuals say how good it is.
    evaluations
        How often the whole chain was priced with its gradient.
    residuals
        Model minus market per quote in the order given, unweighted: price over forward and discount factor,
        or implied volatility to first order.
    root_mean_square
        Root mean square of the weighted residuals.
    at_bounds
        Names of the parameters that ended on a bound.
    conditioning
        Condition number of the Gauss-Newton matrix scaled to a unit diagonal; above about 1e8 the quotes do
        not tell the parameters apart. Infinite where a parameter has no effect.
    """

    parameters: HestonParameters
    is_converged: bool
    evaluations: int
    residuals: FloatArray
    root_mean_square: float
    at_bounds: tuple[str, ...]
    conditioning: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Targets:
    """Puts over (forward times discount factor), and the factor that turns their errors into residuals."""

    moneyness: FloatArray
    times: FloatArray
    puts: FloatArray
    per_unit: FloatArray
    weights: FloatArray


def calibrate(
    *,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    time_to_expiry: npt.ArrayLike,
    price: npt.ArrayLike | None = None,
    implied_vol: npt.ArrayLike | None = None,
    weights: npt.ArrayLike = 1.0,
    discount_factor: npt.ArrayLike = 1.0,
    is_call: npt.ArrayLike = True,
    start: HestonParameters | None = None,
    lower: HestonParameters = LOWER,
    upper: HestonParameters = UPPER,
) -> HestonFit:
    """Fit the five parameters to a chain by weighted least squares, with the analytic gradient of the series.

    Parameters
    ----------
    forward, strike, time_to_expiry, discount_factor, is_call
        The quotes, as in `pyvault.pricing.heston.price`, but every expiry positive.
    price
        Option prices in the unit of `forward`; the residual is the difference over (forward times discount
        factor). Give either `price` or `implied_vol`.
    implied_vol
        Black volatilities. The residual is the price difference over Black vega: the volatility difference,
        to first order. Quotes whose vega is below 1e-4 F sqrt(T) say nothing and get weight zero.
    weights
        Multiply the residuals; not negative. Zero leaves a quote out.
    start
        First guess, inside the bounds; by default from the straddles of the first and last expiry.
    lower, upper
        The box that contains the answer.

    Raises
    ------
    InputError
        If an argument breaks these rules, or fewer than five quotes carry weight.
    FitError
        If the fit ran to a density too rough to be priced.

    Notes
    -----
    Source of the gradient: Cui, del Baño Rollin & Germano (2017), rewritten without cancellation.
    Proof: random parameters are recovered from exact prices; the gradient equals central differences; on
    noisy quotes the fit is the vertex of the misfit along every parameter.
    """
    arguments = {
        "forward": forward,
        "strike": strike,
        "time_to_expiry": time_to_expiry,
        "discount_factor": discount_factor,
        "weights": weights,
    }
    if implied_vol is not None and price is None:
        targets = _targets_of_vols(arguments | {"implied_vol": implied_vol}, is_call)
    elif price is not None and implied_vol is None:
        targets = _targets_of_prices(arguments | {"price": price}, is_call)
    else:
        raise InputError("price, implied_vol", None, "give exactly one of the two")
    carrying = int(np.count_nonzero(targets.weights))
    if carrying < len(NAMES):
        raise InputError("weights", carrying, f"at least {len(NAMES)} quotes must carry weight")
    return _fit(targets, start, lower, upper)


def _targets_of_prices(arguments: dict[str, npt.ArrayLike], is_call: npt.ArrayLike) -> _Targets:
    inputs = broadcast(arguments, is_call)
    reject(arguments, QUOTE_RULES | FIT_RULES | {"price": RATE})
    forwards, strikes, times, factors, weights, prices = inputs.floats
    moneyness, premium = strikes / forwards, prices / (factors * forwards)
    return _Targets(
        moneyness=moneyness,
        times=times,
        puts=np.where(inputs.is_call, premium - 1.0 + moneyness, premium),
        per_unit=np.ones_like(premium),
        weights=weights,
    )


def _targets_of_vols(arguments: dict[str, npt.ArrayLike], is_call: npt.ArrayLike) -> _Targets:
    inputs = broadcast(arguments, is_call)
    reject(arguments, QUOTE_RULES | FIT_RULES | {"implied_vol": AMOUNT})
    forwards, strikes, times, _factors, weights, vols = inputs.floats
    moneyness = strikes / forwards
    black = black76.greeks(
        forward=1.0, strike=moneyness, implied_vol=vols, time_to_expiry=times, is_call=False
    )
    least_vega = MEASURABLE_VEGA * np.sqrt(times)
    return _Targets(
        moneyness=moneyness,
        times=times,
        puts=black.price,
        per_unit=1.0 / np.maximum(black.vega, least_vega),
        weights=np.where(black.vega >= least_vega, weights, 0.0),
    )


def _fit(
    targets: _Targets, start: HestonParameters | None, lower: HestonParameters, upper: HestonParameters
) -> HestonFit:
    chain = sort_by_expiry(targets.moneyness, targets.times)
    puts, scale = targets.puts[chain.order], (targets.weights * targets.per_unit)[chain.order]
    lowest, highest = to_vector(lower), to_vector(upper)
    point = to_vector(start) if start is not None else np.clip(_first_guess(puts, chain), lowest, highest)
    for name, low, value, high in zip(NAMES, lowest, point, highest, strict=True):
        if not low <= value <= high:
            raise InputError(f"start.{name}", float(value), f"must lie within the bounds [{low}, {high}]")
    rows, evaluations = np.empty((1 + len(NAMES), puts.size)), 0
    quotes = (chain.expiries, chain.starts, chain.moneyness)
    for stage in STAGES:
        point, status, count, matrix = least_squares(
            point, lowest, highest, *quotes, puts, scale / np.max(scale), stage, rows
        )
        evaluations += count
    residuals = np.empty_like(puts)
    residuals[chain.order] = _model_puts(point, chain) - puts
    residuals *= targets.per_unit
    at_bounds = [np.isclose(point, bound, rtol=1e-12, atol=0.0) for bound in (lowest, highest)]
    return HestonFit(
        parameters=HestonParameters(**dict(zip(NAMES, point.tolist(), strict=True))),
        is_converged=status == CONVERGED,
        evaluations=evaluations,
        residuals=residuals,
        root_mean_square=float(np.sqrt(np.mean((targets.weights * residuals) ** 2))),
        at_bounds=tuple(np.array(NAMES)[np.logical_or(*at_bounds)].tolist()),
        conditioning=_conditioning(matrix),
    )


def _model_puts(point: FloatArray, chain: SortedChain) -> FloatArray:
    rows = np.empty((1, chain.moneyness.size))
    terms = chain_puts(point, chain.expiries, chain.starts, chain.moneyness, STAGES[-1][0], rows)
    if terms >= MAX_TERMS or not np.all(np.isfinite(rows)):
        found = dict(zip(NAMES, point.tolist(), strict=True))
        raise FitError(f"Heston: the fit ran to {found}, too rough to be priced")
    puts: FloatArray = rows[0]
    return puts


def _first_guess(puts: FloatArray, chain: SortedChain) -> FloatArray:
    """Variances from the straddles nearest the money; Feller's condition just kept.

    A straddle at the money is worth F sqrt(2 T / pi) times the volatility (Brenner & Subrahmanyam 1988).
    """
    variances = []
    for e in (0, chain.expiries.size - 1):
        begin, end = chain.starts[e], chain.starts[e + 1]
        nearest = begin + np.argmin(np.abs(np.log(chain.moneyness[begin:end])))
        straddle = 2.0 * puts[nearest] + 1.0 - chain.moneyness[nearest]
        variances.append(0.5 * math.pi * straddle**2 / chain.expiries[e])
    speed = 2.0
    return np.array([variances[0], speed, variances[1], math.sqrt(2.0 * speed * variances[1]), -0.3])


def _conditioning(lower_triangle: FloatArray) -> float:
    matrix = lower_triangle + np.tril(lower_triangle, -1).T
    scale = np.sqrt(np.diag(matrix))
    if not np.all(scale > 0.0):
        return math.inf
    return float(np.linalg.cond(matrix / np.outer(scale, scale)))
