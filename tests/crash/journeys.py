"""The two journeys as people walk them, whatever happens to the bot on the way: asked, approved, applied, undone."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.domain.requests import PartRow, Request, state_of
from bot.domain.states import FINAL, PartState
from bot.sandbox.scene import ALICE, BOB, CHANNEL
from bot.sandbox.slack import Message
from tests.crash.town import POLL, Town

Act = Callable[[], Awaitable[None]]
Fact = Callable[[], Awaitable[object]]
OFTEN = 50  # times that somebody tries again who was not heard
OVER = FINAL | {PartState.NEEDS_HUMAN}


@dataclass(frozen=True)
class Journey:
    """
    One request's way. ``name`` is its reason too, which is how it is found again.

    People act as people do: who got no answer looks whether it happened anyway, and only then does it again.
    """

    town: Town
    name: str
    command: str

    async def ask(self) -> Request:
        """Type the command."""
        if await self._found() is None:
            await self._act(lambda: self._type(f"{self.command} because {self.name}"), self._found, "asked")
        request = await self.town.until(self._found, f"{self.name} asked")
        await self.town.until(self._card, f"{self.name} has its card")
        return request

    async def approve(self) -> None:
        """Press the button on the card, and see it applied."""
        await self._act(self._press, self._decided, "approved")
        await self.town.until(self._applied, f"{self.name} applied")

    async def undo(self) -> None:
        """Ask for the rollback, and see it done."""
        request = await self.town.until(self._found, f"{self.name} is there")
        line = f"/ir rollback {request.id} because it is over"
        await self._act(lambda: self._type(line), self._releasing, "rollback asked")
        await self.town.until(self._released, f"{self.name} rolled back")

    async def rest(self) -> None:
        """Wait until nothing is left to do or to say."""
        await self.town.until(self._still, "nothing waits any more")

    async def walk(self) -> Request:
        """Go the whole way."""
        request = await self.ask()
        await self.approve()
        await self.undo()
        await self.rest()
        return request

    def cards(self, request_id: str) -> tuple[Message, ...]:
        """Return the messages that are the request's card: there should be one."""
        return tuple(
            m
            for m in self.town.scene.workspace.messages(CHANNEL)
            if not m.thread_ts and m.metadata and m.metadata["event_payload"].get("request_id") == request_id
        )

    async def state(self) -> PartState:
        """Return where the request stands."""
        return state_of(await self._rows())

    # -- what people do --------------------------------------------------------------------------------

    async def _act(self, act: Act, reached: Fact, what: str) -> None:
        """Do it, and again if it was not heard; who sees the bot die gives up waiting for its answer."""
        for _ in range(OFTEN):
            if await reached():
                return
            await self.town.revive()
            doing = asyncio.ensure_future(act())
            while not doing.done() and self._alive():
                await asyncio.wait({doing}, timeout=POLL)
            if not doing.done():
                doing.cancel()
            await asyncio.gather(doing, return_exceptions=True)
            await self.town.until(lambda: self._over(reached), f"{self.name} {what}")
        raise AssertionError(f"in vain: {self.name} {what}\n{self.town.printed[-3000:]}")

    async def _over(self, reached: Fact) -> bool:
        return bool(await reached()) or (self._alive() and await self.town.records.heard())

    async def _type(self, line: str) -> None:
        await self.town.scene.workspace.slash(ALICE, CHANNEL, line)

    async def _press(self) -> None:
        request = await self.town.until(self._found, f"{self.name} is there")
        card = self.cards(request.id)[-1]
        if any(e.get("action_id") == "ir_approve" for b in card.blocks for e in b.get("elements", ())):
            await self.town.scene.workspace.click(BOB, CHANNEL, card.ts, "ir_approve")

    # -- facts -----------------------------------------------------------------------------------------

    async def _found(self) -> Request | None:
        found = await self.town.records.requests(self.name)
        return found[0] if found else None

    async def _rows(self) -> tuple[PartRow, ...]:
        request = await self._found()
        assert request is not None
        return await self.town.records.parts(request.id)

    async def _card(self) -> bool:
        request = await self._found()
        return request is not None and bool(self.cards(request.id))

    async def _decided(self) -> bool:
        return await self.state() is not PartState.PROPOSED

    async def _applied(self) -> bool:
        rows = await self._rows()
        assert state_of(rows) not in OVER, f"{self.name} went wrong: {[(r.state, r.trouble) for r in rows]}"
        return state_of(rows) is PartState.APPLIED

    async def _releasing(self) -> bool:
        return await self.state() in {PartState.ROLLING_BACK, PartState.ROLLED_BACK}

    async def _released(self) -> bool:
        rows = await self._rows()
        wrong = state_of(rows) not in {PartState.ROLLING_BACK, PartState.ROLLED_BACK}
        assert not wrong, f"{self.name} was not undone: {[(r.state, r.trouble, r.drift) for r in rows]}"
        return state_of(rows) is PartState.ROLLED_BACK

    async def _still(self) -> bool:
        return self._alive() and await self.town.records.quiet()

    def _alive(self) -> bool:
        return self.town.bot is not None and not self.town.bot.dead


def quarantine(town: Town, name: str, pod: str = "") -> Journey:
    """Return the journey of a pod, the staged one if none is named."""
    incident = town.scene.incident
    target = f"{incident.cluster}/{incident.namespace}/{pod or incident.pod}"
    return Journey(town, name, f"/ir quarantine {target} for 4h")


def block(town: Town, name: str, address: str = "") -> Journey:
    """Return the journey of an address, the beacon's if none is named."""
    return Journey(town, name, f"/ir block {address or town.scene.incident.beacon} for 24h")


def together(town: Town, name: str) -> Journey:
    """Return the journey of the staged pod and the beacon's address in one request."""
    incident = town.scene.incident
    pod = f"{incident.cluster}/{incident.namespace}/{incident.pod}"
    return Journey(town, name, f"/ir contain {pod} {incident.beacon} for 4h")
