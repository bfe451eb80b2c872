# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Settlement prices of last resort
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Where no source can fix an expiry, governance proposes a price inside the last band of the sources, and six
         hours later anyone writes it. Until then whoever can prove a source's price comes first.
@dev     A failure is proven on chain 24 hours after expiry at the latest where that is possible at all; for feeds
         whose failure nobody can prove the wait is 72 hours.
"""

from ...interfaces import ISpotOracle
from . import block_reading
from . import fixing
from . import sources

uses: block_reading
uses: fixing
uses: sources

PROVEN_WAIT_S: constant(uint256) = 24 * 3_600  # after expiry, when every source is proven to have failed
UNPROVEN_WAIT_S: constant(uint256) = 72 * 3_600  # after expiry, otherwise
DELAY_S: constant(uint256) = 6 * 3_600  # from proposal to price

_proposals: HashMap[uint256, ISpotOracle.Proposal]


@external
def propose_fixing(expiry: uint256, price: uint256):
    """
    @notice Propose a settlement price; the owner of the parameters.
    @param  expiry Listed, not fixed; passed for 24 h if every source is proven to have failed, else for 72 h.
    @param  price WAD; inside `fixing_band`.
    """
    assert msg.sender == staticcall sources.PARAMETERS.owner(), "oracle: not the owner"
    assert fixing._versions[expiry] != 0, "oracle: expiry not listed"
    assert fixing._fixings[expiry].price == 0, "oracle: already fixed"
    assert self._proposals[expiry].price == 0, "oracle: already proposed"
    wait: uint256 = UNPROVEN_WAIT_S
    if fixing._is_exhausted(expiry):
        wait = PROVEN_WAIT_S
    assert block.timestamp >= expiry + wait, "oracle: sources come first"
    low: uint256 = 0
    high: uint256 = 0
    low, high = self._band(expiry)
    assert price >= low and price <= high, "oracle: price outside the band"
    ready_at: uint256 = block.timestamp + DELAY_S
    self._proposals[expiry] = ISpotOracle.Proposal(price=price, ready_at=ready_at)
    log ISpotOracle.FixingProposed(expiry=expiry, price=price, ready_at=ready_at)


@external
def cancel_fixing(expiry: uint256):
    """
    @notice Withdraw a proposal; the owner or the guardian of the parameters.
    @param  expiry With a proposal.
    """
    if msg.sender != staticcall sources.PARAMETERS.owner():
        assert msg.sender == staticcall sources.PARAMETERS.guardian(), "oracle: not owner nor guardian"
    price: uint256 = self._proposals[expiry].price
    assert price != 0, "oracle: nothing proposed"
    self._proposals[expiry] = empty(ISpotOracle.Proposal)
    log ISpotOracle.FixingCancelled(expiry=expiry, price=price)


@external
def execute_fixing(expiry: uint256):
    """
    @notice Write the proposed settlement price; anyone, so that nobody can wait for a better moment.
    @param  expiry With a proposal that is six hours old; not fixed from a source meanwhile.
    """
    found: ISpotOracle.Proposal = self._proposals[expiry]
    assert found.price != 0, "oracle: nothing proposed"
    assert block.timestamp >= found.ready_at, "oracle: proposal too young"
    self._proposals[expiry] = empty(ISpotOracle.Proposal)
    fixing._fix(expiry, found.price, ISpotOracle.Source.GOVERNANCE)


@external
@view
def proposal(expiry: uint256) -> ISpotOracle.Proposal:
    """
    @notice Governance's pending settlement price; empty if there is none.
    @param  expiry Any.
    @return Price in WAD, and from when it may be written.
    """
    return self._proposals[expiry]


@external
@view
def fixing_band(expiry: uint256) -> (uint256, uint256):
    """
    @notice Lowest and highest settlement price that governance may propose: the last reading stored at or before
            expiry, give or take the largest deviation of the two sources; floor and cap where there was none in
            eight days.
    @dev    Both ends are rounded inwards, against governance.
    @param  expiry Listed.
    @return Both in WAD.
    """
    assert fixing._versions[expiry] != 0, "oracle: expiry not listed"
    return self._band(expiry)


@internal
@view
def _band(expiry: uint256) -> (uint256, uint256):
    """
    @notice See `fixing_band`.
    """
    rule: ISpotOracle.FixingRule = fixing._rule(expiry, ISpotOracle.Source.PRIMARY)
    price: uint256 = block_reading._price_at(expiry)
    if price == 0:
        return rule.lowest, rule.highest
    # Rounds down, against governance; the deviation is at most 20 % by the bounds in code.
    width: uint256 = price * rule.max_deviation // sources.WAD
    return price - min(width, price - 1), price + width
