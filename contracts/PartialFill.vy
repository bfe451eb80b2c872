# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
# pragma nonreentrancy on
"""
@title   Partial fill
@author  The pyvault authors
@license AGPL-3.0-only
@notice  The largest part of a trade whose total respects a limit.
@dev     A table of contents beside TradePricer, which has no room for it: one pure function of what is passed in.
@custom:kill Nothing to stop: the contract holds nothing and remembers nothing. Callers replace its address.
@custom:trust Nobody has any power over it.
"""

# stateless
from .libs.math import partial_fill

exports: partial_fill.largest_fill
