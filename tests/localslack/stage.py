"""The real bot in the small world, its Slack the emulator that we did not write; typed, clicked and read as elsewhere."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from pydantic import SecretStr

from bot.adapters.azure.client import SandboxEndpoint
from bot.adapters.store import migrate
from bot.bootstrap.house import Laboratory, house
from bot.bootstrap.serving import running
from bot.bootstrap.staging import settings_for
from bot.sandbox.azure import Behaviour
from bot.sandbox.scene import ALICE, AUDIT_CHANNEL, BOB, CARA, CHANNEL, DAN, GUEST, POLICY, Scene, scene
from bot.sandbox.slack.messages import Message
from bot.settings import Settings, SlackSettings
from tests.journeys.clock import TurnedClock
from tests.journeys.stage import LOOK, QUICK, Stage, Transport, _words
from tests.localslack.emulator import App, Cast, Emulator

TEAM: Final = "T0HOST"
BLOCKING: Final = "block 203.0.113.7 for 24h because it is where the pod beacons to"
# It knows no user groups, so the policy names people.
BY_USER_IDS: Final = POLICY.replace(
    "{usergroup: S0ONCALL}", f'{{users: ["{TEAM}:{ALICE}", "{TEAM}:{BOB}"]}}'
).replace("{usergroup: S0SECURITY}", f'{{users: ["{TEAM}:{BOB}", "{TEAM}:{CARA}"]}}')
RECONNECTED: Final = 60.0  # real seconds: slack_sdk looks every 5, our own watchdog helps after 10
PEOPLE: Final = {ALICE: "alice", BOB: "bob", CARA: "cara", DAN: "dan", GUEST: "guest"}


@dataclass
class LocalStage(Stage):
    """
    A `Stage` whose people sit in the emulator; the scene's own workspace stands by, unused.

    It keeps no states of a message, so there are no `pictures`.
    """

    emulator: Emulator

    async def start(self) -> None:
        """Start the bot and wait until each can reach the other."""
        self._stop, self._running = asyncio.Event(), AsyncExitStack()
        self.built = await self._running.enter_async_context(house(self.settings, self.laboratory))
        await self._running.enter_async_context(running(self.built, self._stop))
        await self.until_connected()

        async def known() -> bool:
            return bool(self.built.context.home_teams())

        await self.until(known)

    async def until_connected(self) -> None:
        """Wait until all of the bot's connections are up, where it has any."""
        sockets = self.built.sockets
        async with asyncio.timeout(RECONNECTED):
            while sockets is not None and sockets.connected() < self.settings.slack.connections:
                await asyncio.sleep(LOOK)

    # -- what people do ---------------------------------------------------------------------------------

    async def ask(self, user: str, text: str) -> str:
        """Type `/ir text` and return what the person was told."""
        before = await self._seen(CHANNEL)
        await self.emulator.command(user, CHANNEL, text)
        return await self.told(user, before)

    async def click(self, user: str, request_id: str, button: str) -> str:
        """Press a button of the request's card as it stands, and return what the person was told."""
        before = await self._seen(CHANNEL)
        await self.press(user, await self.card(request_id), button)
        return await self.told(user, before)

    async def press(self, user: str, message: Message, button: str) -> None:
        """Press a button of a message as it stands."""
        await self.emulator.press(user, message.channel, message.ts, element(message, button))

    async def forge(self, user: str, channel: str, ts: str, action: Mapping[str, Any]) -> str:
        """Send a click that no client would send, truly signed, and return what the person was told."""
        before = await self._seen(channel)
        await self.emulator.press(user, channel, ts, action)
        return await self.told(user, before, channel)

    async def told(self, user: str, before: frozenset[str], channel: str = CHANNEL) -> str:
        """Wait for what is said to one person alone, and return every word of it."""

        async def heard() -> str:
            found = await self.emulator.messages(channel)
            return _words(*(m for m in found if m.only_for == user and m.ts not in before))

        async def instead() -> object:
            return [(m.only_for, _words(m)) for m in await self.emulator.messages(channel)]

        return await self.until(heard, instead)

    # -- what people see --------------------------------------------------------------------------------

    async def card(self, request_id: str) -> Message:
        """Return the request's one card, as it stands."""

        async def posted() -> Message | None:
            painted = await self.built.desk.cards.get(request_id)
            standing = await self.emulator.messages(CHANNEL)
            return next((m for m in standing if painted and m.ts == painted.ts), None)

        return await self.until(posted)

    async def cards(self, request_id: str) -> int:
        """Return how many messages stand in the channel that are a card of this request."""
        marks = f'"{request_id}:'
        return sum(
            marks in msgspec.json.encode(m.blocks).decode()
            for m in await self.emulator.messages(CHANNEL)
            if not m.thread_ts and not m.only_for
        )

    async def thread(self, request_id: str) -> str:
        """Return all that was said under the card."""
        card = await self.card(request_id)
        return _words(
            *(m for m in await self.emulator.messages(CHANNEL) if m.thread_ts == card.ts and m.ts != card.ts)
        )

    async def form(self) -> Mapping[str, Any]:
        """Wait until a form is open, and return it."""
        return await self.until(self.emulator.form)

    async def fill(self, user: str, reason: str) -> Mapping[str, str]:
        """Submit the open form that asks for a reason; return what is wrong with it."""
        given = {"reason": {"text": {"type": "plain_text_input", "value": reason}}}
        return await self.emulator.submit(user, given)

    async def letter(self, user: str, *words: str) -> Message:
        """Wait until the bot wrote all of this to one person directly; return the newest such message."""

        async def written() -> Message | None:
            found = [m for m in await self.emulator.messages(conversation(user)) if _says(m, words)]
            return found[-1] if found else None

        return await self.until(written)

    async def _seen(self, channel: str) -> frozenset[str]:
        return frozenset(m.ts for m in await self.emulator.messages(channel))


