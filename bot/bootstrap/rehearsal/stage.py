"""The stage: the servers and the real bot, running, and the hands of the people in it."""

import asyncio
import csv
import io
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import aiohttp

from bot.adapters.azure.client import SandboxEndpoint
from bot.adapters.slack.signed import PATH
from bot.adapters.store import migrate
from bot.bootstrap.house import House, Laboratory, house
from bot.bootstrap.rehearsal.clock import StageClock
from bot.bootstrap.rehearsal.narrator import StepError
from bot.bootstrap.serving import running
from bot.bootstrap.staging import listening, settings_for
from bot.sandbox.alerts import SOURCE, Alarm, alarm
from bot.sandbox.azure import Behaviour
from bot.sandbox.flows.traffic import Line
from bot.sandbox.kubernetes.incident import NAMESPACE
from bot.sandbox.scene import CHANNEL, TOKEN, Scene, scene
from bot.sandbox.slack import Answer, Message
from bot.sandbox.slack.views import View
from bot.sandbox.story import given
from bot.sandbox.story.cards import Card, read, spoken
from bot.sandbox.story.given import SPEED
from bot.settings import Settings

PATIENCE: Final = 20.0
"""Real seconds to wait for anything; Azure's updates included."""

Filled = dict[str, dict[str, Any]]
"""What is typed into a form, by block and element; everything else stays as it was filled in."""

_ID: Final = re.compile(r"\bFB-[0-9A-Z]{5}\b")
_BROKEN: Final = ("FAILED", "A PERSON IS NEEDED", "BEING UNDONE")


def id_in(said: str) -> str:
    """Return the request that an answer names. Raises `StepError` where it names none."""
    found = _ID.search(said)
    if found is None:
        raise StepError(f"no request was made: {said}")
    return found[0]


@dataclass(frozen=True)
class Before:
    """What stood there when the story began."""

    cluster: dict[str, str]
    addresses: tuple[str, ...]
    rules: object


@dataclass(frozen=True)
class Stage:
    """Everything that is on the stage. People act by their Slack ids; what they see is asked of Slack's side."""

    scene: Scene
    house: House
    port: int
    before: Before
    clock: StageClock
    alarm: Alarm
    _session: aiohttp.ClientSession = field(repr=False)

    @property
    def names(self) -> dict[str, str]:
        """What people and groups are called."""
        world = self.scene.workspace.world
        return {user.id: user.name for user in world.users.values()} | {
            group.id: group.handle for group in world.groups.values()
        }

    async def types(self, who: str, line: str) -> str:
        """Let a person type a command and return what they are told."""
        return await self._heard(await self.scene.workspace.slash(who, CHANNEL, line))

    async def clicks(self, who: str, request: str, action: str, *, forged: bool = False) -> str:
        """Let a person press a button of a request's card and return what they are told."""
        shown = self.message(request)
        if forged:
            value = f"{request}:1:{self._digest(request)}"
            answer = await self.scene.workspace.click(
                who, CHANNEL, shown.ts, action, value=value, forged=True
            )
        else:
            answer = await self.scene.workspace.click(who, CHANNEL, shown.ts, action)
        return await self._heard(answer)

    async def opens(self, who: str, request: str, action: str) -> View:
        """Let a person press a button of a request's card that opens a form, and return the form."""
        shown = self.message(request)
        answer = await self.scene.workspace.click(who, CHANNEL, shown.ts, action)
        return await self._form(answer, "a form before the person who pressed")

    async def sends(self, who: str, form: View, filled: Filled | None = None) -> View:
        """Let a person send a form, and return what stands in its place when the bot is done with it."""
        answer = await self.scene.workspace.submit_view(who, form.id, filled or {})
        if answer.errors:
            raise StepError(f"the form was sent back: {'; '.join(answer.errors.values())}")
        return await self._form(answer, "what became of the form")

    async def _form(self, answer: Answer, what: str) -> View:
        def stands() -> bool:
            return answer.view is not None and not answer.view.body.get("external_id")

        try:
            await self.until(lambda: stands() or answer.ephemerals, what)
        except StepError as error:
            raise StepError(f"{error}; they were told nothing") from None
        if answer.view is None or not stands():
            told = "; ".join(spoken(each, self.names) for each in answer.ephemerals)
            raise StepError(f"{what} did not come; they were told: {told}")
        return answer.view

    async def _heard(self, answer: Answer) -> str:
        if not answer.acked:
            raise StepError(f"the bot did not acknowledge within 3 seconds ({answer.error or answer.status})")
        await self.until(lambda: answer.ephemerals, "an answer to the person who asked")
        return "\n".join(spoken(each, self.names) for each in answer.ephemerals)

    async def rows(self, who: str, name: str) -> list[dict[str, str]]:
        """Return the rows of a CSV file that the bot sent to one person, whose name begins like this."""

        def sent() -> list[bytes]:
            workspace = self.scene.workspace
            channels = workspace.world.channels
            own = [f for f in workspace.files.values() if f.channel and channels[f.channel].im_user == who]
            return [f.content or b"" for f in own if f.name.startswith(name) and f.name.endswith(".csv")]

        await self.until(sent, f"a file {name}….csv for the person who asked")
        return list(csv.DictReader(io.StringIO(sent()[-1].decode())))

    def message(self, request: str) -> Message:
        """Return the one message that is a request's card."""
        found = [m for m in self._messages() if request in m.text]
        if len(found) != 1:
            raise StepError(f"{request} has {len(found)} cards in the channel, not one")
        return found[0]

    def _messages(self) -> tuple[Message, ...]:
        return self.scene.workspace.messages(CHANNEL)

    def cards(self) -> dict[str, Card]:
        """Return all cards as they stand, by their requests."""
        found = {_ID.search(m.text): read(m, self.names) for m in self._messages()}
        return {request[0]: card for request, card in found.items() if request is not None}

    def card(self, request: str) -> Card:
        """Return a request's card as it stands."""
        return read(self.message(request), self.names)

    def _digest(self, request: str) -> str:
        return next(part.split()[-1] for part in self.card(request).small[-1].split(" · ") if "plan" in part)

    async def posted(self, request: str) -> Card:
        """Wait for a request's card and return it."""
        await self.until(
            lambda: any(request in m.text for m in self._messages()), f"the card of {request} in the channel"
        )
        return self.card(request)

    async def stands(self, request: str, state: str, each: Callable[[], None] = lambda: None) -> Card:
        """
        Wait until the card says this state, or did, and return it as it then was.

        ``each`` is called at every look. Raises `StepError` when the card says that it went wrong.
        """
        found: list[Card] = []

        def settled() -> bool:
            each()
            now = self.card(request)
            if now.word in _BROKEN:
                raise StepError(f"the card of {request} says {now.state}{self._trouble(request)}")
            found[:] = [card for card in self._states(request) if card.word == state]
            return bool(found)

        await self.until(settled, f"{state} on the card of {request}")
        return found[-1]

    def _states(self, request: str) -> list[Card]:
        states = self.scene.workspace.states(CHANNEL, self.message(request).ts)
        return [read(one.message, self.names) for one in states]

    def _trouble(self, request: str) -> str:
        found = self.card(request).under("❗ Trouble")
        return f" ({'; '.join(found)})" if found else ""

    async def until(self, check: Callable[[], object], what: str) -> None:
        """Wait for a fact. Raises `StepError` naming it after `PATIENCE`."""
        try:
            await self.scene.workspace.until(lambda: bool(check()), PATIENCE)
        except TimeoutError:
            raise StepError(f"within {PATIENCE:g} s there was no such thing: {what}") from None

    async def pods(self, namespace: str) -> dict[str, Any]:
        """Ask the cluster's API for its pods, by address."""
        url = f"{self.scene.cluster.url}/api/v1/namespaces/{namespace}/pods"
        async with self._session.get(url) as response:
            response.raise_for_status()
            return {pod["status"]["podIP"]: pod for pod in (await response.json())["items"]}

    def now(self) -> Before:
        """Return what stands there now."""
        return _standing(self.scene)


