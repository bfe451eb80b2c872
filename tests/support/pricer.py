"""The functions of OptionPricer: their signatures, their twins, and random and edge arguments for each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from support.evm import Contract, Reverted, method_id_int, pack, unpack
from support.grid import WAD

from pyvault.errors import ContractError
from pyvault.exact import black76, exp, ln, normal, svi

PRICER = "contracts/OptionPricer.vy"
NOOP = "tests/support/contracts/NoopPricer.vy"
YEAR = 365 * 86_400
INT_MIN, INT_MAX, UINT_MAX = -(2**255), 2**255 - 1, 2**256 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One external function: how to call it, its twin, and where its arguments live."""

    signature: str
    twin: Callable[..., object]
    signed: tuple[bool, ...]
    draw: Callable[[Random], tuple[int, ...]]
    edges: tuple[tuple[int, ...], ...]  # per argument

    @property
    def name(self) -> str:
        return self.signature.split("(")[0]

    @property
    def selector(self) -> bytes:
        return method_id_int(self.signature).to_bytes(4, "big")

    def on_chain(self, contract: Contract, arguments: tuple[int, ...]) -> tuple[int, ...] | str:
        """Result of the compiled contract: words, or the reason of its revert."""
        try:
            return unpack(contract.raw(self.selector + pack(arguments)), self.signed)
        except Reverted as error:
            return error.reason

    def in_python(self, arguments: tuple[int, ...]) -> tuple[int, ...] | str:
        """Result of the twin, in the same form."""
        try:
            result = self.twin(*arguments)
        except ContractError as error:
            return error.reason
        return tuple(result) if isinstance(result, tuple) else (result,)

    def inputs(self, random: Random, count: int) -> Iterator[tuple[int, ...]]:
        """Every edge of every argument beside ordinary others, then `count` random inputs."""
        for position, values in enumerate(self.edges):
            for value in values:
                for _ in range(4):
                    ordinary = list(self.draw(random))
                    ordinary[position] = value
                    yield tuple(ordinary)
        for index in range(count):
            drawn = list(self.draw(random))
            if index % 4 == 0:  # two edges together
                for position in random.sample(range(len(drawn)), min(2, len(drawn))):
                    drawn[position] = random.choice(self.edges[position])
            yield tuple(drawn)


def around(*values: int) -> tuple[int, ...]:
    """Each value and its two neighbours."""
    return tuple(value + step for value in values for step in (-1, 0, 1))


def log_uniform(random: Random, low: float, high: float) -> int:
    """Integer whose logarithm is uniform."""
    return round(math.exp(random.uniform(math.log(low), math.log(high))))


def draw_market(random: Random) -> tuple[int, int, int, int]:
    """Forward, strike, volatility and time: mostly plausible, some anywhere or at the edge of a branch."""
    kind = random.random()
    if kind < 0.05:  # equal prices, and exactly the ratios at which the logarithm doubles once more
        low = log_uniform(random, 1, 2**90)
        prices = [12 * low, random.choice((12, 17)) * low << random.randrange(33)]
        random.shuffle(prices)
        return prices[0], prices[1], random.randrange(2**64), log_uniform(random, 1, 2**32 - 1)
    if kind < 0.25:
        forward = log_uniform(random, 1, 2**128)
        return (
            forward,
            log_uniform(random, 1, 2**128),
            random.randrange(2**64),
            log_uniform(random, 1, 2**32 - 1),
        )
    forward = log_uniform(random, 1e10, 1e26)
    volatility, time = log_uniform(random, 1e15, 1.8e19), log_uniform(random, 1, 3 * YEAR)
    deviation = volatility / WAD * math.sqrt(time / YEAR)
    # Standardised moneyness from -13 to 13 sees every branch: far tails, both signs of q, p beyond the limit.
    moneyness = max(-22.0, min(22.0, deviation * random.uniform(-13, 13)))
    return forward, max(1, min(2**128, round(forward * math.exp(moneyness)))), volatility, time


def draw_black76(random: Random) -> tuple[int, ...]:
    *market, time = draw_market(random)
    return (
        *market,
        time,
        random.randint(-2 * WAD, 2 * WAD) if random.random() < 0.9 else random.randint(-(2**64), 2**64),
    )


