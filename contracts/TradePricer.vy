# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
# pragma nonreentrancy on
"""
@title   Trade pricer
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What a trade of a package against the vault costs and leaves behind, and what the vault's positions are worth.
@dev     A table of contents beside OptionPricer, which has no room for them: pure functions of what is passed in,
         each in the module that proves it. 22,000 bytes are nearly used up.
@custom:kill Nothing to stop: the contract holds nothing and remembers nothing. Callers replace its address.
@custom:trust Nobody has any power over it.
"""

# stateless
from .libs.math import evaluation
from .libs.math import revaluation

exports: (
    evaluation.evaluate,
    revaluation.revalue,
)
