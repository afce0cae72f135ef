"""Sources of alerts that share a channel take turns, whatever they say of themselves, and whoever waits is served."""

import heapq
import itertools
import random
from collections import Counter

import pytest

from bot.adapters.slack.pace import Line, Pace
from tests.adapters.slack.office import Turned

WORST, LEAST = 0, 4
POLL = 1.0  # seconds that a card may be tried after its time


class Cards:
    """Cards that wait, each tried at its time as ``stand`` does; ``random`` is how late."""

    def __init__(self, late: random.Random) -> None:
        self.turned = Turned()
        self.pace = Pace(self.turned)
        self.posted: list[Line] = []
        self._late, self._count = late, itertools.count()
        self._due: list[tuple[float, int, Line]] = []

    def come(self, source: str, urgency: int, count: int = 1) -> None:
        """Have so many groups of a source want their first card now."""
        for _ in range(count):
            heapq.heappush(self._due, (self.turned.now, next(self._count), Line("C1", source, urgency)))

    def run(self, seconds: float) -> list[str]:
        """Let so much time pass; return whose cards were posted in it, in order."""
        end, before = self.turned.now + seconds, len(self.posted)
        while self._due and self._due[0][0] <= end:
            at, _, line = heapq.heappop(self._due)
            self.turned.now = max(self.turned.now, at)
            self._try(line)
        self.turned.now = end
        return [line.source for line in self.posted[before:]]

    def _try(self, line: Line) -> None:
        spare = self.pace.spare(line)
        short = self.pace.short("C1", spare)
        if short <= 0 and self.pace.wait("C1", spare) <= 0:
            self.pace.served(line)
            self.posted.append(line)
            return
        wait = self.pace.line(line, short) + self._late.choice((0.0, self._late.uniform(0.0, POLL)))
        heapq.heappush(self._due, (self.turned.now + wait, next(self._count), line))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("urgency", [WORST, 2, LEAST])
def test_four_hundred_worst_of_one_source_do_not_keep_another_s_card_waiting(urgency: int, seed: int) -> None:
    cards = Cards(random.Random(seed))
    cards.come("noisy", WORST, 400)
    cards.run(20)
    cards.come("falco-prod", urgency)
    assert "falco-prod" in cards.run(4)


@pytest.mark.parametrize("seed", range(20))
def test_sources_that_all_have_many_to_show_get_the_same_and_nothing_is_lost(seed: int) -> None:
    cards, choose = Cards(random.Random(seed)), random.Random(seed)
    names = [f"source-{n}" for n in range(choose.randint(2, 5))]
    for name in names:
        cards.come(name, choose.randint(WORST, LEAST), 120)
    cards.run(10)
    shown = Counter(cards.run(100))
    assert 85 <= shown.total() <= 110, "the room is used"
    assert min(shown[name] for name in names) >= 0.6 * shown.total() / len(names), shown


@pytest.mark.parametrize("seed", range(20))
def test_of_one_source_what_is_worse_goes_first_also_while_another_waits(seed: int) -> None:
    cards = Cards(random.Random(seed))
    cards.come("noisy", WORST, 200)
    cards.come("quiet", LEAST, 50)
    cards.run(20)
    cards.come("quiet", 1, 5)
    shown, cards.posted = cards.posted, []
    cards.run(20)
    quiet = [line.urgency for line in cards.posted if line.source == "quiet"]
    assert shown
    assert quiet.index(1) <= 1
    assert quiet[quiet.index(1) :][:5].count(1) >= 4, quiet


def test_who_waits_for_nothing_any_more_holds_nobody_up() -> None:
    cards = Cards(random.Random(1))
    cards.come("noisy", WORST, 100)
    cards.run(10)
    for _ in range(50):
        cards.pace.line(Line("C1", "gone", WORST), 0.0)  # cards that stand in line and never come
    assert len(cards.run(30)) >= 27
