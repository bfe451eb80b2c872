# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
# pragma nonreentrancy on
"""
@title   A coalition of takers
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Owns accounts and trades many times in one transaction: in one market state. It sells only what it holds,
         notes what each trade was expected to cost and what it did, and goes home flat.
"""

from contracts.interfaces import IInventoryRisk
from contracts.interfaces import IMarginEngine
from contracts.interfaces import IOptionMarket

MAX_LEGS: constant(uint256) = 4
MAX_ACTIONS: constant(uint256) = 24
MAX_DEEDS: constant(uint256) = 64
MAX_ACCOUNTS: constant(uint256) = 3
ANY: constant(int256) = 2**127


struct Action:
    account: uint256
    expiry: uint256  # to refresh; zero: a trade of the legs
    legs: DynArray[IMarginEngine.Leg, MAX_LEGS]


struct Deed:
    is_done: bool
    total: int256
    cash_change: int256
    seen: IOptionMarket.Preview  # just before


struct Story:
    deeds: DynArray[Deed, MAX_DEEDS]
    outward: uint256  # deeds before the way home
    residual: uint256  # what was held before the way home, at executable bids, series by series; token units
    held: uint256  # positions then
    is_restored: bool  # inventory and exposures
    is_stress_restored: bool
    flow_drift: uint256  # how far flow is from where it was, over all expiries


MARKET: immutable(IOptionMarket)
ENGINE: immutable(IMarginEngine)
RISK: immutable(IInventoryRisk)


@deploy
def __init__(market: address, engine: address, inventory_risk: address):
    MARKET = IOptionMarket(market)
    ENGINE = IMarginEngine(engine)
    RISK = IInventoryRisk(inventory_risk)


@external
def open_account() -> uint256:
    return extcall ENGINE.open_account()


@external
def run(
    actions: DynArray[Action, MAX_ACTIONS],
    accounts: DynArray[uint256, MAX_ACCOUNTS],
    package: uint256,
    is_curious: bool,
) -> Story:
    """
    @notice Act, and sell all that the accounts hold, `package` series at a time; zero: keep it.
    @dev    Nothing here reverts: a trade that is refused is a deed that is not done.
    @param  is_curious Whether to refresh everything first, ask for previews and look at what is left behind.
    """
    story: Story = empty(Story)
    before: bytes32 = empty(bytes32)
    flows: DynArray[int256, 10] = []
    losses: int256[16] = empty(int256[16])
    expiries: DynArray[uint256, 10] = []
    if is_curious:
        expiries = staticcall MARKET.expiries()
        for expiry: uint256 in expiries:
            extcall MARKET.refresh(expiry)
        before = self._fingerprint(expiries)
        flows = self._flows(expiries)
        losses = staticcall RISK.stress()
    for action: Action in actions:
        if action.expiry != 0:
            extcall MARKET.refresh(action.expiry)
            continue
        legs: DynArray[IMarginEngine.Leg, MAX_LEGS] = self._held_at_least(action.account, action.legs)
        if len(legs) > 0:
            story.deeds.append(self._trade(action.account, legs, is_curious))
    for account: uint256 in accounts:
        if not is_curious:
            break
        for position: IMarginEngine.Position in staticcall ENGINE.positions_of(account):
            quote: IOptionMarket.Quote = staticcall MARKET.quote(position.series_id, -position.quantity)
            story.residual += quote.total
            story.held += 1
    story.outward = len(story.deeds)
    if package == 0:
        return story
    for account: uint256 in accounts:
        legs: DynArray[IMarginEngine.Leg, MAX_LEGS] = []
        for position: IMarginEngine.Position in staticcall ENGINE.positions_of(account):
            legs.append(IMarginEngine.Leg(series_id=position.series_id, quantity=-position.quantity))
            if len(legs) == package:
                story.deeds.append(self._trade(account, legs, is_curious))
                legs = []
        if len(legs) > 0:
            story.deeds.append(self._trade(account, legs, is_curious))
    if is_curious:
        story.is_restored = self._fingerprint(expiries) == before
        losses_after: int256[16] = staticcall RISK.stress()
        story.is_stress_restored = keccak256(abi_encode(losses_after)) == keccak256(abi_encode(losses))
        after: DynArray[int256, 10] = self._flows(expiries)
        for i: uint256 in range(len(expiries), bound=10):
            story.flow_drift += convert(abs(after[i] - flows[i]), uint256)
    return story


@internal
def _trade(
    account: uint256, legs: DynArray[IMarginEngine.Leg, MAX_LEGS], is_curious: bool
) -> Deed:
    """
    @dev    One trade, after its preview in the same state.
    """
    deed: Deed = empty(Deed)
    if is_curious:
        deed.seen = staticcall MARKET.preview(account, legs)
    cash: uint256 = staticcall ENGINE.cash_of(account)
    answer: Bytes[32] = b""
    deed.is_done, answer = raw_call(
        MARKET.address,
        abi_encode(
            account,
            legs,
            ANY,
            block.timestamp,
            method_id=method_id("trade_many(uint256,(uint256,int256)[],int256,uint256)"),
        ),
        max_outsize=32,
        revert_on_failure=False,
    )
    if deed.is_done:
        deed.total = abi_decode(answer, int256)
        cash_after: uint256 = staticcall ENGINE.cash_of(account)
        deed.cash_change = convert(cash_after, int256) - convert(cash, int256)
    return deed


@internal
@view
def _held_at_least(
    account: uint256, asked: DynArray[IMarginEngine.Leg, MAX_LEGS]
) -> DynArray[IMarginEngine.Leg, MAX_LEGS]:
    """
    @dev    The legs, sold ones cut to what the account holds.
    """
    held: DynArray[int256, MAX_LEGS] = staticcall ENGINE.begin_trade(account, self, asked)
    legs: DynArray[IMarginEngine.Leg, MAX_LEGS] = []
    for i: uint256 in range(len(asked), bound=MAX_LEGS):
        quantity: int256 = max(asked[i].quantity, -held[i])
        if quantity != 0:
            legs.append(IMarginEngine.Leg(series_id=asked[i].series_id, quantity=quantity))
    return legs


@internal
@view
def _fingerprint(expiries: DynArray[uint256, 10]) -> bytes32:
    """
    @dev    The vault's positions, and the value and exposures of each expiry.
    """
    mark: bytes32 = empty(bytes32)
    for expiry: uint256 in expiries:
        found: IInventoryRisk.Exposure = staticcall RISK.exposure_of(expiry)
        found.flow = 0
        words: DynArray[uint256, 20] = staticcall MARKET.positions(expiry)
        mark = keccak256(abi_encode(mark, words, found))
    total: IInventoryRisk.Exposure = staticcall RISK.total_exposure()
    total.refreshed_at = 0  # no matter of what is held
    return keccak256(abi_encode(mark, total))


@internal
@view
def _flows(expiries: DynArray[uint256, 10]) -> DynArray[int256, 10]:
    flows: DynArray[int256, 10] = []
    for expiry: uint256 in expiries:
        exposure: IInventoryRisk.Exposure = staticcall RISK.exposure_of(expiry)
        flows.append(exposure.flow)
    return flows
