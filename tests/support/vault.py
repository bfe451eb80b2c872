"""A vault with doubles around it: tokens that misbehave, a market and an engine that do as they are told."""

from __future__ import annotations

from functools import cache
from typing import Any

from eth_abi import decode, encode
from eth_utils import keccak
from support.evm import ROOT
from support.oracle import GUARDIAN, KEEPER, OWNER, STRANGER, WAD, Clock, Deployed, abi_type, speak
from vyper.cli.vyper_compile import compile_files

from pyvault.chain.parameters import parameter

LP_OWNER = "0x" + "a6" * 20
MODES = (
    "HONEST",
    "TAKES_A_FEE",
    "RETURNS_NOTHING",
    "RETURNS_FALSE",
    "LIES",
    "REENTERS",
    "REFUSES",
    "BURNS_GAS",
)
SPOT = 2_500 * WAD
VAULT = "contracts/LiquidityVault.vy"
FIRST_SALE = 2**64  # id of the first debt of closing sales


class Token(Deployed):
    """The hostile token."""

    def __init__(self, clock: Clock, decimals: int) -> None:
        super().__init__(clock, "tests/doubles/HostileToken.vy", decimals)

    def behave(self, mode: str) -> None:
        self.set_mode(MODES.index(mode))


class Treasury:
    """One vault, its tokens, its parameters, and whom it deals with; amounts are token units."""

    def __init__(self, decimals: tuple[int, int] = (6, 18), **overrides: int) -> None:
        self.clock = Clock()
        self.quote, self.underlying = (Token(self.clock, digits) for digits in decimals)
        settings = [(parameter(name).id, value) for name, value in overrides.items()]
        self.parameters = Deployed(
            self.clock, "contracts/RiskParameters.vy", OWNER, GUARDIAN, KEEPER, settings
        )
        self.engine = Deployed(self.clock, "tests/doubles/PayingEngine.vy")
        self.market = Deployed(self.clock, "tests/doubles/SettableMarket.vy")
        self.vault = self.another_vault()
        self.market.set_vault(self.vault.address)
        self.market.set_loss(0, WAD // 4)
        self.engine.connect(self.quote.address, self.vault.address)
        self.unit_wad = 10 ** (18 - decimals[0])
        self.unit = 10 ** decimals[0]  # one quote

    def another_vault(self, **changes: str) -> Deployed:
        """A vault that deals with the same, but for the changes."""
        parties = {
            "quote_token": self.quote.address,
            "underlying_token": self.underlying.address,
            "risk_parameters": self.parameters.address,
            "margin_engine": self.engine.address,
            "option_market": self.market.address,
            "lp_owner": LP_OWNER,
        }
        return Deployed(self.clock, VAULT, *(parties | changes).values())

    def deposit(self, amount: int, **options: Any) -> None:
        self.quote.mint(options.get("caller", LP_OWNER), amount)
        self.vault.deposit(amount, **({"caller": LP_OWNER} | options))

    def withdraw(self, amount: int) -> None:
        self.vault.withdraw(amount, caller=LP_OWNER)

    def by_market(self, function: str, *arguments: Any) -> Any:
        """What the vault answers its market."""
        asked = self.vault.abi[function]
        inner = calldata(asked, arguments)
        data = calldata(self.market.abi["act"], (self.vault.address, inner))
        evm = self.clock.evm
        try:
            returned = speak(evm.message_call, STRANGER, self.market.address, calldata=data)
        finally:
            evm.reset_transient_storage()
        values = decode([abi_type(item) for item in asked["outputs"]], bytes(returned))
        return values[0] if values else None

    def trade(self, account: int, cash_change: int, charge: int = 0) -> None:
        """The account pays first what it owes, as the engine does."""
        if cash_change > 0:
            self.quote.mint(self.engine.address, cash_change)
            self.engine.pay(cash_change)
        self.by_market("book_trade", account, cash_change, charge)

    def settle(self, expiry: int, owed: int, receivable: int = 0) -> None:
        self.by_market("book_settlement", expiry, owed, receivable)

    def sweep(self, expiry: int, account: int, entitlement: int, is_last: bool = False) -> int:  # noqa: FBT001, FBT002 - the ABI's flag
        return self.by_market("pay_settlement", expiry, account, entitlement, is_last)

    def logs(self) -> list[tuple[str, dict[str, Any]]]:
        return self.vault.logs()

    def buckets(self) -> dict[str, int]:
        names = [item["name"] for item in self.vault.abi["buckets"]["outputs"][0]["components"]]
        return dict(zip(names, self.vault.buckets(), strict=True))

    def counted(self) -> int:
        """Sum of the buckets in the quote token."""
        return sum(value for name, value in self.buckets().items() if name != "underlying")

    def held(self) -> int:
        return self.quote.balanceOf(self.vault.address)

    def equity(self) -> int:
        return self.vault.trading_state()[0]

    def hold_underlying(self, amount: int) -> None:
        """Write an inventory, which only hedges will move."""
        slot = storage_of(VAULT)["custody"]["_underlying"]["slot"]
        self.clock.evm.insert_account_storage(self.vault.address, slot, amount)


def calldata(entry: dict[str, Any], arguments: tuple[Any, ...]) -> bytes:
    types = [abi_type(item) for item in entry["inputs"]]
    return keccak(text=f"{entry['name']}({','.join(types)})")[:4] + encode(types, arguments)


@cache
def storage_of(path: str) -> dict[str, Any]:
    """Slots of a contract's variables, by module and name."""
    layout = compile_files([str(ROOT / path)], ["layout"])[ROOT / path]["layout"]
    return layout["storage_layout"]
