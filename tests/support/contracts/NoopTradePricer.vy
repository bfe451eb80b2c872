# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
# pragma nonreentrancy on
"""
@title   Trade pricer without mathematics
@author  The pyvault authors
@license AGPL-3.0-only
@notice  The same arguments and results as TradePricer and PartialFill: what a call costs before any mathematics.
"""

from contracts.interfaces import IOptionPricer


@external
@pure
def evaluate(
    conditions: IOptionPricer.Conditions,
    others: IOptionPricer.Others,
    books: DynArray[IOptionPricer.Book, 4],
    legs: DynArray[IOptionPricer.Leg, 4],
) -> IOptionPricer.Evaluation:
    result: IOptionPricer.Evaluation = empty(IOptionPricer.Evaluation)
    for i: uint256 in range(len(books), bound=4):
        result.books.append(empty(IOptionPricer.BookRisk))
        result.losses.append(empty(int256[16]))
    for i: uint256 in range(len(legs), bound=4):
        result.legs.append(empty(IOptionPricer.LegValue))
    return result


@external
@pure
def largest_fill(
    conditions: IOptionPricer.Conditions,
    others: IOptionPricer.Others,
    books: DynArray[IOptionPricer.Book, 4],
    leg: IOptionPricer.Leg,
    limit: int256,
) -> int256:
    return leg.quantity
