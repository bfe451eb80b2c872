# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Debts of the vault
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What the vault owes in the first rank: the settlement of an expiry, and closing sales that it could not pay at
         once. Every inflow funds debts in order of age; a claimant draws the funded share of his entitlement, the rest
         as it arrives. Token units.
@dev     A queue in a mapping: its length needs no bound, for a call funds at most `FUNDED_PER_CALL` debts and anyone
         may go on. Closing sales join the youngest debt while nothing of it is funded, so that the queue holds at
         most one of them between two settlements, and nobody can fill it.
"""

from ...interfaces import ILiquidityVault
from . import custody

uses: custody

FUNDED_PER_CALL: constant(uint256) = 4
FIRST_SALE: constant(uint256) = 2**64  # ids: below it expiries, from it on closing sales, counted


struct Entitlement:
    amount: uint256
    paid: uint256


unfunded: public(uint256)
_debts: HashMap[uint256, ILiquidityVault.Debt]
_entitlements: HashMap[uint256, HashMap[uint256, Entitlement]]  # debt -> account
_queue: HashMap[uint256, uint256]  # place -> debt
_first: uint256  # place of the oldest debt that is not wholly funded
_end: uint256  # place of the next debt
_sales: uint256


@external
@view
def debt(debt_id: uint256) -> ILiquidityVault.Debt:
    """
    @notice A debt, whether funded or not.
    @param  debt_id An expiry, or the id of closing sales in `DebtBooked`.
    @return Token units; zeros if there is none.
    """
    return self._debts[debt_id]


@external
@view
def entitlement_of(debt_id: uint256, account: uint256) -> (uint256, uint256):
    """
    @notice Share of an account in a debt.
    @param  debt_id An expiry, or the id of closing sales in `DebtBooked`.
    @param  account Id; of an expiry, once its positions have been settled.
    @return Token units: entitled to, and paid of it.
    """
    entitlement: Entitlement = self._entitlements[debt_id][account]
    return entitlement.amount, entitlement.paid


@external
@view
def open_debts() -> uint256:
    """
    @notice Number of debts in the queue.
    @return At most this many calls of `fund_debts`, and cash, fund them all.
    """
    return self._end - self._first


@internal
@view
def _free_cash() -> uint256:
    """
    @dev    LP cash that no debt waits for.
    """
    cash: uint256 = custody._lp_cash
    return cash - min(cash, self.unfunded)


@internal
def _fund():
    """
    @dev    Set LP cash aside for the oldest debts.
    """
    place: uint256 = self._first
    end: uint256 = self._end
    for _: uint256 in range(FUNDED_PER_CALL):
        if place == end:
            break
        debt_id: uint256 = self._queue[place]
        funded: uint256 = self._debts[debt_id].funded
        lacking: uint256 = self._debts[debt_id].owed - funded
        part: uint256 = min(lacking, custody._lp_cash)
        if part > 0:
            custody._set_aside(part)
            self.unfunded -= part
            self._debts[debt_id].funded = funded + part
            log ILiquidityVault.DebtFunded(debt_id=debt_id, previous=funded, current=funded + part)
        if part < lacking:
            break
        place += 1
    self._first = place


@internal
def _book(expiry: uint256, owed: uint256):
    """
    @dev    Owe the longs of an expiry; free cash funds what it can at once.
    """
    assert self._debts[expiry].owed == 0, "vault: already booked"
    funded: uint256 = min(owed, self._free_cash())
    custody._set_aside(funded)
    self._debts[expiry] = ILiquidityVault.Debt(owed=owed, funded=funded, claimed=0, paid=0)
    if funded < owed:
        self.unfunded += owed - funded
        self._push(expiry)
    log ILiquidityVault.DebtBooked(debt_id=expiry, owed=owed, funded=funded)


@internal
def _owe(account: uint256, amount: uint256):
    """
    @dev    Owe an account the unpaid part of a closing sale.
    """
    debt_id: uint256 = self._open_sale()
    self._entitlements[debt_id][account].amount += amount
    owed: uint256 = self._debts[debt_id].owed + amount
    self._debts[debt_id].owed = owed
    self._debts[debt_id].claimed = owed
    self.unfunded += amount
    log ILiquidityVault.DebtBooked(debt_id=debt_id, owed=owed, funded=0)


@internal
def _open_sale() -> uint256:
    """
    @dev    The youngest debt, if it is one of closing sales of which nothing is funded; else a new one. To join after
            a claimant was paid would take from him.
    """
    end: uint256 = self._end
    if end > self._first:
        youngest: uint256 = self._queue[end - 1]
        if youngest >= FIRST_SALE and self._debts[youngest].funded == 0:
            return youngest
    debt_id: uint256 = FIRST_SALE + self._sales
    self._sales += 1
    self._push(debt_id)
    return debt_id


@internal
def _push(debt_id: uint256):
    end: uint256 = self._end
    self._queue[end] = debt_id
    self._end = end + 1


@internal
def _entitle(expiry: uint256, account: uint256, amount: uint256):
    """
    @dev    Record what an account is entitled to of a settlement, once.
    """
    assert self._entitlements[expiry][account].amount == 0, "vault: already entitled"
    claimed: uint256 = self._debts[expiry].claimed + amount
    assert claimed <= self._debts[expiry].owed, "vault: more than owed"
    self._debts[expiry].claimed = claimed
    self._entitlements[expiry][account].amount = amount


@internal
def _close(expiry: uint256) -> uint256:
    """
    @dev    Everybody has come: owe no more than they are entitled to. What was set aside beyond that, the residue of
            rounding, goes back to LP cash. Nobody's share falls, as owed falls at least as much as funded.
    @return What is owed no more.
    """
    closed: ILiquidityVault.Debt = self._debts[expiry]
    funded: uint256 = min(closed.funded, closed.claimed)
    residue: uint256 = closed.funded - funded
    custody._give_back(residue)
    self.unfunded -= (closed.owed - closed.claimed) - residue
    self._debts[expiry].owed = closed.claimed
    self._debts[expiry].funded = funded
    log ILiquidityVault.DebtClosed(debt_id=expiry, previous=closed.owed, current=closed.claimed)
    return closed.owed - closed.claimed


@internal
def _draw(debt_id: uint256, account: uint256) -> uint256:
    """
    @dev    Take out what an account may have now.
    @return Token units.
    """
    drawn: ILiquidityVault.Debt = self._debts[debt_id]
    if drawn.owed == 0:
        return 0
    entitlement: Entitlement = self._entitlements[debt_id][account]
    # Rounds down, in favour of the other claimants; exact once all is funded.
    amount: uint256 = entitlement.amount * drawn.funded // drawn.owed - entitlement.paid
    if amount > 0:
        self._entitlements[debt_id][account].paid = entitlement.paid + amount
        self._debts[debt_id].paid = drawn.paid + amount
        custody._claim(amount)
        log ILiquidityVault.Claimed(debt_id=debt_id, account=account, amount=amount)
    return amount