def draw_option_price(random: Random) -> tuple[int, ...]:
    discount = random.randint(0, 2 * WAD) if random.random() < 0.9 else random.randrange(2**108)
    return (*draw_market(random), discount, random.getrandbits(1))


def draw_svi(random: Random) -> tuple[int, ...]:
    wide = 2**68 if random.random() < 0.1 else 3 * WAD
    return (
        random.randint(-wide, wide - 1),
        random.randint(-WAD // 4, WAD // 2),
        random.randrange(wide),
        random.randint(-WAD, WAD),
        random.randint(-wide, wide - 1) // random.choice((1, 100)),
        random.randrange(wide) // random.choice((1, 1_000, 10**15)),
    )


PRICES = (0, 1, 2, 3, WAD, 100 * WAD, *around(2**96, 2**128), UINT_MAX)
VOLATILITIES = (0, 1, 2, 10**6, WAD, *around(2**64), UINT_MAX)
TIMES = (*around(1, 2**8, 2**16, 2**24, 2**32), YEAR, 2 * YEAR, UINT_MAX)
RATES = (0, INT_MIN, INT_MAX, *around(2**64, -(2**64), 33 * WAD // 2, -33 * WAD // 2))  # 33 over two years
ANY_INT = (0, 1, -1, INT_MIN, INT_MAX)

FUNCTIONS = {
    function.name: function
    for function in (
        Function(
            signature="black76(uint256,uint256,uint256,uint256,int256)",
            twin=black76.black76,
            signed=(False, False, True, False, False, True, True),
            draw=draw_black76,
            edges=(PRICES, PRICES, VOLATILITIES, TIMES, RATES),
        ),
        Function(
            signature="option_price(uint256,uint256,uint256,uint256,uint256,bool)",
            twin=black76.option_price,
            signed=(False,),
            draw=draw_option_price,
            edges=(PRICES, PRICES, VOLATILITIES, TIMES, (0, 1, WAD, *around(2**108), UINT_MAX), (0, 1)),
        ),
        Function(
            signature="discount_factor(int256,uint256)",
            twin=black76.discount_factor,
            signed=(False,),
            draw=lambda random: (random.randint(-3 * WAD, 3 * WAD), log_uniform(random, 1, 2**32)),
            edges=(RATES, TIMES),
        ),
        Function(
            signature="error_bound(uint256,uint256)",
            twin=black76.error_bound,
            signed=(False,),
            draw=lambda random: (log_uniform(random, 1, 2**128), log_uniform(random, 1, 2**128)),
            edges=(PRICES, PRICES),
        ),
        Function(
            signature="svi_variance(int256,int256,uint256,int256,int256,uint256)",
            twin=svi.svi_variance,
            signed=(False,),
            draw=draw_svi,
            edges=(
                (*ANY_INT, *around(2**68, -(2**68))),
                (*ANY_INT, 2**254),
                (0, 1, WAD, *around(2**69), UINT_MAX),
                (*ANY_INT, *around(WAD, -WAD), 2**128, -(2**128)),
                (*ANY_INT, *around(2**68, -(2**68))),
                (0, 1, WAD, *around(2**69), UINT_MAX),
            ),
        ),
        Function(
            signature="exp(int256)",
            twin=exp.exp,
            signed=(False,),
            draw=lambda random: (random.randint(-44 * WAD, 34 * WAD),),
            edges=((*ANY_INT, *around(33 * WAD, -42 * WAD)),),
        ),
        Function(
            signature="ln(uint256)",
            twin=ln.ln,
            signed=(True,),
            draw=lambda random: (log_uniform(random, WAD / 2**33, WAD * 2.0**33),),
            edges=(
                (0, 1, UINT_MAX, *around(WAD, WAD << 32, WAD >> 32, 2**128, WAD * 17 // 12, WAD * 17 // 6)),
            ),
        ),
        Function(
            signature="normal_cdf(int256)",
            twin=normal.normal_cdf,
            signed=(False,),
            draw=lambda random: (random.randint(-12 * WAD, 12 * WAD),),
            edges=((*ANY_INT, *around(11 * WAD, -11 * WAD)),),
        ),
    )
}
