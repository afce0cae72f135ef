"""Walk a journey again and again, and kill the bot each time at another boundary, until none is left."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.crash.invariants import Before, contained, intended, log_intact, undone
from tests.crash.journeys import Journey
from tests.crash.town import Town

Make = Callable[[Town, str], Journey]
MOST = 500  # boundaries that no journey reaches: without an end something is wrong


@dataclass
class Toll:
    """What was counted. ``where`` names each boundary at which the bot was killed."""

    journeys: int = 0
    kills: int = 0
    where: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Toll") -> "Toll":
        """Count two together."""
        return Toll(self.journeys + other.journeys, self.kills + other.kills, self.where + other.where)

    def __str__(self) -> str:
        """Tell it in one line."""
        return f"{self.journeys} journeys, {self.kills} kills at {len(self.where)} kinds of boundaries"


async def walk(town: Town, make: Make, points: Iterable[int], toll: Toll) -> bool:
    """Kill at each of these boundaries; return whether the journey's last one was passed."""
    for point in points:
        if not await killed_at(town, make, point, toll):
            return True
    return False


async def killed_at(town: Town, make: Make, point: int, toll: Toll, only: str = "") -> bool:
    """Walk once, killed at this boundary (or the n-th of one name); return whether it came so far."""
    name = f"{make.__name__} killed at {point} {only}".strip()
    journey, before, deaths = make(town, name), Before.of(town), town.deaths
    town.watched = lambda: _while_dead(town, before)
    town.arm(name, point, only)
    request = await journey.ask()
    await journey.approve()
    await journey.rest()
    contained(journey, request)
    await journey.undo()
    await journey.rest()
    if await town.spared():
        await journey.rest()
    await undone(journey, request, before)
    toll.journeys += 1
    if town.deaths == deaths:
        return False
    assert town.deaths == deaths + 1
    toll.kills += 1
    toll.where[town.told[-1]["where"]] += 1
    return True


async def _while_dead(town: Town, before: Before) -> None:
    await intended(town, before)
    await log_intact(town)


def every(step: int, start: int = 1) -> range:
    """Return the boundaries start, start + step, ..."""
    return range(start, MOST, step)
