"""Inventory charge, flow charge and half-spread in floats, for the simulator and for studies.

The formulas of `contracts/libs/math/inventory_charge.vy`, `flow.vy` and `half_spread.vy`, without their
roundings. Money in quote, times in years, volatilities as fractions.
"""

from math import log, sqrt

from pyvault.kernels.elementary import exp
from pyvault.kernels.jit import kernel

LN2 = log(2.0)
LONGEST_STEP = 30.0 / 365.0  # years: at this time to expiry a step of volatility is eps_0
SHORTEST_STEP = 7.0 / 365.0  # below it steps grow no more


@kernel
def vega_scale(time_to_expiry: float) -> float:
    # u = √(30 d / max(τ, 7 d)): what a post moves the volatility of an expiry, of what it moves 30 days.
    return sqrt(LONGEST_STEP / max(time_to_expiry, SHORTEST_STEP))


@kernel
def inventory_charge(
    delta: float,
    gamma: float,
    vega: float,
    vega_square: float,
    aversion: float,
    delta_deviation: float,
    gamma_variance: float,
    vega_deviation: float,
    correlation: float,
) -> float:
    # Ψ from D, G, Σn, Σn²; aversion λ/(2R), deviations σ√h_Δ and ξ√h_ν, variance σ²·h_Γ.
    linear = delta * delta_deviation
    curved = gamma * gamma_variance
    vol = vega_deviation * vega_deviation * ((1.0 - correlation) * vega_square + correlation * vega * vega)
    return aversion * (linear * linear + 0.5 * curved * curved + vol)


@kernel
def flow_charge(flow: float, impact: float, standard_vega: float) -> float:
    # Φ = ½·κ·Z²/V_std of one expiry.
    return 0.5 * impact * flow * flow / standard_vega


@kernel
def flow_now(flow: float, elapsed: float, half_life: float, move: float, absorbed_per_vol: float) -> float:
    # Z after so many half-lives, less what a post that moved volatility its way took over (V_std/κ per 1.00).
    decayed = flow * exp(-LN2 * elapsed / half_life)
    taken = min(abs(decayed), abs(move) * absorbed_per_vol)
    if decayed * move <= 0.0:
        return decayed
    return decayed - taken if decayed > 0.0 else decayed + taken


@kernel
def stale_move(volatility: float, age: float, latency: float, threshold: float) -> float:
    # a(age): how far spot may have moved unseen, one deviation, as a fraction.
    return min(volatility * sqrt(age + latency), threshold + volatility * sqrt(latency))


@kernel
def leg_half_spread(
    mid: float,
    delta: float,
    gamma: float,
    vega: float,
    tick: float,
    share: float,
    forward_step: float,
    move: float,
    gamma_rate: float,
    vol_step: float,
    vol_excess: float,
    factor: float,
) -> tuple[float, float]:
    # (H, H_c) of one contract alone, without e_p; dollar delta and gamma, move a(age), gamma_rate
    # ½σ²·(age + latency), vol_step ε, vol_excess gap + ξ·σ_i·√(surface age), factor m·(1 + k_u·u²).
    sure = tick + share * mid + forward_step * abs(delta)
    unseen = move * abs(delta) + gamma_rate * abs(gamma) + vega * (vol_step + vol_excess)
    return (sure + unseen) * factor, sure + 0.5 * vol_step * vega
