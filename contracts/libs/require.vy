# pragma version 0.4.3
"""
@title   Requirement
@author  The pyvault authors
@license AGPL-3.0-only
@notice  One place that reverts, for contracts near the limit of size: an `assert` with a reason is 135 bytes of
         code, a call of this is half of it, for 150 gas. Stateless.
"""


@internal
@pure
def _that(condition: bool, reason: String[32]):
    """
    @dev    Reverts with the reason unless the condition holds.
    """
    assert condition, reason
