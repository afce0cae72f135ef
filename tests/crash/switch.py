"""
A kill switch at every boundary: right before and right after each commit and each call that changes the outside.

The product is free of it: the classes are wrapped here, in the program that the tests start. Commits that wrote
nothing are no boundaries, so that polling does not move the count.
"""

import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from fcntl import LOCK_SH, LOCK_UN, flock
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import text

from bot.adapters.azure.shared import ArmShared
from bot.adapters.kubernetes.clusters import Clusters
from bot.adapters.slack.client import Slack
from bot.adapters.store.sqlite import in_thread
from bot.adapters.store.store import SqlStore
from bot.adapters.store.work import Work
from bot.ports import Progress

Reach = Callable[[str], None]
_WROTE = text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")


class Switch:
    """
    Sends this process a signal at the n-th boundary that is reached once it is armed.

    Armed by JSON in a file, disarmed by none; a new ``mark`` counts anew. With ``only`` the boundaries of one name
    alone are counted. What it does it writes to a second file first. The 0th boundary is never reached: then the names
    of all that are passed are written to a third, ``passed`` beside the second.
    """

    def __init__(self, order: Path, told: Path) -> None:
        self._order, self._told = order, told
        self._armed, self._count = "", 0

    def reach(self, name: str) -> None:
        """Come by a boundary."""
        with self._order.open("rb") as file:
            flock(file, LOCK_SH)  # who disarms it waits for this: it strikes before, or never
            number = self._due(file.read().decode(), name)
            if number == signal.SIGSTOP:
                flock(file, LOCK_UN)
            if number:
                os.kill(os.getpid(), number)

    def _due(self, armed: str, name: str) -> int:
        """Count; return the signal that is due here, or 0."""
        if armed != self._armed:
            self._armed, self._count = armed, 0
        order = json.loads(armed or '{"only": "-"}')
        if order["only"] not in {"", name}:
            return 0
        self._count += 1
        if order["at"] not in {0, self._count}:
            return 0
        told = self._told if order["at"] else self._told.with_name("passed")
        with told.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**order, "where": name}) + "\n")
        return int(order["signal"]) if order["at"] else 0


def install(reach: Reach) -> None:
    """Wrap everything that commits, and every call that changes something outside."""
    _wrap_commits(reach)
    SqlStore.accept = _around(SqlStore.accept, "inbox", reach)  # type: ignore[method-assign,assignment]  # wrapped on purpose
    SqlStore.accept_all = _around(SqlStore.accept_all, "posts", reach)  # type: ignore[method-assign,assignment]  # as above
    for owner, name in ((Clusters, "apply"), (Clusters, "restore"), (ArmShared, "start")):
        setattr(owner, name, _around(getattr(owner, name), name, reach))
    Slack.respond = _around(Slack.respond, "slack.respond", reach)  # type: ignore[method-assign,assignment]  # wrapped on purpose
    for name in ("post", "put"):
        setattr(Slack, name, _calling(getattr(Slack, name), reach))
    _wrap_poll(reach)


def _around(call: Callable[..., Awaitable[Any]], name: str, reach: Reach) -> Callable[..., Awaitable[Any]]:
    @wraps(call)
    async def around(*given: Any, **named: Any) -> Any:
        reach(f"before {name}")
        answer = await call(*given, **named)
        reach(f"after {name}")
        return answer

    return around


def _calling(call: Callable[..., Awaitable[Any]], reach: Reach) -> Callable[..., Awaitable[Any]]:
    """The same for calls of Slack's methods, each a kind of its own."""

    @wraps(call)
    async def calling(self: Slack, method: str, **named: Any) -> Any:
        return await _around(call, method, reach)(self, method, **named)

    return calling


def _wrap_poll(reach: Reach) -> None:
    plain = ArmShared.poll

    async def poll(self: ArmShared, token: str) -> Progress:
        progress = await plain(self, token)
        if progress.done or progress.failed:  # how often it still runs depends on time
            reach("after poll")
        return progress

    ArmShared.poll = poll  # type: ignore[method-assign]  # wrapped on purpose


def _wrap_commits(reach: Reach) -> None:
    plain = SqlStore.working

    @asynccontextmanager
    async def working(self: SqlStore) -> AsyncIterator[Work]:
        async with plain(self) as work:
            before = await _changes(work)
            yield work
            wrote = await _changes(work) != before
            name = _who()
            if wrote:
                reach(f"before commit of {name}")
        if wrote:
            reach(f"after commit of {name}")

    SqlStore.working = working  # type: ignore[method-assign]  # wrapped on purpose


async def _changes(work: Work) -> int:
    """A number that grows when this transaction writes."""
    if work.postgres:
        return int((await work.connection.execute(_WROTE)).scalar_one())
    return await in_thread(work.connection, lambda bare: bare.total_changes)


def _who() -> str:
    """Name the function whose transaction ends."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        if "/bot/" in code.co_filename and "/store/" not in code.co_filename:
            return f"{Path(code.co_filename).stem}.{code.co_name}"
        if "/store/doors" in code.co_filename:
            return f"doors.{code.co_qualname}"
        frame = frame.f_back
    return "?"
