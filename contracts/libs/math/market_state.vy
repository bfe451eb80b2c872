# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Market state
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What every quote of one market state shares: parameters, weights of Psi, rates of H, terms of the flow.
@dev     Refuses conditions outside the ranges of the arithmetic that follows. Stateless.
"""

from ...interfaces import IOptionPricer
from .. import constants
from .. import lanes
from . import flow
from . import half_spread
from . import inventory_charge

WAD: constant(uint256) = constants.WAD
SPOT_BITS: constant(uint256) = 98  # as far as a forward may reach
RATIO_BITS: constant(uint256) = 64  # 18.4 in WAD
AGE_BITS: constant(uint256) = 31
BUDGET_BITS: constant(uint256) = 128

struct State:
    parameters: lanes.Parameters
    weights: inventory_charge.Weights
    rates: half_spread.Rates
    flow: flow.Terms


@internal
@pure
def _state(conditions: IOptionPricer.Conditions) -> State:
    """
    @dev    Everything that the conditions determine.
    """
    # unsafe: wraps below one, as meant.
    assert (
        (conditions.spot >> SPOT_BITS)
        | ((conditions.reference_vol | unsafe_sub(conditions.multiplier, WAD)) >> RATIO_BITS)
        | (conditions.reading_age_s >> AGE_BITS)
        | (unsafe_sub(conditions.risk_budget, WAD) >> BUDGET_BITS)
    ) == 0 and conditions.utilisation <= WAD // 2, "pricer: condition out of range"
    parameters: lanes.Parameters = lanes._read(conditions.words)
    return State(
        parameters=parameters,
        weights=inventory_charge._weights(
            parameters, conditions.reference_vol, conditions.risk_budget
        ),
        rates=half_spread._rates(parameters, conditions),
        flow=flow._terms(parameters, conditions.risk_budget),
    )
