"""Market states, books and packages for the pricer of trades, and the compiled contracts that price them."""

from __future__ import annotations

import math
from functools import cache
from random import Random

from support.evm import ROOT
from support.governance import artifact_of
from support.vol_surface import smile, wad

from pyvault.chain.contract import deploy
from pyvault.chain.parameters import PARAMETERS, parameter
from pyvault.chain.revm import RevmBackend
from pyvault.errors import ContractError
from pyvault.exact.lanes import FIRST_WORD, WORDS
from pyvault.exact.quote import (
    Book,
    BookRisk,
    Conditions,
    Curve,
    Evaluation,
    Leg,
    LegValue,
    Others,
)
from pyvault.units import WAD

DAY = 86_400
SCALES = (0.01, 3_000.0, 100_000.0)  # prices of an underlying
POSITION_BITS = 96
NONE = Others(0, 0, 0, 0)


def words(**changes):
    """Words 2 to 11 at their start values, with parameters replaced by their stored values."""
    packed = [0] * (FIRST_WORD + WORDS)
    raw = {item.id: item.start for item in PARAMETERS.values()}
    raw |= {parameter(name).id: value for name, value in changes.items()}
    for identity, value in raw.items():
        if identity // 4 < len(packed):
            packed[identity // 4] |= value << 64 * (identity % 4)
    return tuple(packed[FIRST_WORD:])


def position(strike, call=0, put=0):
    """A strike's word: quote, and the vault's WAD contracts."""
    mask = (1 << POSITION_BITS) - 1
    return round(strike * 1e8) | (call & mask) << 64 | (put & mask) << 160


def conditions(spot=3_000.0, *, budget=1e5, vol=0.8, age=12, rebate=True, parameters=None, **changes):
    """An ordinary market state; floats in, WAD inside."""
    price = wad(spot)
    state = Conditions(
        spot=price,
        spot_low=price,
        spot_high=price,
        reading_age_s=age,
        reference_vol=wad(vol),
        risk_budget=wad(budget),
        utilisation=0,
        multiplier=WAD,
        has_rebate=rebate,
        words=words(**(parameters or {})),
    )
    return state._replace(**changes)


def book(positions, *, days=30.0, vol=0.8, skew=-0.3, **changes):
    """One expiry with a plausible smile."""
    curve = smile(vol=vol, days=days, skew=skew)
    item = Book(
        time_s=round(days * DAY),
        surface_age_s=60,
        gap=0,
        curve=Curve(curve.a, curve.b, curve.rho, curve.m, curve.sigma, curve.carry),
        flow=0,
        flow_age_s=0,
        flow_atm_vol=0,
        mean_vol=wad(vol),
        fixed_part=0,
        floating=WAD,
        rate=0,
        positions=tuple(positions),
    )
    return item._replace(**changes)


def call(quantity=WAD, *, strike=0, book=0):
    """A leg of calls; positive: the taker buys."""
    return Leg(book=book, strike=strike, is_call=True, quantity=quantity)


def put(quantity=WAD, *, strike=0, book=0):
    """A leg of puts."""
    return Leg(book=book, strike=strike, is_call=False, quantity=quantity)


def after(books, legs):
    """The same books once the legs have been traded, positions alone: the vault's fall by what takers buy."""
    traded = list(books)
    for leg in legs:
        item = traded[leg.book]
        shift = 64 if leg.is_call else 160
        word = item.positions[leg.strike]
        lane = word >> shift & ((1 << POSITION_BITS) - 1)
        lane = lane - leg.quantity & ((1 << POSITION_BITS) - 1)
        word = word & ~(((1 << POSITION_BITS) - 1) << shift) | lane << shift
        positions = (*item.positions[: leg.strike], word, *item.positions[leg.strike + 1 :])
        traded[leg.book] = item._replace(positions=positions)
    return traded


def settle(books, evaluation, legs):
    """Books as the market stores them after a trade: positions, and the flow touched now."""
    return [
        item._replace(flow=risk.flow, flow_age_s=0, flow_atm_vol=risk.atm_vol)
        for item, risk in zip(after(books, legs), evaluation.books, strict=True)
    ]


def draw_quantity(random, spot, *, largest=1e6):
    """WAD contracts worth from 1 to `largest` quote of underlying, either sign."""
    notional = math.exp(random.uniform(0.0, math.log(largest)))
    return random.choice((-1, 1)) * wad(notional / spot)


def draw_book(random: Random, spot, strikes=4):
    """An expiry from an hour to a year, sometimes inside its fixing window, with random positions."""
    days = math.exp(random.uniform(math.log(1 / 24), math.log(365)))
    vol = random.uniform(0.2, 2.0)
    deviation = vol * math.sqrt(days / 365)
    ladder = sorted(spot * math.exp(deviation * random.uniform(-3.0, 3.0)) for _ in range(strikes))
    item = book(
        [
            position(strike, draw_quantity(random, spot), draw_quantity(random, spot))
            if random.random() < 0.8
            else position(strike)
            for strike in ladder
        ],
        days=days,
        vol=vol,
        skew=random.uniform(-0.7, 0.4),
        surface_age_s=random.choice((0, random.randrange(3_600))),
        gap=random.choice((0, wad(random.uniform(0.0, 0.05)))),
    )
    if random.random() < 0.6:
        item = item._replace(
            flow=random.choice((-1, 1)) * wad(math.exp(random.uniform(0.0, 14.0))),
            flow_age_s=random.choice((0, random.randrange(100_000))),
            flow_atm_vol=wad(vol * random.uniform(0.9, 1.1)),
        )
    if random.random() < 0.1:
        weight = random.random()
        item = item._replace(
            time_s=round(1_800 * (1 - weight)) + 1,
            floating=wad(1 - weight),
            fixed_part=wad(spot * weight * random.uniform(0.97, 1.03)),
        )
    return item


def draw_conditions(random: Random, spot):
    """A market state: mostly ordinary, sometimes rejected, closing down or without a rebate."""
    price = wad(spot)
    band = random.choice((0.0, 0.0, 0.0, 0.05, 0.5))
    return conditions(
        spot,
        budget=math.exp(random.uniform(0.0, 16.0)),
        vol=random.uniform(0.1, 3.0),
        age=random.choice((0, random.randrange(90_000))),
        rebate=band == 0.0 and random.random() < 0.8,
        spot_low=wad(spot * (1 - band)) if band else price,
        spot_high=wad(spot * (1 + band)) if band else price,
        utilisation=random.choice((0, random.randrange(WAD // 2 + 1))),
        multiplier=random.choice((WAD, random.randrange(WAD, 5 * WAD))),
        parameters={"RISK_AVERSION": random.choice((12 * 10**6, random.randrange(10**6, 10**8)))},
    )


def draw_others(random: Random):
    """Exposures of the rest of the vault."""
    signed = [random.choice((-1, 1)) * wad(math.exp(random.uniform(0.0, 18.0))) for _ in range(3)]
    return Others(*signed, vega_square=random.randrange(1, 4) * signed[2] ** 2)


def draw_trade(random: Random, *, books=3):
    """Arguments of `evaluate`: one to three expiries and one to four legs, at one of the price scales."""
    spot = random.choice(SCALES)
    count = random.randint(1, books)
    items = [draw_book(random, spot, strikes=random.randint(1, 6)) for _ in range(count)]
    legs = []
    for _ in range(random.randint(1, 4)):
        index = random.randrange(count)
        legs.append(
            Leg(
                book=index,
                strike=random.randrange(len(items[index].positions)),
                is_call=bool(random.getrandbits(1)),
                quantity=draw_quantity(random, spot),
            )
        )
    return draw_conditions(random, spot), draw_others(random), items, legs


@cache
def pricers():
    """The compiled `TradePricer` and `PartialFill` on one chain."""
    backend = RevmBackend()
    return tuple(deploy(backend, artifact_of(name), ()) for name in ("TradePricer.vy", "PartialFill.vy"))


def on_chain(contract, function, *arguments):
    """Result of a compiled function as the exact twin gives it, or the reason of its revert."""
    try:
        result = contract.call(function, *arguments)
    except ContractError as error:
        return error.reason
    if function != "evaluate":
        return result
    return Evaluation(*result)._replace(
        books=tuple(BookRisk(*risk) for risk in result.books),
        losses=tuple(map(tuple, result.losses)),
        legs=tuple(LegValue(*value) for value in result.legs),
    )


def in_python(function, *arguments):
    """Result of the exact twin, or the reason of its revert."""
    try:
        return function(*arguments)
    except ContractError as error:
        return error.reason


NOOP = ROOT / "tests/support/contracts/NoopTradePricer.vy"
