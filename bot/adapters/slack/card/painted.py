"""What a painter returns, and what it paints from."""

from typing import Any, Final

import msgspec

from bot.domain.digests import short
from bot.domain.requests import Request
from bot.engine.reading import Shown

Block = dict[str, Any]
"""One Block Kit block, or an element of one, as JSON."""

FALLBACK: Final = 300
AUDIT: Final = "firebreak audit export has it whole"


class Painted(msgspec.Struct, frozen=True):
    """A message: ``text`` for notifications and screen readers (mrkdwn, at most 300 characters), and its blocks."""

    text: str
    blocks: tuple[Block, ...]


class Page(msgspec.Struct, frozen=True):
    """
    What the sections of a card are painted from.

    ``approvers`` are mentions in mrkdwn; ``scale`` shrinks the room of every section when the whole would be
    too long; ``bare`` leaves out what is folded; ``preview`` is a card of a request that is not stored, which nobody can click.
    """

    shown: Shown
    approvers: tuple[str, ...] = ()
    scale: float = 1.0
    preview: bool = False
    bare: bool = False

    @property
    def request(self) -> Request:
        """The request."""
        return self.shown.request

    @property
    def more(self) -> str:
        """Where the rest is."""
        return "in Details once it is asked for" if self.preview else "Details"

    def room(self, characters: int) -> int:
        """Return how many characters a section may take."""
        return int(characters * self.scale)


def value_of(request: Request) -> str:
    """Return what a button carries: which request, and exactly which plan the card showed."""
    return f"{request.id}:{request.revision}:{short(request.digest)}"
