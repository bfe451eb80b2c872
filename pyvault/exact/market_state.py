"""Market state; the twin of ``contracts/libs/math/market_state.vy``."""

from __future__ import annotations

from typing import NamedTuple

from pyvault.errors import ContractError
from pyvault.exact import flow, half_spread, inventory_charge, lanes
from pyvault.exact.quote import Conditions
from pyvault.units import WAD

__all__ = ["State", "state"]

SPOT_BITS, RATIO_BITS, AGE_BITS, BUDGET_BITS = 98, 64, 31, 128


class State(NamedTuple):
    """What every quote of one market state shares."""

    parameters: lanes.Parameters
    weights: inventory_charge.Weights
    rates: half_spread.Rates
    flow: flow.Terms


def state(conditions: Conditions) -> State:
    """Everything that the conditions determine.

    Raises
    ------
    ContractError
        ``pricer: condition out of range``.
    """
    is_in_range = (
        conditions.spot < 1 << SPOT_BITS
        and conditions.reference_vol < 1 << RATIO_BITS
        and WAD <= conditions.multiplier < WAD + (1 << RATIO_BITS)
        and conditions.reading_age_s < 1 << AGE_BITS
        and WAD <= conditions.risk_budget < WAD + (1 << BUDGET_BITS)
        and conditions.utilisation <= WAD // 2
    )
    if not is_in_range:
        raise ContractError("pricer: condition out of range")
    parameters = lanes.read(conditions.words)
    return State(
        parameters=parameters,
        weights=inventory_charge.weights(parameters, conditions.reference_vol, conditions.risk_budget),
        rates=half_spread.rates(parameters, conditions),
        flow=flow.terms(parameters, conditions.risk_budget),
    )
