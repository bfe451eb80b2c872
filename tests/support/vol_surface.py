"""A volatility surface in process under genuine `RiskParameters`, and slices to post to it."""

from __future__ import annotations

import math
from random import Random

from support.governance import GUARDIAN, KEEPER, OWNER, artifact_of
from support.probe import probe_artifact

from pyvault.chain.contract import deploy
from pyvault.chain.parameters import parameter
from pyvault.chain.revm import RevmBackend
from pyvault.errors import ContractError
from pyvault.exact import surface_guard as guard
from pyvault.exact.surface_guard import Slice

WAD = guard.WAD
DAY, HOUR, YEAR = 86_400, 3_600, 365 * 86_400
POINT = WAD // 100
ABSENT, CLOSING_ONLY, OPEN = range(3)


def wad(number):
    return round(number * WAD)


def smile(vol=0.8, days=30.0, *, skew=-0.3, bend=1.5, wings=0.25, carry=0.03, gap=0.0, centre=0.0):
    """A plausible slice: at-the-money volatility, skew ρ, s in deviations, slope of the wings in 1/√T."""
    deviation = vol * math.sqrt(days / 365)
    s, m = bend * deviation, centre * deviation
    b = wings * vol / math.sqrt(days / 365)
    a = vol**2 - b * (skew * -m + math.hypot(m, s))
    return Slice(*map(wad, (a, b, skew, m, s, carry, gap)))


def shifted(curve, points=0.0, **changes):
    """A slice whose at-the-money volatility is moved by a level; other fields replaced."""
    if points:
        vol = math.sqrt(guard.variance(0, curve) / WAD)
        changes["a"] = curve.a + wad((vol + points / 100) ** 2 - vol**2)
    return curve._replace(**changes)


def guard_probe_artifact():
    return probe_artifact("SurfaceGuardProbe")


class Surface:
    """`VolSurface` on a backend; every transaction is a block of its own, one second long."""

    def __init__(self, backend=None, days=(), **overrides):
        self.backend = backend or RevmBackend()
        settings = [(parameter(name).id, value) for name, value in overrides.items()]
        self.parameters = deploy(
            self.backend, artifact_of("RiskParameters.vy"), (OWNER, GUARDIAN, KEEPER, settings)
        )
        self.contract = deploy(self.backend, artifact_of("VolSurface.vy"), (self.parameters.address,))
        self.sequence = 0
        self.begin = self.backend.now
        self.expiries = [self.list(day) for day in days]

    def list(self, days):
        """List an expiry so many days after the beginning."""
        expiry = self.begin + round(days * DAY)
        self.contract.send("list_expiry", expiry, sender=OWNER)
        return expiry

    def post(self, slices, *, sender=KEEPER, sequence=None, age=0, timestamp=None):
        """Post {expiry: slice} in the order given; receipt, or ContractError."""
        sequence = self.sequence + 1 if sequence is None else sequence
        timestamp = self.backend.now + 1 - age if timestamp is None else timestamp
        posts = [(expiry, *curve[:7]) for expiry, curve in slices.items()]
        receipt = self.contract.send("post", sequence, timestamp, posts, sender=sender)
        self.sequence = sequence
        return receipt

    def refusal(self, slices, **options):
        """Reason why a post is refused, empty if it is not, "silent" if none is given; nothing changes."""
        name = self.backend.snapshot()
        sequence = self.sequence
        try:
            self.post(slices, **options)
        except ContractError as error:
            return error.reason or "silent"
        finally:
            self.sequence = sequence
            self.backend.revert(name)
        return ""

    def start(self, slices):
        """First slices by governance, in effect."""
        self.post(slices, sender=OWNER)
        self.later(1)
        return self

    def later(self, seconds):
        self.backend.warp(seconds)
        return self

    def time_s(self, expiry, ahead=1):
        """Seconds to expiry as the next transaction sees them."""
        return expiry - self.backend.now - ahead

    def read(self, expiry):
        return Slice(*self.contract.call("slice_of", expiry))

    def status(self, expiry):
        return self.contract.call("status", expiry)

    def value(self, name):
        return self.parameters.call("value", parameter(name).id)


def draw_slice(random: Random, time_s: int) -> Slice:
    """A random slice, mostly of plausible shape, whose vertex lies on the grid."""
    root_time = math.sqrt(time_s / YEAR)
    vol = math.exp(random.uniform(math.log(0.06), math.log(3.0)))
    deviation = vol * root_time
    s = deviation * math.exp(random.uniform(math.log(0.07), math.log(25.0)))
    m = deviation * random.uniform(-4.9, 4.9)
    rho = random.uniform(-0.95, 0.95)
    b = vol / root_time * math.exp(random.uniform(math.log(0.01), math.log(1.2)))
    a = vol**2 - b * (rho * -m + math.hypot(m, s))
    return Slice(*map(wad, (a, b, rho, m, s, random.uniform(-0.4, 0.4))))