def _standing(staged: Scene) -> Before:
    estate = staged.estate
    return Before(
        {
            name: staged.cluster.snapshot(name)
            for name in ("payments", "kube-system", "calico-system", "default")
        },
        staged.arm.addresses(estate.cluster_group) + staged.arm.addresses(estate.estate_group),
        staged.arm.document(estate.rule_group)["properties"],
    )


@asynccontextmanager
async def world(
    folder: Path, transport: Literal["socket", "http"] = "socket", speed: float = SPEED
) -> AsyncIterator[tuple[Scene, Settings]]:
    """Start the servers with the incident in them, Azure's clock that fast, and prepare the bot's database."""
    behaviour = Behaviour(speed=speed)
    calls = (Line((NAMESPACE, "api"), given.PARTNER, 443, rounds=(0, 1, 4, 5, 6, 10, 13)),)
    async with scene(
        folder, transport=transport, behaviour=behaviour, engine=True, relay=True, further=calls
    ) as staged:
        settings = settings_for(staged, folder, transport=transport)
        settings = listening(settings, staged.incident.cluster, secrets.token_urlsafe(32))
        await migrate(settings.database)
        yield staged, settings


@asynccontextmanager
async def opened(staged: Scene, settings: Settings) -> AsyncIterator[Stage]:
    """Run the real bot in this world; it has stopped, its log signed, at the end of the block."""
    endpoint, clock = SandboxEndpoint(staged.arm.url, staged.arm.ca_file), StageClock()
    before = _standing(staged)
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session,
        house(settings, Laboratory(azure=endpoint, clock=clock)) as built,
        running(built, asyncio.Event()) as port,
        alarm(staged, f"http://127.0.0.1:{port}/alerts/{SOURCE}", _token(settings)) as sender,
    ):
        stage = Stage(staged, built, port, before, clock, sender, session)
        staged.workspace.request_url = f"http://127.0.0.1:{port}{PATH}"
        await stage.until(lambda: _reachable(built), "a way from Slack to the bot")
        yield stage


def _token(settings: Settings) -> str:
    token = settings.alerts[SOURCE].token
    return token.get_secret_value() if token else ""


def _reachable(built: House) -> bool:
    """Whether Slack's payloads arrive: both Socket Mode connections are up, or requests are taken."""
    if built.sockets is None:
        return bool(built.context.home_teams())
    return built.sockets.connected() == built.settings.slack.connections
