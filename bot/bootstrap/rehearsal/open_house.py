"""``firebreak sandbox`` without a story: the same world, open until it is left, with a page to look at it."""

import asyncio
import os
import signal
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console
from rich.text import Text

from bot.bootstrap.believing import UsageError
from bot.bootstrap.entropy import utc_now
from bot.bootstrap.rehearsal.desk import Desk
from bot.bootstrap.rehearsal.lending import backstage
from bot.bootstrap.rehearsal.narrator import Narrator
from bot.bootstrap.rehearsal.quiet import quietly
from bot.bootstrap.rehearsal.stage import Stage, opened, world
from bot.engine.resting import rest
from bot.sandbox.alerts import ringing
from bot.sandbox.page.server import paging
from bot.sandbox.story import drawing
from bot.sandbox.story.given import SPEED
from bot.settings import Settings

PROMPT: Final = "sandbox> "
LOOK: Final = 0.2  # seconds between looks at the channel
Typed = Callable[[asyncio.Event], AsyncIterator[str]]


@dataclass(frozen=True)
class Wish:
    """The page that is asked for: its port (0 takes a free one), and what shows its address to a person."""

    port: int = 0
    browse: Callable[[str], object] = lambda _: None


async def stay(out: Console, typed: Typed | None = None, wish: Wish | None = None) -> int:
    """
    Stay until SIGINT, SIGTERM, or ``quit``; ``typed`` are lines, by default those of a terminal.

    Raises `UsageError` where the page's port is taken.
    """
    narrator, stop = Narrator(out), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    with TemporaryDirectory(prefix="firebreak-sandbox-") as folder:
        async with world(Path(folder), "http") as (staged, settings):
            with quietly(settings):
                async with opened(staged, settings) as stage, _page(stage, settings, wish) as address:
                    _welcome(narrator, stage, address)
                    await _visit(narrator, stage, settings, stop, typed or _terminal())
    narrator.tell("Left. Nothing of this world remains.")
    return 0


async def _visit(
    narrator: Narrator, stage: Stage, settings: Settings, stop: asyncio.Event, typed: Typed | None
) -> None:
    following = asyncio.create_task(_follow(narrator, stage, stop))
    traffic = stage.scene.traffic
    talking = asyncio.create_task(traffic.go_on(utc_now)) if traffic else None
    try:
        await _attend(Desk(stage, settings, narrator), stop, typed)
    finally:
        stop.set()
        await following
        if talking is not None:
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)


@asynccontextmanager
async def _page(stage: Stage, settings: Settings, wish: Wish | None) -> AsyncIterator[str]:
    """Serve the page, where one is wished for, and show its address; yields it, or nothing."""
    if wish is None:
        yield ""
        return
    lent = backstage(settings, lambda: stage.now() == stage.before, stage.alarm.again)
    serving = paging(stage.scene, lent, wish.port)
    async with ringing(stage.alarm):
        try:
            address = await serving.__aenter__()
        except OSError as error:
            raise UsageError(f"the page cannot listen on port {wish.port}: {error.strerror}") from None
        try:
            wish.browse(address)
            yield address
        finally:
            await serving.__aexit__(None, None, None)


def browse(address: str) -> None:
    """Open the page where a person would see it; without a display the printed address is all."""
    if sys.platform in {"darwin", "win32"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _welcome(narrator: Narrator, stage: Stage, address: str) -> None:
    incident, kubeconfig = stage.scene.incident, stage.scene.kubeconfig
    narrator.show(
        drawing.title(
            "FIREBREAK: the sandbox",
            [
                f"{incident.namespace}/{incident.pod} in {incident.cluster} beacons to {incident.beacon}.",
                f"alice is on call; bob and cara approve. Azure's clock runs {SPEED:g} times as fast.",
                f"Type as a person:  alice: /ir block {incident.beacon} for 24h because beacon",
                "Approve a card:    bob: approve FB-…",
                "Or: world, verify, help, quit (or Ctrl-C)",
            ],
        )
    )
    if address:
        narrator.out.print(
            Text.assemble("  The page, with a tour of six steps:  ", (address, "bold")), soft_wrap=True
        )
    servers = (
        ("Slack Web API", stage.scene.workspace.base_url),
        ("Kubernetes API", stage.scene.cluster.url),
        ("  kubectl with", f"KUBECONFIG={kubeconfig}"),
        ("Azure (ARM)", stage.scene.arm.url),
        ("the bot", f"http://127.0.0.1:{stage.port}/readyz and /metrics"),
    )
    for name, where in servers:
        narrator.out.print(Text(f"  {name:<15} {where}"), soft_wrap=True)


async def _attend(desk: Desk, stop: asyncio.Event, typed: Typed | None) -> None:
    if typed is None:
        await stop.wait()
        return
    async for line in typed(stop):
        if not await desk.take(line):
            return


async def _follow(narrator: Narrator, stage: Stage, stop: asyncio.Event) -> None:
    """Show what the channel shows: a new card whole, each repaint of it in one line."""
    seen: dict[str, str] = {}
    while not stop.is_set():
        for request, card in stage.cards().items():
            if seen.get(request) != card.state:
                narrator.show(Text())  # the prompt may stand on this line
            if request not in seen:
                narrator.card(card)
            elif seen[request] != card.state:
                narrator.tell(f"{request} {card.state}")
            seen[request] = card.state
        await rest(stop, LOOK)


def _terminal() -> Typed | None:
    """Return the reader of standard input where a person types there."""
    return _lines if sys.stdin is not None and sys.stdin.isatty() else None


async def _lines(stop: asyncio.Event) -> AsyncIterator[str]:
    """Yield what is typed, until the end of input or ``stop``; no thread waits in a read that nothing ends."""
    loop, arrived = asyncio.get_running_loop(), asyncio.Queue[bytes]()
    descriptor = sys.stdin.fileno()
    loop.add_reader(descriptor, lambda: arrived.put_nowait(os.read(descriptor, 65536)))
    ended = asyncio.create_task(stop.wait())
    try:
        while True:
            sys.stdout.write(PROMPT)
            sys.stdout.flush()
            reading = asyncio.create_task(arrived.get())
            await asyncio.wait({reading, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done() or not reading.result():
                reading.cancel()
                return
            for line in reading.result().decode(errors="replace").splitlines():
                yield line
    finally:
        loop.remove_reader(descriptor)
        ended.cancel()
