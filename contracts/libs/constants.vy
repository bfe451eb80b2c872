# pragma version 0.4.3
"""
@title   Units shared by all contracts
@author  The pyvault authors
@license AGPL-3.0-only
"""

WAD: constant(uint256) = 10**18  # one, for prices, volatilities, rates and fractions
SIGNED_WAD: constant(int256) = 10**18
SECONDS_PER_YEAR: constant(uint256) = 365 * 86_400
