"""Gas of the pricer's functions: the difference to a contract with the same ABI and no mathematics.

A difference of gas left would not do: optimisers move arithmetic past the readings. Pure functions touch no
storage, so the in-process EVM and a node agree on their gas to the unit (tests/e2e/test_gas_receipts.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from support.evm import Contract, pack
from support.grid import VOLATILITIES, WAD, options
from support.pricer import FUNCTIONS, NOOP, PRICER

from pyvault.exact import black76, ln

RUNTIME_PADDING = 33  # zero bytes that the in-process EVM keeps behind deployed code


def grid_calls(name: str) -> Iterator[tuple[int, ...]]:
    """Arguments of one function over the 8,352-point grid; calls and puts both, for `option_price`."""
    for index, option in enumerate(options()):
        forward, strike, volatility, time, rate = option
        if name == "black76":
            yield option
        elif name == "option_price":
            discount = black76.discount_factor(rate, time)
            yield forward, strike, volatility, time, discount, 0
            yield forward, strike, volatility, time, discount, 1
        elif name == "svi_variance":
            log_moneyness = ln.ln(strike * WAD // forward)
            skew = VOLATILITIES[index % len(VOLATILITIES)] // 4 - WAD * 3 // 4  # from -0.74 to 0
            yield log_moneyness, volatility**2 // WAD // 2, volatility // 5, skew, WAD // 50, WAD // 8
        elif name == "discount_factor":
            yield rate, time
        elif name == "error_bound":
            yield forward, strike


def calls(name: str) -> Iterator[tuple[int, ...]]:
    """Arguments over the grid, or 2,000 random ones in the middle of a primitive's domain."""
    random = Random(name)
    primitives = {
        "exp": lambda: random.randint(-20 * WAD, 5 * WAD),
        "ln": lambda: random.randint(WAD // 2, 2 * WAD),
        "normal_cdf": lambda: random.randint(-5 * WAD, 5 * WAD),
    }
    if name in primitives:
        return ((primitives[name](),) for _ in range(2_000))
    return grid_calls(name)


def measure() -> dict[str, dict[str, float]]:
    """Average and largest net gas of each function, and the deployed size of the pricer in bytes."""
    pricer, noop = Contract(PRICER), Contract(NOOP)
    table: dict[str, dict[str, float]] = {}
    for name, function in FUNCTIONS.items():
        data = [function.selector + pack(arguments) for arguments in calls(name)]
        net = [pricer.gas(each) - noop.gas(each) for each in data]
        table[name] = {"average": round(sum(net) / len(net), 1), "maximum": max(net)}
    table["OptionPricer"] = {"deployed_bytes": len(pricer.code) - RUNTIME_PADDING}
    return table
