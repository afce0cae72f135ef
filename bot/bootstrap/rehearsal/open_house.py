"""``firebreak sandbox`` without a story: the same world, open until it is left."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console
from rich.text import Text

from bot.bootstrap.rehearsal.desk import Desk
from bot.bootstrap.rehearsal.narrator import Narrator
from bot.bootstrap.rehearsal.quiet import quietly
from bot.bootstrap.rehearsal.stage import Stage, opened, world
from bot.sandbox.story import drawing
from bot.sandbox.story.given import SPEED
from bot.settings import Settings

PROMPT: Final = "sandbox> "
LOOK: Final = 0.2  # seconds between looks at the channel
Typed = Callable[[asyncio.Event], AsyncIterator[str]]


async def stay(out: Console, typed: Typed | None = None) -> int:
    """Stay until SIGINT, SIGTERM, or ``quit``; ``typed`` are lines, by default those of a terminal."""
    narrator, stop = Narrator(out), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    with TemporaryDirectory(prefix="firebreak-sandbox-") as folder:
        async with world(Path(folder)) as (staged, settings):
            with quietly(settings):
                async with opened(staged, settings) as stage:
                    await _visit(narrator, stage, settings, stop, typed or _terminal())
    narrator.tell("Left. Nothing of this world remains.")
    return 0


async def _visit(
    narrator: Narrator, stage: Stage, settings: Settings, stop: asyncio.Event, typed: Typed | None
) -> None:
    _welcome(narrator, stage)
    following = asyncio.create_task(_follow(narrator, stage, stop))
    try:
        await _attend(Desk(stage, settings, narrator), stop, typed)
    finally:
        stop.set()
        await following


def _welcome(narrator: Narrator, stage: Stage) -> None:
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
    addresses = (
        ("Slack Web API", stage.scene.workspace.base_url),
        ("Kubernetes API", stage.scene.cluster.url),
        ("  kubectl with", f"KUBECONFIG={kubeconfig}"),
        ("Azure (ARM)", stage.scene.arm.url),
        ("the bot", f"http://127.0.0.1:{stage.port}/readyz and /metrics"),
    )
    for name, address in addresses:
        narrator.out.print(Text(f"  {name:<15} {address}"), soft_wrap=True)


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
        try:
            async with asyncio.timeout(LOOK):
                await stop.wait()
        except TimeoutError:
            continue


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
