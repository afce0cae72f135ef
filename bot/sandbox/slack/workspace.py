"""One emulated workspace, running: the Web API and Socket Mode on 127.0.0.1, and the front door for people."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar, Unpack

from aiohttp import web

from bot.sandbox.slack.answers import Answer
from bot.sandbox.slack.api.server import WebApi
from bot.sandbox.slack.clock import SandboxClock
from bot.sandbox.slack.core import build_core
from bot.sandbox.slack.courier import Courier, Kind, Transport
from bot.sandbox.slack.door import Door, How
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.files import File
from bot.sandbox.slack.forms import Filled
from bot.sandbox.slack.journal import Call
from bot.sandbox.slack.messages import Content, Message, State
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.views import Views
from bot.sandbox.slack.world import World

T = TypeVar("T")
POLL = 0.02
SHUTDOWN = 0.1


class Workspace:
    """Use as `async with Workspace(world) as workspace`.

    `transport` is how people's acts reach the app: by its Socket Mode connections, or by signed requests to
    `request_url`. Both may be changed while it runs.
    """

    def __init__(
        self,
        world: World,
        *,
        transport: Transport = "socket",
        request_url: str = "",
        clock: SandboxClock | None = None,
        port: int = 0,
    ) -> None:
        self.world = world
        self.clock = clock or SandboxClock()
        self._core = build_core(world, self.clock)
        self._courier = Courier(self._core, request_url)
        self._door = Door(self._core, self._courier, transport)
        self._runner = web.AppRunner(
            WebApi(self._core).application(), access_log=None, shutdown_timeout=SHUTDOWN
        )
        self._port = port

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._core.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._courier.close()
        await self.sockets.drop()
        await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        """The Web API's address, as slack_sdk takes it."""
        return f"{self._core.base}/api/"

    @property
    def faults(self) -> Faults:
        """What shall go wrong; see `Faults.stage`."""
        return self._core.faults

    @property
    def sockets(self) -> Sockets:
        """The app's Socket Mode connections, envelopes and acknowledgements."""
        return self._core.sockets

    @property
    def views(self) -> Views:
        """The modals and App Homes."""
        return self._core.views

    @property
    def files(self) -> Mapping[str, File]:
        """The uploaded files by id."""
        return self._core.files.known

    @property
    def transport(self) -> Transport:
        """How people's acts reach the app."""
        return self._door.transport

    @transport.setter
    def transport(self, transport: Transport) -> None:
        self._door.transport = transport

    @property
    def request_url(self) -> str:
        """Where the app listens over HTTP."""
        return self._courier.request_url

    @request_url.setter
    def request_url(self, url: str) -> None:
        self._courier.request_url = url

    def calls(self, method: str | None = None) -> tuple[Call, ...]:
        """List the app's Web API calls (`response_url` for posts to one), oldest first."""
        return self._core.journal.calls(method)

    def messages(self, channel: str, *, ephemeral: bool = False) -> tuple[Message, ...]:
        """List what stands in a channel, oldest first: what all see, or instead what one person each sees."""
        return tuple(each for each in self._core.ledger.standing(channel) if each.ephemeral == ephemeral)

    def states(self, channel: str | None = None, ts: str | None = None) -> tuple[State, ...]:
        """List every state of every message, of one channel, or of one message: each repaint of a card."""
        return tuple(
            state
            for state in self._core.ledger.states
            if channel in {None, state.message.channel} and ts in {None, state.message.ts}
        )

    def say(self, user: str, channel: str, text: str, thread_ts: str = "") -> Message:
        """Let a person write a message; no event is sent of it."""
        return self._core.ledger.post(Message(channel, "", user, Content(text), thread_ts, via="person"))

    async def go_down(self) -> None:
        """Let Slack be down: sockets break, every call is answered 503."""
        self.faults.down = True
        await self.sockets.drop()

    def come_up(self) -> None:
        """End it."""
        self.faults.down = False

    async def until(self, check: Callable[[], T | None], seconds: float = 5.0) -> T:
        """Wait until a check says something true, and answer that. Raises `TimeoutError` after so many real seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            rung = self._core.bell.next
            if found := check():
                return found
            if loop.time() >= deadline:
                raise TimeoutError(f"not so within {seconds} s: {check}")
            await asyncio.wait({rang := asyncio.ensure_future(rung.wait())}, timeout=POLL)
            rang.cancel()

    async def slash(self, user: str, channel: str, line: str, **how: Unpack[How]) -> Answer:
        """Type a slash command."""
        return await self._door.slash(user, channel, line, **how)

    async def click(
        self, user: str, channel: str, message_ts: str, action_id: str, **how: Unpack[How]
    ) -> Answer:
        """Press a button of a message."""
        return await self._door.click(user, channel, message_ts, action_id, **how)

    async def click_view(
        self, user: str, view_id: str, action_id: str, filled: Filled | None = None, **how: Unpack[How]
    ) -> Answer:
        """Press a button inside a modal, or choose where the modal is told at once; `filled` stands in it."""
        return await self._door.click_view(user, view_id, action_id, filled, **how)

    async def submit_view(
        self, user: str, view_id: str, filled: Filled | None = None, **how: Unpack[How]
    ) -> Answer:
        """Fill a modal and submit it."""
        return await self._door.submit_view(user, view_id, filled, **how)

    async def shortcut(self, user: str, callback_id: str, **how: Unpack[How]) -> Answer:
        """Choose a global shortcut."""
        return await self._door.shortcut(user, callback_id, **how)

    async def message_shortcut(
        self, user: str, channel: str, message_ts: str, callback_id: str, **how: Unpack[How]
    ) -> Answer:
        """Choose a shortcut on a message."""
        return await self._door.message_shortcut(user, channel, message_ts, callback_id, **how)

    async def suggest(
        self, user: str, view_id: str, action_id: str, typed: str = "", **how: Unpack[How]
    ) -> Answer:
        """Type into a search box of a modal; see `Answer.offered`."""
        return await self._door.suggest(user, view_id, action_id, typed, **how)

    async def close_view(self, user: str, view_id: str, **how: Unpack[How]) -> Answer | None:
        """Close a modal; none when the view did not ask to hear of it."""
        return await self._door.close_view(user, view_id, **how)

    async def forge(self, kind: Kind, payload: dict[str, Any], **how: Unpack[How]) -> Answer:
        """Send any payload at all, truly signed unless attacked."""
        return await self._door.forge(kind, payload, **how)

    async def replay(self, answer: Answer) -> Answer:
        """Send exactly the same again."""
        return await self._door.replay(answer)

    async def event(
        self, event: dict[str, Any], *, redeliver: int = 0, attempt: int = 0, event_id: str = ""
    ) -> Answer:
        """Deliver an event, at most `redeliver` times more while nobody acknowledges it."""
        return await self._door.event(event, redeliver=redeliver, attempt=attempt, event_id=event_id)
