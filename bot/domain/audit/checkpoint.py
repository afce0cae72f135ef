"""Checkpoints (c2sp.org/tlog-checkpoint): size and root of the log, as the text of a signed note."""

import base64
import re
from collections.abc import Sequence
from typing import Self

import msgspec

from bot.domain.audit import notes
from bot.domain.audit.merkle import EMPTY_ROOT, HASH_SIZE, CompactRange
from bot.domain.audit.notes import Note, NoteError, Signer, Verifier

LARGEST_SIZE = (1 << 63) - 1  # what a database's integer can hold

_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")


class Checkpoint(msgspec.Struct, frozen=True):
    """The head of a log: who, how many records, and the root of the RFC 6962 tree over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse with `NoteError` what the format cannot carry."""
        if not 0 <= self.size <= LARGEST_SIZE:
            raise NoteError(f"a log cannot have {self.size} records")
        if len(self.root) != HASH_SIZE:
            raise NoteError(f"a root hash has {HASH_SIZE} bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise NoteError("an empty log has the root of an empty log")
        if any(not line or "\n" in line for line in (self.origin, *self.extensions)):
            raise NoteError("origin and extension lines must be non-empty, one line each")

    @classmethod
    def of(cls, origin: str, tree: CompactRange) -> Self:
        """Return the checkpoint of a tree."""
        return cls(origin, tree.size, tree.root())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the checkpoint that a note's text states, or raise `NoteError`."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop():
            raise NoteError("a checkpoint has the lines origin, size and root, each with its newline")
        origin, size, root, *extensions = lines
        if not _DECIMAL.match(size):
            raise NoteError("a checkpoint's size must be a decimal number without leading zeroes")
        return cls(origin, int(size), notes.plain_base64(root), tuple(extensions))

    @property
    def text(self) -> str:
        """The note's text: what is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def sign(checkpoint: Checkpoint, signer: Signer) -> Note:
    """
    Return the signed checkpoint.

    The caller promises what the specification asks: "a log MUST not sign any checkpoint which is
    inconsistent with any checkpoint it previously signed".
    """
    return notes.sign(checkpoint.text, (signer,))


def opened(note: bytes, verifiers: Sequence[Verifier], origin: str | None = None) -> Checkpoint:
    """
    Return the checkpoint in a note that a trusted key signed, or raise `NoteError`.

    The origin must be the expected one where one is given: one key may sign for several logs.
    """
    parsed = notes.parse(note)
    notes.verified(parsed, verifiers)
    checkpoint = Checkpoint.parse(parsed.text)
    if origin is not None and checkpoint.origin != origin:
        raise NoteError(f"the checkpoint is of the log {checkpoint.origin!r}, not of {origin!r}")
    return checkpoint
