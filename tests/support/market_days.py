"""A market that lives through days: prices, posts, gaps, and expiries that are fixed, booked and swept."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from pyvault.chain.revm import RevmBackend
from pyvault.chain.system import SlicePost, System, SystemConfig
from pyvault.market.series import OptionKind, Series

DAY = 86_400
HOUR = 3_600
REST_S = 1_800
VARIANCE = 0.36
TERMS = (2, 3, 9)  # days from now to each expiry, at 08:00 UTC
MONEYNESS = tuple(map(Decimal, ("0.94", "0.97", "1", "1.03", "1.06")))
TRADERS = tuple("0x" + f"{i:02x}" * 20 for i in (0xC1, 0xC2, 0xC3))
TICK = Decimal("1e-8")
LEAST_STEP_S = 3_000  # between two rounds of the feed while time passes
FAR = {"SPOT_FLOOR": Decimal("0.0001"), "SPOT_CAP": 10_000_000}


class Days:
    """A system with a few expiries of five strikes each, at any scale of prices and tokens."""

    def __init__(
        self,
        decimals: tuple[int, int] = (6, 8),
        spot: Decimal | int = 3_000,
        terms: tuple[int, ...] = TERMS,
        **config: object,
    ) -> None:
        quote, feed = decimals
        settings = SystemConfig(
            quote_decimals=quote,
            feed_decimals=feed,
            spot=float(spot),
            parameters=FAR,
            **config,  # type: ignore[arg-type]
        )
        self.system = System.deploy(RevmBackend(), settings)
        self.unit = 10**quote
        self.unit_wad = 10 ** (18 - quote)
        self.start_spot = self.spot = Decimal(spot)
        self.variance = VARIANCE
        self.expiries: tuple[int, ...] = ()
        self.strikes: dict[int, list[Decimal]] = {}  # by expiry
        self.open(*terms)

    def open(self, *terms: int) -> None:
        """Open expiries so many days from now, strikes about spot; governance gives their first slices."""
        midnight = self.system.now // DAY * DAY
        asked = [midnight + days * DAY + 8 * HOUR for days in terms]
        if not (added := [each for each in asked if each not in self.expiries]):
            return
        for expiry in added:
            self.system.list_expiry(expiry)
        self.expiries = tuple(sorted((*self.expiries, *added)))
        self.quote_spot(self.spot)
        self.system.refresh_spot()
        first = [each for each in self.slices() if each.expiry in added]
        self.system.post_surface(first, caller=self.system.config.owner)
        self.system.mine()
        for expiry in added:
            self.strikes[expiry] = [(self.spot * each).quantize(TICK) for each in MONEYNESS]
            self.system.list_strikes(expiry, self.strikes[expiry])

    def series(self, expiry: int, strike: int, *, is_call: bool = True) -> Series:
        """The series of an expiry and a strike, both by their place."""
        kind, end = OptionKind.CALL if is_call else OptionKind.PUT, self.expiries[expiry]
        return Series(expiry=end, strike=float(self.strikes[end][strike]), kind=kind)

    def every_series(self) -> list[Series]:
        return [
            self.series(e, k, is_call=is_call)
            for e in range(len(self.expiries))
            for k in range(len(MONEYNESS))
            for is_call in (True, False)
        ]

    def contracts(self, notional: float | Fraction) -> int:
        """WAD contracts of a notional in quote, at the first spot."""
        return int(Fraction(notional) / Fraction(self.start_spot) * 10**18)

    def fund(self, trader: str, quote: int, account: int | None = None) -> None:
        """Give a trader so much of the quote token, in whole units, and pay it into an account."""
        self.system.fund(trader, "quote_token", quote * self.unit)
        self.system.add_collateral(trader, "quote_token", quote * self.unit, account)

    # The world

    def quote_spot(self, spot: Decimal) -> None:
        """Publish a price, within a hundredth and fifty times of the first."""
        self.spot = min(max(spot, self.start_spot / 100), self.start_spot * 50).quantize(TICK)
        self.system.set_spot(self.spot)

    def gap(self, percent: int) -> None:
        """Move spot at once."""
        self.quote_spot(self.spot * (100 + percent) / 100)

    def open_expiries(self, seconds: int = HOUR) -> list[int]:
        """Expiries further away than that."""
        return [each for each in self.expiries if each > self.system.now + seconds]

    def slices(self) -> list[SlicePost]:
        return [
            SlicePost.of_numbers(each, a=self.variance, b=0.1, rho=-0.2, m=0.0, sigma=0.3)
            for each in self.open_expiries()
        ]

    def pass_time(self, seconds: int) -> None:
        """Let time pass while the feed goes on as it should."""
        end = self.system.now + seconds
        while (left := end - self.system.now) > 1:
            self.system.warp(min(left - 1, LEAST_STEP_S))
            self.quote_spot(self.spot)

    def publish(self) -> None:
        """A fresh spot and surface."""
        self.quote_spot(self.spot)
        if slices := self.slices():
            self.system.post_surface(slices)
            self.system.mine()

    def wake(self) -> None:
        """The same, and a fresh value of every expiry that trades."""
        self.publish()
        for each in self.open_expiries():
            self.system.refresh(None, each)

    # The end of an expiry

    def pass_expiry(self, expiry: int, price: Decimal | None = None) -> int:
        """Live through the window, at one price if it is given, and fix: the settlement price, WAD."""
        self.pass_time(expiry - REST_S - 60 - self.system.now)
        if price is not None:
            self.quote_spot(price)
        self.pass_time(expiry + 60 - self.system.now)
        self.quote_spot(self.spot)
        return self.fix(expiry)

    def fix(self, expiry: int) -> int:
        self.system.fix_expiry(None, expiry)
        return self.fixed(expiry)

    def fixed(self, expiry: int) -> int:
        return int(self.system.part("spot_oracle").call("settlement_price", expiry))
