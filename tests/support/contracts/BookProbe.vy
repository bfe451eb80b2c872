# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
# pragma nonreentrancy on
"""
@title   The internals of the book of an expiry, callable
@author  The pyvault authors
@license AGPL-3.0-only
"""

from contracts.interfaces import IOptionPricer
from contracts.libs import constants
from contracts.libs import strike_word
from contracts.libs.math import book as books
from contracts.libs.math import power as powers
from contracts.libs.math import stress as grid


@external
@pure
def terms(spot: uint256, book: IOptionPricer.Book) -> books.Terms:
    return books._terms(spot, book)


@external
@pure
def no_sums(spot: uint256, book: IOptionPricer.Book) -> books.Sums:
    return empty(books.Sums)


@external
@pure
def no_stress(spot: uint256, book: IOptionPricer.Book) -> int256[grid.SCENARIOS]:
    return empty(int256[grid.SCENARIOS])


@external
@pure
def unit(spot: uint256, book: IOptionPricer.Book, strike: uint256) -> books.Unit:
    return books._unit(books._terms(spot, book), strike)


@external
@pure
def sums(spot: uint256, book: IOptionPricer.Book) -> books.Sums:
    return books._sums(books._terms(spot, book), book.positions, 0)


@external
@pure
def stress(spot: uint256, book: IOptionPricer.Book) -> int256[grid.SCENARIOS]:
    terms: books.Terms = books._terms(spot, book)
    scenarios: grid.Scenarios = grid._scenarios(terms)
    options: DynArray[grid.Option, grid.STRIKES] = []
    for word: uint256 in book.positions:
        unit: books.Unit = books._unit(terms, strike_word._strike(word))
        options.append(grid._option(scenarios, unit, strike_word._position(word, True)))
    return grid._losses(scenarios, terms, options, 0)


@external
@pure
def leg_stress(
    spot: uint256, book: IOptionPricer.Book, strike: uint256, is_call: bool
) -> int256[grid.SCENARIOS]:
    terms: books.Terms = books._terms(spot, book)
    nothing: int256[grid.SCENARIOS] = empty(int256[grid.SCENARIOS])
    return grid._with_leg(
        nothing, grid._scenarios(terms), terms, books._unit(terms, strike), is_call, constants.SIGNED_WAD
    )


@external
@pure
def power(numerator: uint256, denominator: uint256, exponent: int256) -> uint256:
    return powers._power(numerator, denominator, exponent)
