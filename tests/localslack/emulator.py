"""
A running local-slack, and what people do in it.

Its control interface (`/_control`) speaks as any person and presses any button, also one that nobody could; what is
filled into forms goes through the websocket of its web page (`/ui`). It keeps everything in memory and serves one
form at a time, whoever opened it.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Self

import aiohttp
import msgspec

from bot.sandbox.slack.messages import Content, Message
from tests.controlplane.leash import leashed

Json = dict[str, Any]
HERE: Final = Path(__file__).resolve().parent
PATIENCE: Final = 20.0  # real seconds: more than it takes on a crowded machine
LOOK: Final = 0.02
LISTENING: Final = re.compile(r"^listening on 127\.0\.0\.1:(\d+)$", re.MULTILINE)
CHANNEL_STATES: Final = {"is_ext_shared": False, "is_pending_ext_shared": False}
USER_STATES: Final = {"is_app_user": False, "is_restricted": False, "is_ultra_restricted": False}


class App(msgspec.Struct, frozen=True, rename="camel"):
    """The one app of its workspace, as its config names the fields; with `request_url` in mode `events`."""

    app_id: str = "A0FIREBREAK"
    bot_user_id: str = "U0FIREBREAK"
    bot_name: str = "firebreak"
    bot_token: str = "token-of-the-bot"
    app_token: str = "token-of-the-app"
    signing_secret: str = "secret-of-this-machine"
    mode: Literal["socket", "events"] = "socket"
    request_url: str | None = None


class Cast(msgspec.Struct, frozen=True):
    """
    Who and what is in the workspace: users (id to name) and channels (id to name), everybody in each.

    ``conversations`` are direct ones with the bot (user to id), which would else get new ids at each start.
    ``guests`` are shown as guests; with ``vouched`` false nothing is added to what the emulator says by itself.
    """

    team: str
    users: Mapping[str, str]
    channels: Mapping[str, str]
    conversations: Mapping[str, str] = msgspec.field(default_factory=dict)
    guests: frozenset[str] = frozenset()
    vouched: bool = True


@dataclass
class Emulator:
    """One program at a time, always on the port of the first. Use as an async context manager."""

    program: Path
    folder: Path
    app: App
    cast: Cast
    port: int = 0
    _held: ExitStack = field(default_factory=ExitStack)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.kill()

    # -- the program ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start it with nothing said yet, and wait until it listens."""
        config = self.folder / "local-slack.json"
        config.write_bytes(msgspec.json.encode(self._config()))
        log = self.folder / "local-slack.log"
        log.unlink(missing_ok=True)
        options = {
            "--config": config,
            "--port": self.port,
            "--base-host": "127.0.0.1",
            "--files-dir": self.folder / "files",
        }
        words = [str(word) for option in options.items() for word in option]
        self._held.enter_context(leashed([self.program, *words], log, env=self._environment()))

        def listens() -> int:
            found = LISTENING.search(log.read_text("utf-8"))
            return int(found[1]) if found else 0

        self.port = await _until(listens, lambda: log.read_text("utf-8"))

    def kill(self) -> None:
        """SIGKILL: whatever was said in it is forgotten."""
        self._held.close()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    # -- what people do ---------------------------------------------------------------------------------

    async def command(self, user: str, channel: str, text: str) -> None:
        """Type `/ir text`; returns when the app has acknowledged it, or 5 s later."""
        await self._control("command", user=user, channel=channel, command="/ir", text=text)

    async def say(self, user: str, channel: str, text: str) -> None:
        """Write an ordinary message."""
        await self._control("message", user=user, channel=channel, text=text)

    async def press(self, user: str, channel: str, ts: str, action: Mapping[str, Any]) -> None:
        """Press a button, whether or not it, its message or this person exists."""
        await self._control("interact", user=user, channel=channel, messageTs=ts, action=action)

    async def submit(self, user: str, values: Mapping[str, Any]) -> Mapping[str, str]:
        """Submit the form that is open; return what the app finds wrong with it: nothing, and it is closed."""
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{self.url}/ui") as page:
            await page.receive_json()  # the state at the beginning
            await page.send_json({"t": "view_submit", "user": user, "values": values})
            async with asyncio.timeout(PATIENCE):
                while (frame := await page.receive_json())["t"] not in {"view", "view_errors"}:
                    pass
        wrong: Mapping[str, str] = frame.get("errors", {})
        return wrong

    # -- what is there ----------------------------------------------------------------------------------

    async def messages(self, channel: str) -> tuple[Message, ...]:
        """Return what stands in a channel, oldest first, what is for one person's eyes only included."""
        found = (await self._get(f"_control/messages/{channel}"))["messages"]
        return tuple(_message(each) for each in found)

    async def form(self) -> Json | None:
        """Return the form that is open, if one is."""
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{self.url}/ui") as page:
            stack: list[Json] = (await page.receive_json())["state"]["modalStack"]
        return stack[-1] if stack else None

    # -- inside -----------------------------------------------------------------------------------------

    async def _get(self, path: str) -> Json:
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/{path}") as answer:
            assert answer.status == 200, path
            found: Json = await answer.json()
            return found

    async def _control(self, what: str, **given: Any) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/_control/{what}", json=given) as answer,
        ):
            assert answer.status == 200, (what, await answer.text())

    def _environment(self) -> dict[str, str]:
        states: Json = {
            "channel": CHANNEL_STATES,
            "user": USER_STATES,
            "users": {user: {"is_restricted": True} for user in sorted(self.cast.guests)},
        }
        return {
            "BUN_OPTIONS": f"--preload={HERE / 'edge.js'}",
            "EDGE": json.dumps(states if self.cast.vouched else {}),
        }

    def _config(self) -> Json:
        cast, bot = self.cast, self.app.bot_user_id
        channels: list[Json] = [
            {"id": channel, "name": name, "members": [*cast.users, bot]}
            for channel, name in cast.channels.items()
        ]
        direct: list[Json] = [
            {
                "id": channel,
                "name": user,
                "is_im": True,
                "is_channel": False,
                "is_private": True,
                "members": [user, bot],
            }
            for user, channel in cast.conversations.items()
        ]
        app = {name: value for name, value in msgspec.to_builtins(self.app).items() if value is not None}
        return {
            "workspace": {"name": "Emulated", "domain": "emulated", "teamId": cast.team},
            "apps": [app],
            "users": [{"id": user, "name": name} for user, name in cast.users.items()],
            "channels": [*channels, *direct],
        }


def _message(found: Json) -> Message:
    return Message(
        channel=found["channel"],
        ts=found["ts"],
        author=found.get("user", ""),
        content=Content(found.get("text") or "", tuple(found.get("blocks") or ())),
        thread_ts=found.get("thread_ts", ""),
        only_for=found.get("ephemeral_to", ""),
        edited=(found.get("edited") or {}).get("ts", ""),
    )


async def _until(check: Callable[[], int], instead: Callable[[], object]) -> int:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    while not (found := check()):
        assert loop.time() < deadline, instead()
        await asyncio.sleep(LOOK)
    return found
