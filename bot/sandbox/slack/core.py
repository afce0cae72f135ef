"""What every part of the emulator shares."""

import asyncio
from dataclasses import dataclass

from bot.sandbox.slack.clock import SandboxClock
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.files import Files
from bot.sandbox.slack.journal import Journal
from bot.sandbox.slack.messages import Ledger
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.tickets import Tickets
from bot.sandbox.slack.views import Views
from bot.sandbox.slack.world import World


class Bell:
    """Rings whenever anything changes, so that a test waits for a fact and not for a time."""

    def __init__(self) -> None:
        self.next = asyncio.Event()

    def ring(self) -> None:
        """Wake all who wait."""
        self.next.set()
        self.next = asyncio.Event()


@dataclass(slots=True)
class Core:
    """The parts of one running workspace; `base` is `http://127.0.0.1:PORT` once it listens."""

    world: World
    clock: SandboxClock
    bell: Bell
    journal: Journal
    faults: Faults
    ledger: Ledger
    tickets: Tickets
    views: Views
    sockets: Sockets
    files: Files
    base: str = ""


def build_core(world: World, clock: SandboxClock) -> Core:
    """Put an empty workspace together."""
    bell = Bell()
    return Core(
        world=world,
        clock=clock,
        bell=bell,
        journal=Journal(bell.ring),
        faults=Faults(),
        ledger=Ledger(clock.seconds, clock.wall, bell.ring),
        tickets=Tickets(clock.seconds),
        views=Views(bell.ring),
        sockets=Sockets(world.app.id, clock, bell.ring),
        files=Files(),
    )
