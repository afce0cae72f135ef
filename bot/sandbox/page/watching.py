"""The page's eyes: one look after the other at the small servers and the log, while somebody may be watching."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from bot.domain.errors import FirebreakError
from bot.sandbox.page.given import Backstage, Line, Verified
from bot.sandbox.page.talks import Hearing
from bot.sandbox.page.tour import Facts, Tour, steps, updating
from bot.sandbox.page.world import Seen, seen
from bot.sandbox.scene import CHANNEL, Scene
from bot.sandbox.slack import Message
from bot.sandbox.slack.payloads import message_controls

LOOK: Final = 0.1
"""Seconds between two looks at what is in memory."""

REREAD: Final = 10
"""Looks after which the log is read though nothing else has changed: its writer is another."""


class Watch:
    """What was seen last. ``version`` is another whenever anything on the page may be."""

    def __init__(self, scene: Scene, backstage: Backstage) -> None:
        self.scene, self.backstage = scene, backstage
        self.tour = Tour(steps(scene))
        self.lines: list[Line] = []
        self.verified: Verified | None = None
        self.verified_at = 0
        self._hearing = Hearing(scene.traffic)
        self.seen: Seen = seen(scene, self._hearing.talks())
        self.version = 0
        self._known: Any = None
        self._turned = asyncio.Event()
        self._verifying = asyncio.Lock()

    @property
    def told(self) -> list[Line]:
        """The records of this round of the tour."""
        return self.lines[self.tour.since :]

    async def run(self) -> None:
        """Look until cancelled."""
        looks = 0
        while True:
            looks += 1
            if self._look() or looks % REREAD == 0:
                await self._read()
            await asyncio.sleep(LOOK)

    def touch(self) -> None:
        """Say that something on the page is another."""
        self.version += 1
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    async def change(self, known: int, seconds: float) -> int:
        """Wait until the version is not the one that is known, or for so long; return it."""
        if self.version == known:
            turned = self._turned
            try:
                async with asyncio.timeout(seconds):
                    await turned.wait()
            except TimeoutError:
                pass
        return self.version

    async def verify(self) -> Verified:
        """Have the log verified, one at a time."""
        async with self._verifying:
            try:
                found = await self.backstage.verify()
            except FirebreakError as error:
                found = Verified(sound=False, words=str(error))
            await self._read()
            self.verified, self.verified_at = found, len(self.lines)
            self._observe()
            self.touch()
            return found

    def again(self) -> None:
        """Begin the tour anew."""
        self.tour.again(len(self.lines))
        self.verified, self.verified_at = None, 0
        self.backstage.alarm()
        self._observe()
        self.touch()

    def _look(self) -> bool:
        workspace, now = self.scene.workspace, seen(self.scene, self._hearing.talks())
        views = workspace.views
        known = (
            len(workspace.states()),
            len(views.seen),
            tuple(views.standing),
            self.scene.cluster.registry.store.version,
            now,
        )
        if known == self._known:
            return False
        self._known, self.seen = known, now
        self._observe()
        self.touch()
        return True

    async def _read(self) -> None:
        try:
            fresh = await self.backstage.records(len(self.lines))
        except FirebreakError:
            return  # the database is away: there is another look
        if fresh:
            self.lines += fresh
            self._observe()
            self.touch()

    def _observe(self) -> None:
        settled = not updating(self.seen.groups) and not self.seen.marked
        restored = settled and self.tour.at >= len(self.tour.story) - 1 and self.backstage.restored()
        messages = self.scene.workspace.messages(CHANNEL)
        facts = Facts(self.told, self.seen, restored, carded(messages), self.verified, self.verified_at)
        self.tour.observe(facts)


def carded(messages: Iterable[Message]) -> frozenset[str]:
    """Return the requests that messages have buttons for."""
    values = (str(c.element.get("value", "")) for each in messages for c in message_controls(each))
    return frozenset(value.partition(":")[0] for value in values)
