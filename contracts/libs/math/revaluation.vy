# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Revaluation of an expiry
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Everything that a refresh needs: value, exposures, cost of leaving and stress losses of the vault's positions.
@dev     Stateless.
"""

from ...interfaces import IOptionPricer
from .. import lanes
from .. import strike_word
from . import book as books
from . import exit_cost as exits
from . import flow
from . import stress


@external
@pure
def revalue(conditions: IOptionPricer.Conditions, book: IOptionPricer.Book) -> IOptionPricer.Revaluation:
    """
    @notice Value, exposures, exit cost and stress losses of the vault's positions in one expiry.
    @dev    The value is rounded down, exit cost and losses up, against the vault; exposures towards zero.
    @param  conditions Reads spot, risk_budget and words.
    @param  book The expiry and the vault's positions in it.
    """
    parameters: lanes.Parameters = lanes._read(conditions.words)
    terms: books.Terms = books._terms(conditions.spot, book)
    scenarios: stress.Scenarios = stress._scenarios(terms)
    sums: books.Sums = empty(books.Sums)
    gross: exits.Gross = empty(exits.Gross)
    options: DynArray[stress.Option, stress.STRIKES] = []
    puts: int256 = 0
    for word: uint256 in book.positions:
        if word >> 64 == 0:
            continue
        unit: books.Unit = books._unit(terms, strike_word._strike(word))
        sums = books._plus(sums, terms.discounted_floating, unit, word)
        gross = exits._plus(gross, terms.discounted_floating, unit, word)
        # unsafe: |q| <= 2^95; 20 strikes.
        put: int256 = strike_word._position(word, False)
        both: int256 = unsafe_add(strike_word._position(word, True), put)
        puts = unsafe_add(puts, put)
        if both != 0:
            options.append(stress._option(scenarios, unit, both))
    z: int256 = flow._present(flow._terms(parameters, conditions.risk_budget), book, terms.atm_vol)
    return IOptionPricer.Revaluation(
        risk=books._risk(terms, sums, z),
        exit_cost=exits._cost(parameters, terms, sums.vega, gross, conditions.spot, book.mean_vol),
        losses=stress._losses(scenarios, terms, options, puts),
    )
