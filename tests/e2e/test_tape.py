"""One tape, two engines: the same storage, logs, revert reasons and balances after every step."""

from collections import Counter

import pytest
from support.tape import Player, make_sweep, make_tape

from pyvault.chain.anvil import running_anvil
from pyvault.chain.backend import GENESIS_S
from pyvault.chain.revm import RevmBackend
from pyvault.chain.rpc import RpcBackend
from pyvault.chain.system import System, SystemConfig

EVENTS = {
    "ActionScheduled",
    "AnswerUpdated",
    "ExpiryFixed",
    "FixingWalked",
    "ParameterChanged",
    "Paused",
    "RoundSet",
    "SlicePosted",
    "SpotRefreshed",
    "Transfer",
}
CONFIG = SystemConfig(has_second_feed=True, has_sequencer_feed=True)


@pytest.fixture
def players():
    with running_anvil(timestamp=GENESIS_S) as url:
        node = RpcBackend(url)
        born = node.dump()  # the node's own accounts, with their ether
        process = RevmBackend(longest_journal=500)  # moves to a fresh EVM every few dozen steps
        for address, account in born.items():
            if not account.code:
                process.set_balance(address, account.balance)
        given = {address for address, account in born.items() if account.code}
        yield [Player(System.deploy(backend, CONFIG)) for backend in (node, process)], given


def test_tape__of_a_thousand_actions__is_the_same_on_both_backends_after_each_step(players, count):
    (on_node, in_process), given = players
    outcomes, logged = Counter(), Counter()
    tape = make_tape("both backends", count(200, 1_500), GENESIS_S)
    for sweep in range(count(1, 5)):
        tape += make_sweep(sweep, on_node.functions)
    for step, action in enumerate(tape):
        expected, actual = on_node.play(action), in_process.play(action)
        assert actual == expected, (step, action)
        outcomes[_kind(expected)] += 1
        logged.update(_events(on_node.system, expected))
        if isinstance(expected, dict):  # a view answered: what it may have changed shows after the next act
            continue
        clocks = [(player.system.now, player.system.backend.block) for player in (on_node, in_process)]
        assert clocks[0] == clocks[1], (step, action)
        node, process = on_node.system.backend.dump(), in_process.system.backend.dump()
        assert process == {k: v for k, v in node.items() if k not in given}, (step, action)
    assert len(outcomes) >= 20, outcomes  # the tape met many rules
    assert outcomes["accepted"] > sum(outcomes.values()) / 4  # and many things went well
    assert set(logged) >= EVENTS, EVENTS - set(logged)


def _kind(outcome):
    """A refusal's reason, or that there was none."""
    if not outcome:
        return "accepted"
    if isinstance(outcome, tuple) and isinstance(outcome[0], tuple):
        return _kind(outcome[0])
    if isinstance(outcome, tuple) and isinstance(outcome[0], bool):
        return "accepted" if outcome[0] else outcome[2] or "no reason"
    return outcome[1] if isinstance(outcome, tuple) else "accepted"


def _events(system, outcome):
    """Names of the events in an outcome."""
    if isinstance(outcome, tuple) and outcome and isinstance(outcome[0], tuple):
        return _events(system, outcome[0])
    if not isinstance(outcome, tuple) or not isinstance(outcome[0], bool):
        return []
    known = {topic: event.name for each in system.contracts.values() for topic, event in each.events.items()}
    return [known[log.topics[0]] for log in outcome[1]]
