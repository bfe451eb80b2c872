"""Feeds that switch late to a phase that has long been running: what was read by expiry decides."""

from __future__ import annotations

from random import Random

from reference.fixing import elapsed_mean, first_round, settlement_price
from support.evm import Reverted
from support.feeds import RULES, Published, draw_feed
from support.oracle import DAY, EXPIRY, HOUR, PRIMARY, START, STATUS, World

from pyvault.exact import fixing

BOUNDS = RULES.floor, RULES.cap
EXACT_RULE = fixing.Rule(10**10, *BOUNDS, RULES.max_gap)
WAITS = {"no round follows yet", "already fixed", "source has failed", "not expired"}
WRONG = {"a later round begins it", "round after its phase", "round after the start", "round not published"}


class Story:
    """A world in which a feed unfolds, read now and then; it keeps the last phase read by expiry."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.feed = draw_late_switches(random)
        self.world = World(rules=RULES).listed()
        self.phase = 0
        self.written = 0

    def at(self, now: int) -> None:
        """Begin a block with all that is published by then; somebody may read it."""
        self.now = now
        self.world.clock.at(now)
        due = [item.round for item in self.feed if item.at <= now]
        self.world.primary.write(due[self.written :])
        self.written = len(due)
        self.visible = due
        if due and self.random.random() < 0.5:
            status = STATUS[self.world.oracle.refresh()[2]]
            if status == "ACCEPTED" and now <= EXPIRY:
                self.phase = max(item.round_id for item in due) >> 64

    def counted(self, rounds):
        """Rounds of the phases that were there at the last reading by expiry."""
        return [item for item in rounds if not self.phase or item.phase <= self.phase]

    def first(self):
        """Right first round, as far as the feed has come."""
        return first_round(self.counted(self.visible), EXPIRY, *BOUNDS)

    def fix(self, first: int, rounds: int) -> str:
        """Why the call was refused; empty if it was not."""
        try:
            self.world.fix(first, rounds)
        except Reverted as error:
            return error.reason.removeprefix("oracle: ")
        return ""

    def is_over(self) -> bool:
        oracle = self.world.oracle
        return oracle.settlement_price(EXPIRY) > 0 or oracle.has_failed(EXPIRY, PRIMARY)


def draw_late_switches(random):
    """A drawn feed whose phases show only when the proxy switches to them, at once or days later."""
    feed, switch = draw_feed(random), 0
    late = {}
    for phase in sorted({item.round.phase for item in feed}):
        begin = min(item.at for item in feed if item.round.phase == phase)
        switch = max(switch, begin + random.choice((0, 0, 600, 2_000, 9_000, DAY)) * (len(late) > 0))
        late[phase] = switch
    shown = [Published(max(item.at, late[item.round.phase]), item.round) for item in feed]
    return sorted(shown, key=lambda item: item.at)


def moments(random):
    """Seconds before the window, inside and after."""
    before = [START - random.randint(0, 900)]
    inside = sorted(random.sample(range(START + 1, EXPIRY), random.randint(0, 4)))
    around = random.sample((EXPIRY, EXPIRY + 1), random.randint(0, 2))
    after = [EXPIRY + each for each in (60, HOUR, 7 * HOUR, 3 * DAY) if random.random() < 0.5]
    return [*before, *inside, *sorted(around), *after, EXPIRY + 30 * DAY]


def test_law__price_of_a_feed_that_switches_late__is_that_of_what_was_read_by_expiry(count):
    random = Random(5)
    outcomes = {"price": 0, "failure": 0, "hidden": 0}
    for _ in range(count(150, 3_000)):
        story = Story(random)
        for now in moments(random):
            story.at(now)
            for _ in range(random.randint(0, 3)):
                if story.visible and now > START:
                    reason = story.fix(story.first(), random.choice((1, 2, 7, 40, 512)))
                    assert reason in {"", *WAITS}
        if not story.phase:
            continue  # nothing was read: every phase counts, and the switch decides
        while not story.is_over():
            assert story.fix(story.first(), 512) == ""
        history = [item.round for item in story.feed]
        expected = settlement_price(story.counted(history), EXPIRY, *BOUNDS, RULES.max_gap)
        assert story.world.oracle.settlement_price(EXPIRY) == (expected or 0)
        assert in_python(story, history) == expected
        outcomes["price" if expected else "failure"] += 1
        outcomes["hidden"] += expected != settlement_price(history, EXPIRY, *BOUNDS, RULES.max_gap)
    assert min(outcomes.values()) >= count(5, 100), outcomes


def in_python(story, history):
    """The twin's price; None if the source fails."""
    rounds = exact_rounds(history)
    rule = EXACT_RULE._replace(last_phase=story.phase)
    first = fixing.find_first_round(rounds, max(rounds), EXPIRY, rule)
    return fixing.walk(rounds, max(rounds), first, EXPIRY, EXPIRY + 30 * DAY, rule)


def exact_rounds(history):
    return {
        item.round_id: fixing.SetRound(item.price // 10**10, item.updated_at, item.is_complete)
        for item in history
    }


def test_law__average_so_far__is_the_reference_second_by_second_and_the_twin(count):
    random = Random(6)
    known = 0
    for _ in range(count(60, 2_000)):
        story = Story(random)
        story.at(START - random.randint(0, 900))
        for now in sorted(random.sample(range(START + 1, EXPIRY + 900), 5)):
            story.at(now)
            if not story.visible or not story.first() or story.is_over():
                continue
            story.fix(story.first(), 512)
            if story.is_over():
                continue
            told = story.world.oracle.elapsed_average(EXPIRY)
            counted = story.counted(story.visible)
            mean = elapsed_mean(counted, EXPIRY, now, *BOUNDS, RULES.max_gap)
            seconds = min(now, EXPIRY) - START
            assert told == (mean or 0, seconds, mean is not None)
            rounds = exact_rounds(story.visible)
            rule = EXACT_RULE._replace(last_phase=story.phase)
            assert fixing.elapsed_average(rounds, max(rounds), story.first(), EXPIRY, now, rule) == told
            known += mean is not None
    assert known > count(50, 1_500)
