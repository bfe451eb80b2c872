"""Sixteen lanes in four words: every sum is that of the lanes, or refused; roundings as they should be."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.probe import probe_artifact

from pyvault.chain.contract import deploy
from pyvault.chain.revm import RevmBackend
from pyvault.errors import ContractError

LEAST, MOST = -(2**63), 2**63 - 1
UNIT = 10**14
MOVES = [*range(-18, 19, 6)] * 2 + [-20, 30]  # of spot, hundredths; the tails halved
NUMBERS = st.one_of(
    st.integers(LEAST, MOST),
    st.sampled_from([LEAST, LEAST + 1, -1, 0, 1, MOST - 1, MOST]),
    st.integers(-9, 9),
)
FOURS = st.lists(NUMBERS, min_size=4, max_size=4)
LOSSES = st.lists(st.integers(-(10**30), 10**30), min_size=16, max_size=16)


@pytest.fixture(scope="module")
def lanes():
    return deploy(RevmBackend(), probe_artifact("LanesProbe"), ())


def word(numbers):
    return sum(number % 2**64 << 64 * i for i, number in enumerate(numbers))


def words(numbers):
    return tuple(word(numbers[i : i + 4]) for i in range(0, 16, 4))


@pytest.mark.parametrize(("name", "sign"), [("plus", 1), ("minus", -1)])
@given(a=FOURS, b=FOURS)
@example(a=[MOST, 0, 0, 0], b=[0, LEAST, LEAST, LEAST])
@example(a=[-1, -1, -1, -1], b=[LEAST, LEAST, LEAST, LEAST])
@example(a=[LEAST, MOST, -1, 0], b=[MOST, LEAST, 1, 1])
def test_sums_of_words__are_those_of_their_lanes__or_refused(lanes, name, sign, a, b):
    expected = [x + sign * y for x, y in zip(a, b, strict=True)]
    if all(LEAST <= each <= MOST for each in expected):
        assert lanes.call(name, word(a), word(b)) == word(expected)
    else:
        with pytest.raises(ContractError, match="market: exposure too large"):
            lanes.call(name, word(a), word(b))


@pytest.mark.parametrize("lane", [None, *range(16)])
def test_expiry__with_anything_in_any_lane__is_not_empty(lanes, lane):
    numbers = [0 if each != lane else -1 for each in range(16)]
    assert lanes.call("is_empty", words(numbers)) == (lane is None)


@given(losses=LOSSES)
@example(losses=[UNIT // 2, -UNIT // 2, UNIT // 2 - 1, 1 - UNIT // 2] * 4)
def test_losses_of_a_trade__are_rounded_to_nearest_and_oddly(lanes, losses):
    expected = [(abs(loss) + UNIT // 2) // UNIT * (1 if loss >= 0 else -1) for loss in losses]
    assert tuple(lanes.call("to_nearest", losses)) == words(expected)


@given(losses=LOSSES)
@example(losses=[1, -1, UNIT, -UNIT] * 4)
def test_losses_of_a_refresh__are_rounded_up(lanes, losses):
    assert tuple(lanes.call("upwards", losses)) == words([-(-loss // UNIT) for loss in losses])


@pytest.mark.parametrize("number", [2**255 - 1, -(2**255)])
def test_loss_of_a_trade__whose_rounding_would_wrap__is_refused(lanes, number):
    with pytest.raises(ContractError, match="market: exposure too large"):
        lanes.call("to_nearest", [0] * 15 + [number])


@pytest.mark.parametrize("number", [(MOST + 1) * UNIT, (LEAST - 1) * UNIT])
@pytest.mark.parametrize("name", ["to_nearest", "upwards"])
def test_loss__of_one_lane_more_than_fits__is_refused(lanes, name, number):
    inside = number - UNIT if number > 0 else number + UNIT
    assert lanes.call(name, [inside] + [0] * 15)[0] == inside // UNIT % 2**64
    with pytest.raises(ContractError, match="market: exposure too large"):
        lanes.call(name, [number] + [0] * 15)


@given(numbers=st.lists(NUMBERS, min_size=16, max_size=16), held=st.integers(-(10**40), 10**40))
def test_losses_of_the_vault__are_lanes_less_the_gain_of_what_it_holds(lanes, numbers, held):
    gains = [abs(held * move) // 100 * (1 if held * move >= 0 else -1) for move in MOVES]
    expected = [number * UNIT - gain for number, gain in zip(numbers, gains, strict=True)]
    assert list(lanes.call("losses", words(numbers), held)) == expected
