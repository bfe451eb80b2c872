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
from contracts.libs import lanes
from contracts.libs.math import book as books
from contracts.libs.math import power as powers
from contracts.libs.math import stress as grid


@external
@pure
def terms(spot: uint256, book: IOptionPricer.Book, rate: uint256) -> books.Terms:
    return books._terms(spot, book, rate)


@external
@pure
def no_sums(spot: uint256, book: IOptionPricer.Book, rate: uint256) -> books.Sums:
    return empty(books.Sums)


@external
@pure
def no_stress(spot: uint256, book: IOptionPricer.Book, rate: uint256) -> int256[grid.SCENARIOS]:
    return empty(int256[grid.SCENARIOS])


@external
@pure
def unit(spot: uint256, book: IOptionPricer.Book, rate: uint256, strike: uint256) -> books.Unit:
    return books._unit(books._terms(spot, book, rate), strike)


@external
@pure
def sums(spot: uint256, book: IOptionPricer.Book, rate: uint256) -> books.Sums:
    return books._sums(books._terms(spot, book, rate), book.positions)


@external
@pure
def risk(spot: uint256, book: IOptionPricer.Book, rate: uint256) -> IOptionPricer.BookRisk:
    terms: books.Terms = books._terms(spot, book, rate)
    return books._risk(terms, books._sums(terms, book.positions), book.flow)


@external
@pure
def exit_cost(
    words: DynArray[uint256, 10], spot: uint256, book: IOptionPricer.Book, rate: uint256
) -> uint256:
    terms: books.Terms = books._terms(spot, book, rate)
    return books._exit_cost(lanes._read(words), terms, books._sums(terms, book.positions), spot, book.mean_vol)


@external
@pure
def stress(spot: uint256, book: IOptionPricer.Book, rate: uint256) -> int256[grid.SCENARIOS]:
    return grid._stress(books._terms(spot, book, rate), book.positions)


@external
@pure
def leg_stress(
    spot: uint256, book: IOptionPricer.Book, rate: uint256, strike: uint256, is_call: bool
) -> int256[grid.SCENARIOS]:
    return grid._leg_stress(books._terms(spot, book, rate), strike, is_call)


@external
@pure
def power(numerator: uint256, denominator: uint256, exponent: int256) -> uint256:
    return powers._power(numerator, denominator, exponent)
