# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
# pragma nonreentrancy on
"""
@title   Spot oracle
@author  The pyvault authors
@license AGPL-3.0-only
@notice  One guarded price per block, and one settlement price per expiry.
@dev     A table of contents: `sources` holds the rules of a reading, `block_reading` the reading of a block,
         `fixing` the walk over a window's rounds, `elapsed` its average so far, `governed_fixing` the last resort.
         docs/spot-oracle.md explains.
@custom:kill It cannot be stopped. Governance replaces the spot oracle of the market on its own path; expiries
             listed here are still fixed here.
@custom:trust The feeds are trusted as far as the rules reach. The keeper and the market list expiries. The owner
              of the parameters moves bounds of readings, never of a listed fixing, and fixes an expiry inside a
              band after every source failed. The guardian may cancel that. Nobody can move a settlement price.
"""

from .interfaces import ISpotOracle

implements: ISpotOracle

from .libs.state import sources

initializes: sources

from .libs.state import block_reading

initializes: block_reading[sources := sources]

from .libs.state import fixing as fixings

initializes: fixings[block_reading := block_reading, sources := sources]

from .libs.state import governed_fixing

initializes: governed_fixing[block_reading := block_reading, fixing := fixings, sources := sources]

from .libs.state import elapsed

initializes: elapsed[fixing := fixings]

exports: (
    # Spot
    block_reading.refresh,
    block_reading.spot,
    block_reading.last_accepted,
    block_reading.observe,
    block_reading.observation,
    # Settlement prices
    fixings.fix_expiry,
    fixings.report_outage,
    elapsed.elapsed_average,
    governed_fixing.propose_fixing,
    governed_fixing.cancel_fixing,
    governed_fixing.execute_fixing,
    governed_fixing.proposal,
    governed_fixing.fixing_band,
)

MARKET: immutable(address)


@deploy
def __init__(parameters: address, primary: address, second: address, sequencer: address, market: address):
    """
    @notice Bind the feeds for ever; their decimals are read here.
    @param  parameters Contract of all parameters and roles.
    @param  primary First price feed.
    @param  second Second price feed, or zero.
    @param  sequencer Feed of the sequencer's state (0 up, 1 down), or zero where there is none.
    @param  market Who may list expiries beside the keeper, or zero.
    """
    sources.__init__(parameters, primary, second, sequencer)
    MARKET = market


@external
def list_expiry(expiry: uint256):
    """
    @notice Freeze the fixing rule of an expiry at the present version of the parameters; keeper or market.
    @param  expiry 08:00 UTC, at most 366 days away, its window not yet open, not listed before.
    """
    if msg.sender != MARKET or MARKET == empty(address):
        assert msg.sender == staticcall sources.PARAMETERS.keeper(), "oracle: not keeper nor market"
    fixings._list(expiry)


@external
@view
def settlement_price(expiry: uint256) -> uint256:
    """
    @notice Settlement price of an expiry; never changes once it is not zero.
    @param  expiry Any.
    @return WAD; zero while it is not fixed.
    """
    return fixings._fixings[expiry].price


@external
@view
def fixing(expiry: uint256) -> ISpotOracle.Fixing:
    """
    @notice Settlement price, when it was written and from what.
    @param  expiry Any.
    @return Empty while it is not fixed.
    """
    return fixings._fixings[expiry]


@external
@view
def listed_version(expiry: uint256) -> uint256:
    """
    @notice Version of the parameters that rules the fixing.
    @param  expiry Any.
    @return Zero if it is not listed.
    """
    return fixings._versions[expiry]


@external
@view
def fixing_rule(expiry: uint256, source: ISpotOracle.Source) -> ISpotOracle.FixingRule:
    """
    @notice By what rule a source fixes an expiry. Before the window opens its bounds may still widen, and until
            expiry its last phase may still rise.
    @param  expiry Listed.
    @param  source PRIMARY or SECOND.
    @return Bounds, largest gap and deviation, and the last phase that counts.
    """
    assert fixings._versions[expiry] != 0, "oracle: expiry not listed"
    return fixings._rule(expiry, source)


@external
@view
def walk(expiry: uint256, source: ISpotOracle.Source, first_round: uint256) -> ISpotOracle.Walk:
    """
    @notice Where the walk that began with a round stands.
    @param  expiry Any.
    @param  source PRIMARY or SECOND.
    @param  first_round As in `fix_expiry`.
    @return Empty if no call stored one: also after a walk of a single call.
    """
    return fixings._walks[expiry][source][first_round]


@external
@view
def has_failed(expiry: uint256, source: ISpotOracle.Source) -> bool:
    """
    @notice Whether a source is proven unable to fix an expiry.
    @param  expiry Any.
    @param  source PRIMARY or SECOND.
    @return Never false again once true.
    """
    return fixings._failed[expiry][source]


@external
@view
def outage_since(expiry: uint256, source: ISpotOracle.Source) -> uint256:
    """
    @notice When a source was first reported unreadable for an expiry.
    @param  expiry Any.
    @param  source PRIMARY or SECOND.
    @return Zero if no report stands.
    """
    return fixings._outages[expiry][source]


@external
@view
def parameters() -> address:
    """
    @notice Where the parameters and roles are read.
    @return The contract's address.
    """
    return sources.PARAMETERS.address


@external
@view
def market() -> address:
    """
    @notice Who may list expiries beside the keeper.
    @return Zero if nobody.
    """
    return MARKET


@external
@view
def feed(source: ISpotOracle.Source) -> address:
    """
    @notice Feed of a source.
    @param  source PRIMARY or SECOND.
    @return Zero if it is not configured.
    """
    return sources._feed(source)


@external
@view
def sequencer() -> address:
    """
    @notice Feed of the sequencer's state.
    @return Zero if there is none.
    """
    return sources.SEQUENCER
