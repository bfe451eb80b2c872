# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize codesize
# pragma nonreentrancy on
"""
@title   Vault lens
@author  The pyvault authors
@license AGPL-3.0-only
@notice  The whole market on one page, as it stands in one block; further pages hold the accounts.
@dev     For readers off chain: nothing on chain asks it. It holds no formula and no storage; every number is the
         answer of the contract that owns it. A page is there whatever the reading and the surface are.
@custom:kill Nothing to stop.
@custom:trust None: it can neither change nor hold anything.
"""

from .interfaces import IInventoryRisk
from .interfaces import ILiquidityVault
from .interfaces import IMarginEngine
from .interfaces import IOptionMarket
from .interfaces import IRiskParameters
from .interfaces import ISpotOracle
from .interfaces import IVaultLens
from .interfaces import IVolSurface

implements: IVaultLens

from .libs import parameters
from .libs import surface_status as states

MAX_ACCOUNTS: constant(uint256) = 100

MARKET: immutable(IOptionMarket)
PARAMETERS: immutable(IRiskParameters)
RISK: immutable(IInventoryRisk)
ENGINE: immutable(IMarginEngine)
VAULT: immutable(ILiquidityVault)


@deploy
def __init__(option_market: address):
    """
    @param  option_market OptionMarket; it names the others.
    """
    assert option_market.is_contract, "lens: no market"
    MARKET = IOptionMarket(option_market)
    parts: (address, address, address, address) = staticcall IOptionMarket(option_market).parts()
    PARAMETERS = IRiskParameters(parts[0])
    RISK = IInventoryRisk(parts[1])
    ENGINE = IMarginEngine(parts[2])
    VAULT = ILiquidityVault(parts[3])


@external
@view
def page() -> IVaultLens.Page:
    """
    @notice Everything that a decision about the market needs, of one block.
    @return With a rejected reading the book is valued at the last accepted spot; before the first accepted one, and
            before the surface of an expiry, what hangs on them is zero.
    """
    surface: IVolSurface = IVolSurface(staticcall PARAMETERS.oracle(parameters.VOL_SURFACE))
    oracle: ISpotOracle = ISpotOracle(staticcall PARAMETERS.oracle(parameters.SPOT_ORACLE))
    found: IVaultLens.Page = empty(IVaultLens.Page)
    found.block_number = block.number
    found.timestamp = block.timestamp
    found.version = staticcall PARAMETERS.version()
    found.paused = staticcall PARAMETERS.paused()
    found.spot = staticcall oracle.spot()
    found.last_spot = staticcall oracle.last_accepted()
    found.has_spot = found.spot.price > 0 or found.last_spot.price > 0
    found.reference_vol = staticcall surface.reference_vol()
    found.sequence = staticcall surface.sequence()
    found.posted_at = staticcall surface.timestamp()
    found.vault = IVaultLens.Vault(
        state=staticcall VAULT.trading_state(),
        buckets=staticcall VAULT.buckets(),
        mark=staticcall VAULT.last_mark(),
        unfunded=staticcall VAULT.unfunded(),
        open_debts=staticcall VAULT.open_debts(),
    )
    found.accounts = staticcall ENGINE.account_count()
    found.trader_cash = staticcall ENGINE.total_cash()
    found.risk.multiplier = staticcall RISK.multiplier()
    if found.has_spot:
        found.risk.exposure = staticcall RISK.total_exposure()
        found.risk.stress = staticcall RISK.stress()
        found.risk.worst_loss, found.risk.loss_limit = staticcall RISK.worst_loss()
        found.risk.utilisation = staticcall RISK.utilisation()
    for expiry: uint256 in staticcall MARKET.expiries():
        found.expiries.append(self._expiry(surface, expiry, found.has_spot))
    return found


@external
@view
def accounts(first: uint256, count: uint256) -> DynArray[IVaultLens.Account, MAX_ACCOUNTS]:
    """
    @notice Accounts by id, as stored.
    @param  first Id of the first; ids count from 1.
    @param  count At most 100; beyond the newest account the list ends.
    """
    assert first > 0, "lens: ids count from 1"
    assert count <= MAX_ACCOUNTS, "lens: too many accounts"
    found: DynArray[IVaultLens.Account, MAX_ACCOUNTS] = []
    newest: uint256 = staticcall ENGINE.account_count()
    for i: uint256 in range(count, bound=MAX_ACCOUNTS):
        account: uint256 = first + i
        if account > newest:
            break
        found.append(
            IVaultLens.Account(
                account=account,
                owner=staticcall ENGINE.owner_of(account),
                cash=staticcall ENGINE.cash_of(account),
                positions=staticcall ENGINE.positions_of(account),
            )
        )
    return found


@external
@view
def market() -> address:
    """
    @notice The market that is read.
    """
    return MARKET.address


@internal
@view
def _expiry(surface: IVolSurface, expiry: uint256, has_spot: bool) -> IVaultLens.Expiry:
    """
    @dev    A live expiry: what the surface says of it, its exposures, and who holds what.
    """
    found: IVaultLens.Expiry = empty(IVaultLens.Expiry)
    found.expiry = expiry
    found.status = staticcall surface.status(expiry)
    if found.status != states.ABSENT:
        found.slice = staticcall surface.slice_of(expiry)
    if has_spot:
        found.exposure = staticcall RISK.exposure_of(expiry)
    for strike: uint256 in staticcall MARKET.strikes_of(expiry):
        call_id: uint256 = staticcall MARKET.series_id(expiry, strike, True)
        put_id: uint256 = staticcall MARKET.series_id(expiry, strike, False)
        call: (int256, uint256, uint256) = staticcall MARKET.position_of(call_id)
        put: (int256, uint256, uint256) = staticcall MARKET.position_of(put_id)
        found.strikes.append(
            IVaultLens.Strike(
                strike=strike, call=call[0], put=put[0], call_longs=call[1], put_longs=put[1]
            )
        )
    return found
