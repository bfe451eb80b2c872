"""Which version of the parameters was in force at a second: the same for ever once it has passed."""

from __future__ import annotations

from support.governance import HOUR, Governed

GAP, DEVIATION = "FIXING_MAX_GAP_S", "SPOT_MAX_DEVIATION"
EVER = 2**256 - 1


def test_version_at__any_second__is_the_last_that_had_begun_by_its_end():
    governed = Governed()
    begun = []
    for value in (7_000, 6_800, 6_500, 6_400):
        governed.move(GAP, value)
        begun.append(governed.backend.now)
        for second in (0, *(begin + step for begin in begun for step in (-1, 0, 1)), EVER):
            expected = 1 + sum(begin <= second for begin in begun)
            assert governed.call("version_at", second) == expected
    assert governed.call("version") == 5


def test_version_at__before_any_change__is_the_first():
    governed = Governed()
    assert [governed.call("version_at", second) for second in (0, 1, EVER)] == [1, 1, 1]


def test_version_at__after_a_later_change__still_answers_with_the_same_words():
    governed = Governed()
    governed.move(DEVIATION, 19 * 10**15)
    moment = governed.backend.now
    before = governed.call("words_at", governed.call("version_at", moment), 0, 8)
    governed.later(2 * HOUR)
    governed.move(DEVIATION, 18 * 10**15)
    assert governed.call("words_at", governed.call("version_at", moment), 0, 8) == before
