# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
# pragma nonreentrancy on
"""
@title   Trade pricer
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What a trade of a package against the vault costs, and what it leaves behind.
@dev     A table of contents beside OptionPricer, which has no room for it: pure functions of what is passed in, each
         in the module that proves it.
@custom:kill Nothing to stop: the contract holds nothing and remembers nothing. Callers replace its address.
@custom:trust Nobody has any power over it.
"""

# stateless
from .libs.math import evaluation

exports: evaluation.evaluate