def quarantining(bot: Stage) -> str:
    """Return the command that asks for the suspect's quarantine."""
    cast = bot.scene.incident
    return f"quarantine prod/{cast.namespace}/{cast.pod} for 4h because beaconing to {cast.beacon}"


def conversation(user: str) -> str:
    """Return the id of the bot's conversation with a person."""
    return f"D0{user}"


def element(message: Message, button: str) -> dict[str, Any]:
    """Return a button of a message as a client sends it."""
    (found,) = (
        {"type": "button", "block_id": "actions", "action_id": button, "value": each["value"]}
        for block in message.blocks
        if block["type"] == "actions"
        for each in block["elements"]
        if each["action_id"] == button
    )
    return found


def _says(message: Message, words: tuple[str, ...]) -> bool:
    return all(word in _words(message) for word in words)


def _free_port() -> int:
    """Before either starts, the emulator must know where the bot will listen."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _settings(given: Scene, folder: Path, emulator: Emulator, port: int) -> Settings:
    settings, app = settings_for(given, folder), emulator.app
    slack = SlackSettings(
        bot_token=SecretStr(app.bot_token),
        app_token=SecretStr(app.app_token),
        signing_secret=SecretStr(app.signing_secret),
        transport="socket" if app.mode == "socket" else "http",
        api_url=f"{emulator.url}/api/",
        channels=settings.slack.channels,
    )
    server = settings.server.model_copy(update={"port": port})
    return settings.model_copy(update={"slack": slack, "server": server})


@asynccontextmanager
async def stage(
    folder: Path,
    program: Path,
    *,
    transport: Transport = "socket",
    behaviour: Behaviour | None = None,
    vouched: bool = True,
    outfit: Callable[[Settings], Settings] = lambda settings: settings,
) -> AsyncIterator[LocalStage]:
    """
    Start the world, the emulator and the bot, and stop them at the end of the block.

    ``vouched``: people and channels are what the emulator leaves unsaid, see `edge.js`. ``outfit`` changes the settings.
    """
    port, clock = _free_port(), TurnedClock()
    emulator = _emulator(folder, program, transport, port, vouched=vouched)
    async with scene(folder, behaviour=behaviour) as given, emulator:
        given.policy_file.write_text(BY_USER_IDS, encoding="utf-8")
        settings = outfit(_settings(given, folder, emulator, port))
        await migrate(settings.database)
        azure = SandboxEndpoint(given.arm.url, given.arm.ca_file)
        laboratory = Laboratory(azure=azure, clock=clock, limits=QUICK, pace_burst=1000)
        made = LocalStage(given, settings, clock, laboratory, emulator)
        await made.start()
        try:
            yield made
        finally:
            await made.stop()


def _emulator(folder: Path, program: Path, transport: Transport, port: int, *, vouched: bool) -> Emulator:
    app = App()
    if transport == "http":
        app = msgspec.structs.replace(app, mode="events", request_url=f"http://127.0.0.1:{port}/slack/events")
    channels = {CHANNEL: "incident", AUDIT_CHANNEL: "incident-audit"}
    conversations = {user: conversation(user) for user in PEOPLE}
    cast = Cast(TEAM, PEOPLE, channels, conversations, frozenset({GUEST}), vouched)
    return Emulator(program, folder, app, cast)
