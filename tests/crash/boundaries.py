"""Walk a journey again and again, and kill the bot each time at other boundaries, until none is left."""

import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from tests.crash.invariants import Before, contained, intended, log_intact, undone
from tests.crash.journeys import Journey
from tests.crash.town import Town

T = TypeVar("T")
Make = Callable[[Town, str], Journey]
NEVER = 0  # as the number of a boundary: let it live, and note what it comes by
CHARTED = 2  # journeys that are walked unharmed, to learn what there is
TRIES = 3

ASKED, APPLIED, UNDONE = "asked", "applied", "undone"

# How often these are passed depends on time: paints that come together are one, an operation is asked how it stands
# until it is over. Each kind is met all the same, but for these: checkpoints and later measurements follow a clock, and a
# conversation is opened once in a bot's life.
SELDOM = ("SqlCheckpoints", "conversations.open", "remeasure.remeasured")
VARYING = (*SELDOM, "of doors.", "of work.", "chat.update")


class Point(NamedTuple):
    """One boundary: the n-th of its name in one phase of a journey."""

    phase: str
    where: str
    nth: int = 1

    @property
    def kind(self) -> str:
        """Its name and phase."""
        return f"{self.phase}: {self.where}"

    @property
    def varies(self) -> bool:
        """Whether a journey may pass it or not."""
        return any(each in self.where for each in (VARYING if self.nth > 1 else SELDOM))


Chart = dict[str, Counter[str]]  # for each phase, how often which boundary is passed


@dataclass
class Toll:
    """What was counted. ``where`` names each boundary at which the bot was killed, ``missed`` what was not met."""

    journeys: int = 0
    kills: int = 0
    where: Counter[str] = field(default_factory=Counter)
    missed: list[Point] = field(default_factory=list)

    def __str__(self) -> str:
        """Tell it in one line."""
        kinds = len({where.split(": ")[1] for where in self.where})
        return (
            f"{self.journeys} journeys, {self.kills} kills at {kinds} kinds of boundaries"
            f" ({len(self.where)} with their phase), {len(self.missed)} not met"
        )


async def charted(town: Town, make: Make, toll: Toll) -> Chart:
    """Walk unharmed, and return what was passed; where journeys differ, the most."""
    chart: Chart = {}
    for number in range(CHARTED):
        name = f"{make.__name__} unharmed {number}"
        await walked(town, make, name, (), toll)
        for phase, names in town.passed(name).items():
            chart[phase] = chart.get(phase, Counter()) | Counter(names)
    return chart


def every(chart: Chart) -> list[Point]:
    """Return each boundary."""
    return [
        Point(phase, where, nth + 1)
        for phase, passed in chart.items()
        for where, count in sorted(passed.items())
        for nth in range(count)
    ]


def one_of_each_kind(chart: Chart, choose: random.Random) -> list[Point]:
    """Return one boundary of each name, in one of its phases."""
    points = every(chart)
    return [
        choose.choice([point for point in points if point.where == where])
        for where in sorted({point.where for point in points})
    ]


class Plan:
    """What is left to be killed at: several towns take from it, at most one boundary of each phase at a time."""

    def __init__(self, points: Iterable[Point]) -> None:
        self._left: dict[str, deque[tuple[Point, int]]] = {}
        for point in points:
            self._left.setdefault(point.phase, deque()).append((point, 1))

    async def work(self, town: Town, make: Make, toll: Toll) -> None:
        """Walk until nothing is left; what a journey did not come by is tried again."""
        while taken := {phase: left.popleft() for phase, left in self._left.items() if left}:
            name = f"{make.__name__} {toll.journeys} {town.folder.name} {town.deaths}"
            points = [point for point, _ in taken.values()]
            for missed in await walked(town, make, name, points, toll):
                tries = taken[missed.phase][1]
                if tries < TRIES and not missed.varies:
                    self._left[missed.phase].append((missed, tries + 1))
                    continue
                toll.missed.append(missed)
                if missed.nth > 1 and missed.kind not in toll.where:
                    self._left[missed.phase].append((missed._replace(nth=1), 1))


async def walked(town: Town, make: Make, name: str, points: Iterable[Point], toll: Toll) -> tuple[Point, ...]:
    """Walk once, killed at these boundaries, one a phase at most; return those that it did not come by."""
    journey, before = make(town, name), Before.of(town)
    by_phase = {point.phase: point for point in points}
    town.watched = lambda: _while_dead(town, before)
    request = await _through(journey, ASKED, journey.ask, by_phase, toll)
    await _through(journey, APPLIED, journey.approve, by_phase, toll)
    contained(journey, request)
    await _through(journey, UNDONE, journey.undo, by_phase, toll)
    await undone(journey, request, before)
    toll.journeys += 1
    return tuple(by_phase.values())


async def _through(
    journey: Journey, phase: str, act: Callable[[], Awaitable[T]], points: dict[str, Point], toll: Toll
) -> T:
    """Go through one phase until all is at rest; a point at which the bot was killed is taken out."""
    town, deaths = journey.town, journey.town.deaths
    point = points.get(phase, Point(phase, "", NEVER))
    mark = f"{journey.name}: {phase}"
    town.arm(mark, point.nth, point.where)
    answer = await act()
    await journey.rest()
    if await town.spared():
        await journey.rest()
    if town.deaths > deaths:
        assert (town.deaths - deaths, town.told_of(mark)) == (1, [point.where]), "it died of itself"
        toll.kills += 1
        toll.where[point.kind] += 1
        del points[phase]
    return answer


async def _while_dead(town: Town, before: Before) -> None:
    await intended(town, before)
    await log_intact(town)
