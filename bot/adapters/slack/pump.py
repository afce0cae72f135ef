"""
From the inbox to the use cases: every row is taken, again after a crash, until a use case finished it.

Rows run side by side, so that none waits for another's plan. A row that keeps failing is answered with that, once,
and never holds up the others.
"""

import asyncio
import logging
from datetime import timedelta
from typing import Final

from bot.adapters.slack.answers import MalformedError
from bot.adapters.slack.client import Sleep
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.inquiry import act
from bot.domain.audit.events import Event as EventName
from bot.domain.findings import Refusal
from bot.engine.recording import Entry, append
from bot.engine.saying import answer
from bot.ports import InboxRow

log = logging.getLogger("firebreak.slack.pump")

LEASE: Final = timedelta(seconds=60)
POLL: Final = 1.0  # seconds
AGAIN_AFTER: Final = (0.2, 1.0, 2.0, 4.0)  # seconds between the tries of a row; then it has failed
MOST_TAKES: Final = 5  # a row that ended the process so often is not tried again
AT_ONCE: Final = 32


class Pump:
    """``owner`` names this process among the replicas; ``sleep`` is waited with between the tries of a row."""

    def __init__(self, desk: Desk, owner: str, sleep: Sleep = asyncio.sleep) -> None:
        self._desk, self._owner, self._sleep = desk, owner, sleep
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, then finish what was begun. Cancelled, it leaves rows to their lease."""
        try:
            while not stop.is_set():
                if not await self._round():
                    await self._desk.context.store.wait(POLL)
            await self.settle()
        finally:
            await self._drop()

    async def turn(self) -> int:
        """Take what is there and start on it; return how many rows."""
        rows = await self._desk.doorway.take(self._owner, LEASE, AT_ONCE - len(self._running))
        for row in rows:
            if row.key not in self._running:
                task = asyncio.create_task(self._work(row), name=f"inbox {row.key}")
                self._running[row.key] = task
                task.add_done_callback(lambda _, key=row.key: self._running.pop(key, None))  # type: ignore[misc]  # a default binds the key
        return len(rows)

    async def settle(self) -> None:
        """Wait for everything that was started."""
        while self._running:
            await asyncio.wait(list(self._running.values()))

    async def _round(self) -> bool:
        """Never raises: a database that is away for a while must not end the loop."""
        try:
            if len(self._running) >= AT_ONCE:
                await asyncio.wait(list(self._running.values()), return_when=asyncio.FIRST_COMPLETED)
            return await self.turn() > 0
        except Exception as error:
            log.exception("inbox_not_read", extra={"error": type(error).__name__})
            return False

    async def _drop(self) -> None:
        left = list(self._running.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _work(self, row: InboxRow) -> None:
        """Never raises: what fails even at giving up is taken again after its lease."""
        try:
            if row.attempts > MOST_TAKES or not await self._tried(row):
                await self._give_up(row)
        except Exception as error:
            log.exception("inbox_row_left", extra={"key": row.key, "error": type(error).__name__})

    async def _tried(self, row: InboxRow) -> bool:
        for wait in (*AGAIN_AFTER, None):
            try:
                await act(self._desk, row)
            except MalformedError:
                log.warning("inbox_row_malformed", extra={"key": row.key})
                return False
            except Exception as error:
                log.exception("inbox_row_failed", extra={"key": row.key, "error": type(error).__name__})
            else:
                return True
            if wait is not None:
                await self._sleep(wait)
        return False

    async def _give_up(self, row: InboxRow) -> None:
        """Answered and recorded, never silently dropped."""
        context = self._desk.context
        failed = Refusal(
            "internal-error",
            "This could not be carried out, because of an error inside Firebreak; nothing was decided by it.",
            "Try again; if it stays, tell whoever runs Firebreak: the reason is in its log.",
        )
        async with context.store.begin() as tx:
            if await answer(tx, row.key, failed):
                details = {"key": row.key[:200], "takes": row.attempts}
                entry = Entry(EventName.REFUSAL, outcome=failed.code, note=failed.text, details=details)
                await append(context, tx, entry)
