"""Who tells the story, and says of each check that it held; the first that does not ends the story."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, TextIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from bot.domain.errors import FirebreakError
from bot.sandbox.story import drawing
from bot.sandbox.story.cards import Card

BREATH: Final = 0.5  # seconds between two scenes, where a person watches


class StepError(FirebreakError):
    """A step of the story did not hold."""


def console(file: TextIO | None = None) -> Console:
    """Return a console of at most 80 columns that takes all text as it is; colour only where a terminal reads."""
    out = file or sys.stdout
    if hasattr(out, "reconfigure"):
        out.reconfigure(errors="replace")  # never fail over a sign that the terminal lacks
    made = Console(file=out, highlight=False, markup=False, emoji=False)
    if made.is_terminal:
        made.width = min(drawing.WIDTH, made.width)
    else:
        made.width = drawing.WIDTH
    return made


def _pass_on_an_interrupt() -> None:
    """A connection that is closed while its task is cancelled keeps the word to itself: SQLAlchemy's pool logs it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class Narrator:
    """Tells it on one console. ``step`` is the name of the scene that is being played."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self.step = "the stage"
        self.played = 0

    @asynccontextmanager
    async def scene(self, name: str) -> AsyncIterator[None]:
        """Play one step in the block; the step that was named last is the one that failed, if any does."""
        self.step = name
        self.out.print()
        self.out.print(drawing.scene(self.played + 1, name))
        yield
        _pass_on_an_interrupt()
        self.played += 1
        await self.breathe()

    async def breathe(self) -> None:
        """Give a person who watches the time to read."""
        if self.out.is_terminal:
            await asyncio.sleep(BREATH)

    def tell(self, words: str, *, quiet: bool = False) -> None:
        """Say something about what happens."""
        self.show(Padding(Text(words, "dim" if quiet else ""), (0, 0, 0, 2)))

    def show(self, drawn: RenderableType) -> None:
        """Show something drawn."""
        self.out.print(drawn)

    def says(self, who: str, words: str) -> None:
        """Tell what a person typed or pressed."""
        self.show(drawing.said(who, words))

    def told(self, who: str, words: str) -> None:
        """Tell what the bot told one person alone."""
        self.show(drawing.told(who, words))

    def card(self, card: Card) -> None:
        """Show a card."""
        self.show(drawing.card(card))

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show a table."""
        self.show(drawing.rows(headings, rows))

    def hold(self, words: str, held: object) -> None:
        """Say that a check held. Raises `StepError` where it did not."""
        if not held:
            raise StepError(words)
        self.show(drawing.held(words))
