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
from contracts.libs.math import book as books


@external
@pure
def terms(spot: uint256, book: IOptionPricer.Book, rate: uint256) -> books.Terms:
    return books._terms(spot, book, rate)


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
    return books._exit_cost(words, terms, books._sums(terms, book.positions), spot, book.time_s, book.mean_vol)
