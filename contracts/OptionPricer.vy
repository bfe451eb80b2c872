# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
# pragma nonreentrancy on
"""
@title   Option pricer
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Prices, Greeks and volatility slices of European options on a forward.
@dev     A table of contents: every function is pure and lives in the module that proves it. No storage, no
         constructor, no owner. `error_bound` bounds the error of a price; callers charge it to the trader.
@custom:kill Nothing to stop: the contract holds nothing and remembers nothing. Callers replace its address.
@custom:trust Nobody has any power over it.
"""

from .interfaces import IOptionPricer

# implements: IOptionPricer (restore when evaluate, revalue, largest_fill and flow_now stand)

# stateless
from .libs.math import black76 as pricing
from .libs.math import exp as exponential
from .libs.math import ln as logarithm
from .libs.math import normal
from .libs.math import svi

exports: (
    # Options on a forward
    pricing.black76,
    pricing.option_price,
    pricing.discount_factor,
    pricing.error_bound,
    # Volatility
    svi.svi_variance,
    # Primitives
    exponential.exp,
    logarithm.ln,
    normal.normal_cdf,
)
