"""The page over the sandbox's servers without a bot: what it shows and whom it lets in need none."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from bot.sandbox.page.given import Backstage, Known, Line, Suggestion, Verified
from bot.sandbox.page.server import paging
from bot.sandbox.scene import Scene, scene


@dataclass
class Behind:
    """The bot's side: whatever a test puts here."""

    lines: list[Line] = field(default_factory=list)
    restored: bool = False

    async def records(self, after: int) -> Sequence[Line]:
        return self.lines[after:]

    async def verify(self) -> Verified:
        return Verified(sound=True, words="SOUND")

    def complete(self, text: str, known: Known) -> Sequence[Suggestion]:
        return (Suggestion(f"{text}!", known.pods[0]),)


@dataclass
class Open:
    """A page that is open."""

    scene: Scene
    behind: Behind
    address: str
    session: aiohttp.ClientSession

    async def token(self) -> str:
        """Return the token that the page holds."""
        async with self.session.get(self.address) as answer:
            text = await answer.text()
        return text.partition('name="sandbox-token" content="')[2].partition('"')[0]

    async def act(self, **asked: Any) -> dict[str, Any]:
        """Do an act as the page itself would."""
        headers = {"Origin": self.address.rstrip("/"), "X-Sandbox-Token": await self.token()}
        async with self.session.post(f"{self.address}act", json=asked, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
            return found

    async def shown(self, slot: str, **sight: str) -> str:
        """Return a slot's HTML as a browser that connects now is sent it."""
        async with self.session.get(f"{self.address}events", params={"person": "U0ALICE", **sight}) as stream:
            raw = await stream.content.readuntil(b"\n\n")
        slots = msgspec.json.decode(raw.removeprefix(b"data: "))["slots"]
        return "".join(piece["html"] for piece in slots[slot])


@asynccontextmanager
async def opened(folder: Path, *, relay: bool = False) -> AsyncIterator[Open]:
    """Serve the page of a world in which no bot listens."""
    behind = Behind()
    async with scene(folder, transport="http", relay=relay) as staged:
        lent = Backstage(behind.records, behind.verify, behind.complete, lambda: behind.restored)
        async with paging(staged, lent) as address, aiohttp.ClientSession() as session:
            yield Open(staged, behind, address, session)
