"""
The real bot in a small world, as a person at Slack meets it: typed commands, clicked buttons, read cards.

What a test may look at beside Slack is the world outside (the cluster, the firewall), the stored rows and the log.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from bot.adapters.azure.client import SandboxEndpoint
from bot.adapters.keys.files import load_or_create
from bot.adapters.store.reading import read_log
from bot.bootstrap.house import House, Laboratory, house
from bot.bootstrap.serving import running
from bot.bootstrap.signing import signer
from bot.bootstrap.staging import settings_for
from bot.bootstrap.verifying import check_database
from bot.domain.audit.check import Trust
from bot.domain.requests import PartRow, Request, state_of
from bot.domain.states import PartState
from bot.engine.context import Limits
from bot.sandbox.azure import Behaviour
from bot.sandbox.scene import CHANNEL, Scene, scene
from bot.sandbox.slack.answers import Answer, texts
from bot.sandbox.slack.messages import Message
from bot.settings import Settings
from tests.databases import with_tables
from tests.journeys.allowing import with_canaries
from tests.journeys.clock import TurnedClock
from tests.journeys.outfit import Outfitted

T = TypeVar("T")
Transport = Literal["socket", "http"]
REQUEST = re.compile(r"\bFB-[0-9A-Z]{4,20}\b")
INVISIBLE = re.compile("[\u200b\u2060]")
PATIENCE = 20.0  # real seconds: more than anything here takes on a crowded machine
LOOK = 0.03


@dataclass
class Stage:
    """A running bot. `built` and the port are new after each `restart`."""

    scene: Scene
    settings: Settings
    clock: TurnedClock
    laboratory: Laboratory
    built: House = field(init=False)
    _stop: asyncio.Event = field(init=False)
    _running: AsyncExitStack = field(init=False)

    # -- the bot itself ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the bot and wait until Slack can reach it."""
        self._stop, self._running = asyncio.Event(), AsyncExitStack()
        self.built = await self._running.enter_async_context(house(self.settings, self.laboratory))
        port = await self._running.enter_async_context(running(self.built, self._stop))
        workspace = self.scene.workspace
        workspace.request_url = f"http://127.0.0.1:{port}/slack/events"
        sockets = self.built.sockets
        if sockets is not None:
            wanted = self.settings.slack.connections
            await workspace.until(lambda: sockets.connected() == wanted, PATIENCE)
        await workspace.until(lambda: bool(self.built.context.home_teams()), PATIENCE)

    async def stop(self) -> None:
        """Let the bot drain and end."""
        await self._running.aclose()

    async def restart(self) -> None:
        """End the program and start another over the same rows."""
        await self.stop()
        await self.start()

    # -- what people do ---------------------------------------------------------------------------------

    async def ask(self, user: str, text: str) -> str:
        """Type `/ir text` and return all that the person was told."""
        return await self._told(await self.scene.workspace.slash(user, CHANNEL, f"/ir {text}"))

    async def propose(self, user: str, text: str) -> str:
        """Ask for a containment and return the request's id, once its card stands."""
        said = await self.ask(user, text)
        found = REQUEST.search(said)
        assert found is not None, said
        await self.card(found[0])
        return found[0]

    async def click(self, user: str, request_id: str, button: str) -> str:
        """Press a button of the request's card as it stands, and return what the person was told."""
        card = await self.card(request_id)
        return await self._told(await self.scene.workspace.click(user, CHANNEL, card.ts, button))

    async def approve(self, user: str, request_id: str) -> str:
        """Press Approve."""
        return await self.click(user, request_id, "ir_approve")

    async def contain(self, user: str, approver: str, text: str) -> str:
        """Have a containment asked for, approved and applied; return its id."""
        request_id = await self.propose(user, text)
        said = await self.approve(approver, request_id)
        assert "approved and starts now" in said, said
        await self.until_state(request_id, PartState.APPLIED)
        return request_id

    async def _told(self, answer: Answer) -> str:
        assert answer.acked, (answer.status, answer.error)
        posts = await self.scene.workspace.until(lambda: answer.posts, PATIENCE)
        return _words(*posts)

    # -- what people see --------------------------------------------------------------------------------

    async def card(self, request_id: str) -> Message:
        """Return the request's one card, as it stands."""

        async def posted() -> Message | None:
            painted = await self.built.desk.cards.get(request_id)
            standing = self.scene.workspace.messages(CHANNEL)
            return next((m for m in standing if painted and m.ts == painted.ts), None)

        return await self.until(posted)

    async def shown(self, request_id: str) -> str:
        """Return every word of the card."""
        return _words(await self.card(request_id))

    async def until_shown(self, request_id: str, *words: str) -> str:
        """Wait until the card says all of these, and return every word of it."""

        async def says() -> str | None:
            shown = await self.shown(request_id)
            return shown if all(word in shown for word in words) else None

        return await self.until(says, lambda: self.shown(request_id))

    def pictures(self, ts: str) -> list[str]:
        """Return every state that a card ever had, in words."""
        return [_words(state.message) for state in self.scene.workspace.states(CHANNEL, ts)]

    async def thread(self, request_id: str) -> str:
        """Return all that was said under the card."""
        card = await self.card(request_id)
        standing = self.scene.workspace.messages(CHANNEL)
        return _words(*(m for m in standing if m.thread_ts == card.ts and m.ts != card.ts))

    async def until_said(self, request_id: str, words: str) -> str:
        """Wait until this was said under the card."""

        async def says() -> str | None:
            said = await self.thread(request_id)
            return said if words in said else None

        return await self.until(says, lambda: self.thread(request_id))

    async def until_told_twice(self, request_id: str, words: str) -> None:
        """Wait until this was said under the card at least twice."""

        async def told() -> bool:
            return (await self.thread(request_id)).count(words) >= 2

        await self.until(told, lambda: self.thread(request_id))

    # -- rows -------------------------------------------------------------------------------------------

    async def request(self, request_id: str) -> Request:
        """Return the stored request."""
        async with self.built.context.store.begin() as tx:
            found = await tx.requests.get(request_id)
        assert found is not None, request_id
        return found

    async def rows(self, request_id: str) -> tuple[PartRow, ...]:
        """Return the stored parts."""
        async with self.built.context.store.begin() as tx:
            return await tx.parts.of(request_id)

    async def until_rows(
        self, request_id: str, check: Callable[[tuple[PartRow, ...]], object]
    ) -> tuple[PartRow, ...]:
        """Wait until the stored parts are so."""

        async def are() -> tuple[PartRow, ...] | None:
            rows = await self.rows(request_id)
            return rows if check(rows) else None

        return await self.until(are, lambda: self.rows(request_id))

    async def until_state(self, request_id: str, *states: PartState) -> tuple[PartRow, ...]:
        """Wait until the request is in one of these states, and return its parts."""
        return await self.until_rows(request_id, lambda rows: state_of(rows) in states)

    # -- the record -------------------------------------------------------------------------------------

    async def story(self, request_id: str = "") -> list[str]:
        """Verify the log as an outsider does, and return its records (`event:outcome`) in order, of one request if named."""
        key = signer(self.settings.audit).verifier
        finding = await check_database(self.settings.database, Trust((key,), self.settings.audit.origin))
        assert finding.ok, str(finding)
        records = [record async for record in whole_log(self.settings.database)]
        return [
            f"{record['event']}:{record.get('outcome', '')}".rstrip(":")
            for record in records
            if request_id in {"", record.get("request")}
        ]

    # -- waiting ----------------------------------------------------------------------------------------

    async def until(
        self, check: Callable[[], Awaitable[T | None]], instead: Callable[[], Awaitable[object]] | None = None
    ) -> T:
        """Wait for a fact, waking the bot's workers on the way. Fails with what there was `instead`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        while not (found := await check()):
            if loop.time() > deadline:
                raise AssertionError(f"never so; instead: {await instead() if instead else found}")
            self.built.context.store.woke()
            await asyncio.sleep(LOOK)
        return found


def _words(*messages: Message) -> str:
    return INVISIBLE.sub("", "\n".join(line for m in messages for line in (m.text, *texts(list(m.blocks)))))


async def whole_log(database: str) -> AsyncIterator[dict[str, Any]]:
    async with read_log(database) as log:
        async for rows, _ in log.batches():
            for _, body, _ in rows:
                if body is not None:
                    yield msgspec.json.decode(body)


def in_order(story: Sequence[str], *chapters: str) -> bool:
    """Whether the chapters stand in the story in this order; one without an outcome stands for any."""
    told: Iterator[str] = iter(story)
    return all(any(f"{each}:".startswith(f"{chapter}:") for each in told) for chapter in chapters)


QUICK = Limits(
    lease=timedelta(seconds=60),
    call=timedelta(seconds=15),
    backoff=timedelta(seconds=0.05),
    poll=timedelta(seconds=0.05),
    watch=timedelta(seconds=0.2),
)


@asynccontextmanager
async def stage(  # noqa: PLR0913 - each is one choice of a test
    folder: Path,
    *,
    transport: Transport = "socket",
    database: str = "",
    cluster: Outfitted | None = None,
    behaviour: Behaviour | None = None,
    limits: Limits = QUICK,
    policy: str = "",
    canary_image: str = "",
    relay: bool = False,
    logs: SandboxEndpoint | None = None,
    outfit: Callable[[Settings], Settings] = lambda settings: settings,
) -> AsyncIterator[Stage]:
    """
    Start the world and the bot in it, and stop both at the end of the block.

    ``database`` is the URL of an empty PostgreSQL database, else SQLite; ``cluster`` a real one in the place of the
    double; ``behaviour`` how the firewall's own clock goes; ``policy`` another text for policy.yaml; with
    a ``canary_image`` its engine is Calico. ``relay``: it has a Hubble Relay; ``logs`` is a double of Log Analytics;
    ``outfit`` changes the settings.
    """
    clock = TurnedClock()
    async with scene(
        folder, transport=transport, behaviour=behaviour, engine=bool(canary_image), relay=relay
    ) as set_up:
        given = set_up
        if cluster is not None:
            given = replace(set_up, incident=cluster.incident, kubeconfig=cluster.kubeconfig)
        if policy:
            given.policy_file.write_text(policy, encoding="utf-8")
        settings = settings_for(given, folder, database=database, transport=transport)
        settings = outfit(with_canaries(settings, canary_image))
        if database:
            load_or_create(
                settings.audit.key_file, settings.audit.origin
            )  # an operator's, given to each replica
            audit = settings.audit.model_copy(update={"generate_key": False})
            settings = settings.model_copy(update={"audit": audit})
        await with_tables(settings.database)
        azure = SandboxEndpoint(given.arm.url, given.arm.ca_file)
        laboratory = Laboratory(azure=azure, logs=logs, clock=clock, limits=limits, pace_burst=1000)
        made = Stage(given, settings, clock, laboratory)
        await made.start()
        try:
            yield made
        finally:
            await made.stop()
