"""A self-test as a row, and what is told of one that ended."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

import msgspec

from bot.domain.changes import Create
from bot.domain.tested import Outcome, Told

FRESH: Final = timedelta(hours=24)
"""How long what a self-test showed is taken to hold."""


class Site(msgspec.Struct, frozen=True):
    """Where a cluster is tested, out of which image, and how often by itself; ``None`` is never."""

    namespace: str
    image: str
    every: timedelta | None = None


class SelfTest(msgspec.Struct, frozen=True):
    """
    One self-test.

    ``creates`` are kept before they are written: all that may stand of it. ``due_at`` is when somebody else may take it
    over, ``None`` once nothing of it stands. ``owner`` is whoever works on it. ``text`` may hold names from outside.
    """

    id: str
    cluster: str
    namespace: str
    node: str
    engine: str
    title: str
    image: str
    by: str
    owner: str
    began: datetime
    due_at: datetime | None
    creates: tuple[Create, ...] = ()
    outcome: Outcome = Outcome.UNKNOWN
    text: str = ""
    ended_at: datetime | None = None

    @property
    def stands(self) -> bool:
        """Whether anything of it may stand in the cluster."""
        return self.due_at is not None


def told(tests: Iterable[SelfTest], now: datetime) -> tuple[Told, ...]:
    """Return the newest of each node and engine that showed something, given the newest first."""
    found: dict[tuple[str, str], Told] = {}
    for test in tests:
        if test.outcome in {Outcome.PASSED, Outcome.FAILED}:
            ended = test.ended_at or test.began
            one = Told(test.node, test.engine, test.outcome, test.text, ended, now < ended + FRESH)
            found.setdefault((test.node, test.engine), one)
    return tuple(found.values())


def news(test: SelfTest, earlier: Iterable[SelfTest]) -> str:
    """
    Return what is to be told aloud of a test that ended, given the others of its cluster, newest first; empty for nothing.

    One that fails again and again is told once a day, and so is that it passed again.
    """
    place = f"{test.cluster} {{}} on node {test.node} ({test.title})"
    shown = (
        one
        for one in earlier
        if one.id != test.id
        and (one.node, one.engine) == (test.node, test.engine)
        and one.outcome in {Outcome.PASSED, Outcome.FAILED}
    )
    failed = tuple(takewhile(lambda one: one.outcome is Outcome.FAILED, shown))
    if test.outcome is Outcome.PASSED and failed:
        return f"The self-test of {place.format('passed again')}: {test.text}."
    if test.outcome is not Outcome.FAILED or (failed and _days(failed, test) == _days(failed, failed[0])):
        return ""
    return (
        f"THE SELF-TEST OF {place.format('FAILED')}: {test.text}. "
        "A quarantine there does not hold by its policies alone. Ask whoever runs the cluster's network."
    )


def _days(failed: tuple[SelfTest, ...], test: SelfTest) -> int:
    """Return for how many whole days it had failed when this one began; a sliding day would never be over."""
    return (test.began - failed[-1].began) // timedelta(days=1)
