"""The world that survives: Slack, cluster and ARM live here, in the test; only the bot is killed."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr

from bot.adapters.keys.files import load_or_create
from bot.adapters.store import migrate
from bot.bootstrap.staging import settings_for
from bot.sandbox.azure import Behaviour
from bot.sandbox.scene import POLICY, Scene, scene
from bot.settings import Settings
from tests.crash.programs import Nursery, Program
from tests.crash.records import Records, reading

T = TypeVar("T")
POLL = 0.02
PATIENCE = 180.0  # seconds until something that was asked must have happened
CAPS = "caps: {requests_per_person: 1000, active_total: 1000, active_per_cluster: 1000, active_per_namespace: 1000}\n"
FLOOD, NO_FLOOD = "flood: {", "flood: {pods: 1000, minutes: 1, "  # many are cut off here, one after the other
# Anchors follow a clock of their own, so a step would not be the same step twice.
UNANCHORED = {"anchor_file": None, "anchor_channel": "", "anchor_container": ""}
SPEED = 2000.0  # an attached IP Group takes 210 s of Azure's time: a tenth of a second here


@dataclass
class Town:
    """
    A scene, the bot's settings and database, and the bot that runs in it, if one does.

    ``watched`` is asked whenever the bot is found dead, before it is started again.
    """

    scene: Scene
    settings: Settings
    records: Records
    nursery: Nursery
    folder: Path
    bot: Program | None = None
    deaths: int = 0
    watched: Callable[[], Awaitable[None]] | None = None
    _reviving: asyncio.Lock = field(default_factory=asyncio.Lock)
    _mark: str = ""
    _lives: int = 0

    @property
    def switch(self) -> Path:
        """The file that arms the kill switch."""
        return self.folder / "switch"

    @property
    def told(self) -> tuple[dict[str, Any], ...]:
        """What the switch did: its order, and ``where``."""
        return self._noted("told")

    def passed(self, journey: str) -> dict[str, list[str]]:
        """Return the boundaries that an unharmed journey passed, for each phase (see ``boundaries``)."""
        found: dict[str, list[str]] = {}
        for each in self._noted("passed"):
            name, _, phase = each["mark"].rpartition(": ")
            if name == journey:
                found.setdefault(phase, []).append(each["where"])
        return found

    def _noted(self, name: str) -> tuple[dict[str, Any], ...]:
        file = self.folder / name
        lines = file.read_text("utf-8").splitlines() if file.exists() else ()
        return tuple(json.loads(line) for line in lines)

    @property
    def printed(self) -> str:
        """What the bots wrote to their standard output and error."""
        file = self.folder / "bot.log"
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def arm(self, mark: str, at: int, only: str = "", number: signal.Signals = signal.SIGKILL) -> None:
        """Have the bot killed (or stopped) at its n-th boundary from now on, or at the n-th of one name."""
        order = {"mark": mark, "at": at, "only": only, "signal": int(number)}
        self._mark, self._lives = mark, self.deaths
        self._set(json.dumps(order))

    def disarm(self) -> None:
        """Have it live; when this returns it has been struck, or will not be."""
        self._set("")

    def _set(self, order: str) -> None:
        with self.switch.open("a+b") as file:
            flock(file, LOCK_EX)
            file.truncate(0)
            file.write(order.encode())

    async def spared(self) -> bool:
        """Disarm the switch; return whether it had just struck all the same, and the bot had to be revived."""
        deaths = self.deaths
        self.disarm()
        if self.bot is not None and deaths == self._lives and self.told_of(self._mark):
            await self.bot.ended()
        await self.revive()
        return self.deaths > deaths

    def told_of(self, mark: str) -> list[str]:
        """Return where the switch struck under one mark."""
        return [each["where"] for each in self.told if each["mark"] == mark]

    def order(self, settings: Settings | None = None) -> dict[str, Any]:
        """Return what a bot of this town is started with."""
        return {
            "settings": _plain((settings or self.settings).model_dump()),
            "arm": self.scene.arm.url,
            "ca_file": str(self.scene.arm.ca_file),
            "switch": str(self.switch),
            "told": str(self.folder / "told"),
            "port": str(self.folder / "port"),
            "log": str(self.folder / "bot.log"),
        }

    async def start(self) -> Program:
        """Start a bot, and wait until Slack can reach it."""
        sockets = self.scene.workspace.sockets
        before = set(map(id, sockets.connections))
        program = await self.nursery.bear(self.order())
        for _ in range(int(PATIENCE / POLL)):
            if program.dead or any(id(c) not in before for c in sockets.connections):
                break
            await asyncio.sleep(POLL)
        assert not program.dead or self.switch.read_text(), f"it did not start:\n{self.printed[-3000:]}"
        self.bot = program
        return program

    async def end(self) -> None:
        """Let the bot end in order, which signs the log."""
        assert self.bot is not None
        self.bot.send(signal.SIGTERM)
        await self.bot.ended()

    async def settle_in(self) -> None:
        """Start with a log that has its first checkpoint: before that there is none to verify it by."""
        await self.start()
        await self.end()
        await self.start()

    async def revive(self) -> None:
        """If the bot was killed: let the time of its leases pass, and start it again, to live."""
        async with self._reviving:
            await self._revive()

    async def _revive(self) -> None:
        if self.bot is not None and self.bot.dead:
            self.deaths += 1
            self.disarm()
            if self.watched is not None:
                await self.watched()
            await self.records.end_leases()
            await self.start()

    async def until(self, fact: Callable[[], Awaitable[T | None]], what: str) -> T:
        """Wait for a fact, reviving the bot whenever it is dead."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while not (found := await fact()):
                    await self.revive()
                    await asyncio.sleep(POLL)
                return found
        raise AssertionError(f"never so: {what}\n{self.told[-3:]}\n{self.printed[-3000:]}")


@asynccontextmanager
async def town(
    folder: Path, nursery: Nursery, *, database: str = "", speed: float = SPEED, **engine: float
) -> AsyncIterator[Town]:
    """Open a town; ``engine`` are settings of the engine. No bot runs yet."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - before anything runs
    async with scene(folder, behaviour=Behaviour(speed=speed)) as staged:
        staged.policy_file.write_text(POLICY.replace(FLOOD, NO_FLOOD) + CAPS, encoding="utf-8")
        settings = _settings(settings_for(staged, folder, database=database), engine)
        load_or_create(settings.audit.key_file, settings.audit.origin)
        async with (
            nursery.migrating
        ):  # Alembic keeps what it works on in globals: one at a time in one process
            await migrate(settings.database)
        async with reading(settings.database) as records:
            built = Town(staged, settings, records, nursery, folder)
            built.disarm()
            yield built
            if built.bot is not None:
                await built.bot.kill()


def _settings(settings: Settings, engine: Mapping[str, float]) -> Settings:
    """One connection to Slack, a quick firewall, a key that is given where replicas share it; evidence has its own tests."""
    assert settings.azure is not None
    call = engine.get("call", settings.engine.call)
    waits = {"timeout": call / 2}
    changes = {
        "clusters": {name: each.model_copy(update=waits) for name, each in settings.clusters.items()},
        "azure": settings.azure.model_copy(update=waits),
        "slack": settings.slack.model_copy(update={"connections": 1}),
        "audit": settings.audit.model_copy(update={"generate_key": False, **UNANCHORED}),
        "evidence": settings.evidence.model_copy(update={"enabled": False}),
        "engine": settings.engine.model_copy(update={"poll": 0.05, "backoff": 0.05, **engine}),
    }
    return settings.model_copy(update=changes)


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Path) else value
