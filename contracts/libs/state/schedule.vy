# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Actions that wait
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Announces an action, lets it be carried out once after its delay, and forgets it a week later.
@dev     One action at a time under an id, so that what it starts from cannot change while it waits. Who may
         schedule, take or drop, and what an action means, is the importer's business: no function here checks
         a caller.
"""

from ...interfaces import IRiskParameters

GRACE_S: constant(uint256) = 7 * 86_400  # an action not carried out this long after its delay lapses


struct Waiting:
    payload: uint256
    ready_at: uint256  # zero: nothing waits


_actions: HashMap[uint256, Waiting]


@external
@view
def action(action_id: uint256) -> IRiskParameters.Action:
    """
    @notice What waits under an id.
    @param  action_id See `IRiskParameters`.
    @return Payload, first moment and first moment too late; zeros if nothing is scheduled. A lapsed action is
            shown until it is cancelled or scheduled anew.
    """
    waiting: Waiting = self._actions[action_id]
    if waiting.ready_at == 0:
        return empty(IRiskParameters.Action)
    return IRiskParameters.Action(
        payload=waiting.payload, ready_at=waiting.ready_at, expires_at=waiting.ready_at + GRACE_S
    )


@internal
def _put(action_id: uint256, previous: uint256, payload: uint256, delay_s: uint256):
    """
    @dev    Schedule an action; whoever wants another one under the same id cancels the first.
    """
    standing: uint256 = self._actions[action_id].ready_at
    assert standing == 0 or block.timestamp >= standing + GRACE_S, "schedule: already scheduled"
    ready_at: uint256 = block.timestamp + delay_s
    self._actions[action_id] = Waiting(payload=payload, ready_at=ready_at)
    log IRiskParameters.ActionScheduled(
        action_id=action_id, previous=previous, payload=payload, ready_at=ready_at
    )


@internal
def _take(action_id: uint256) -> uint256:
    """
    @dev    Payload of an action whose time has come; it is gone afterwards.
    """
    waiting: Waiting = self._actions[action_id]
    assert waiting.ready_at != 0, "schedule: nothing scheduled"
    assert block.timestamp >= waiting.ready_at, "schedule: too early"
    assert block.timestamp < waiting.ready_at + GRACE_S, "schedule: lapsed"
    self._actions[action_id] = empty(Waiting)
    return waiting.payload


@internal
def _drop(action_id: uint256):
    """
    @dev    Forget an action, lapsed or not.
    """
    waiting: Waiting = self._actions[action_id]
    assert waiting.ready_at != 0, "schedule: nothing scheduled"
    self._actions[action_id] = empty(Waiting)
    log IRiskParameters.ActionCancelled(action_id=action_id, payload=waiting.payload, canceller=msg.sender)


@internal
@view
def _is_waiting(action_id: uint256) -> bool:
    """
    @dev    Whether anything stands under an id.
    """
    return self._actions[action_id].ready_at != 0
