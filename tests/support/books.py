"""Books of an expiry anywhere in their domain, and the compiled mathematics that values them."""

from __future__ import annotations

import math
from functools import cache

from support.governance import artifact_of
from support.probe import probe_artifact
from support.trades import DAY, SCALES, book
from support.vol_surface import wad

from pyvault.chain.contract import deploy
from pyvault.chain.revm import RevmBackend
from pyvault.exact.book import word
from pyvault.exact.quote import Curve
from pyvault.units import WAD

WINDOW_S = 1_800
YEAR_S = 365 * DAY
PRICE_UNIT = 10**10
FLAT_VOL = 7 * WAD // 10


@cache
def probe():
    """`BookProbe`: the internals of book, stress and power."""
    return deploy(RevmBackend(), probe_artifact("BookProbe"))


@cache
def pricer():
    """`TradePricer`, whose `revalue` the market calls."""
    return deploy(RevmBackend(), artifact_of("TradePricer.vy"))


def flat(positions, time_s=30 * DAY, vol=FLAT_VOL, **changes):
    """An expiry at one volatility for all strikes, without carry."""
    curve = Curve(a=vol * vol // WAD, b=0, rho=0, m=0, sigma=WAD, carry=0)
    return book(positions)._replace(time_s=time_s, curve=curve, **changes)


def draw_spot(random):
    """Price of an asset of any scale, WAD."""
    return wad(random.choice(SCALES) * random.uniform(0.5, 2.0))


def draw_time(random):
    """Seconds to expiry: from one to a year, each fourth inside the fixing window."""
    longest = WINDOW_S if random.random() < 0.25 else YEAR_S
    return round(math.exp(random.uniform(0.0, math.log(longest))))


def draw_strikes(random, spot, time_s, count):
    """Strikes within three deviations, in 1e-8 quote."""
    deviation = max(0.01, math.sqrt(time_s / YEAR_S))
    return [
        max(1, round(spot / PRICE_UNIT * math.exp(deviation * random.uniform(-3, 3)))) for _ in range(count)
    ]


def draw_quantity(random, spot):
    """WAD contracts up to 1e8 quote of underlying, or none."""
    if random.random() < 0.2:
        return 0
    return random.choice((-1, 1)) * round(math.exp(random.uniform(0.0, math.log(1e8))) * WAD * WAD / spot)


def draw_book(random, spot, strikes=None):
    """An expiry with a smile, partly fixed inside its window, and up to twenty strikes."""
    time_s = draw_time(random)
    count = random.randrange(21) if strikes is None else strikes
    held = [
        word(strike, draw_quantity(random, spot), draw_quantity(random, spot))
        for strike in draw_strikes(random, spot, time_s, count)
    ]
    elapsed = max(0, WINDOW_S - time_s) * WAD // WINDOW_S
    days, vol = max(1 / 24, time_s / DAY), random.uniform(0.1, 3.0)
    return book(held, days=days, vol=vol, skew=random.uniform(-0.8, 0.8))._replace(
        time_s=time_s,
        fixed_part=round(elapsed * spot // WAD * random.uniform(0.9, 1.1)),
        floating=WAD - elapsed,
        mean_vol=wad(vol * random.uniform(0.9, 1.1)),
        flow=random.randint(-(10**22), 10**22),
        flow_age_s=random.randrange(7_200),
        flow_atm_vol=wad(vol * random.uniform(0.9, 1.1)),
        rate=random.choice((0, random.randrange(2 * 10**17))),
    )
