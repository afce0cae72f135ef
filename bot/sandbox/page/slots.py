"""Pieces of the page by slot and key: a browser is sent what changed, and keeps the rest with its focus and scroll."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from markupsafe import Markup


class Piece(msgspec.Struct, frozen=True):
    """One keyed element of a slot. ``said`` is what a screen reader is told when it is new or changed."""

    key: str
    html: Markup
    said: str = ""

    @property
    def mark(self) -> str:
        """What tells two states of a piece apart."""
        return hashlib.sha256(self.html.encode()).hexdigest()[:16]


Slots = Mapping[str, Sequence[Piece]]


class Sent:
    """What one browser has."""

    def __init__(self) -> None:
        self._marks: dict[str, dict[str, str]] = {}

    def changes(self, slots: Slots) -> dict[str, list[dict[str, Any]]]:
        """Return the slots that differ: every key in order, with the HTML where the browser lacks it."""
        found: dict[str, list[dict[str, Any]]] = {}
        for name, pieces in slots.items():
            before = self._marks.get(name)
            now = {piece.key: piece.mark for piece in pieces}
            if before is None or list(before.items()) != list(now.items()):
                found[name] = [_told(piece, (before or {}).get(piece.key)) for piece in pieces]
                self._marks[name] = now
        return found


def _told(piece: Piece, known: str | None) -> dict[str, Any]:
    same = known == piece.mark
    return {"key": piece.key} if same else {"key": piece.key, "html": str(piece.html), "said": piece.said}
