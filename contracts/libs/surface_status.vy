# pragma version 0.4.3
"""
@title   States of an expiry on the volatility surface
@author  The pyvault authors
@license AGPL-3.0-only
"""

ABSENT: constant(uint256) = 0  # expired, or no slice in effect
CLOSING_ONLY: constant(uint256) = 1  # too old, gap too large, or a first slice whose distance is still leaking away
OPEN: constant(uint256) = 2
