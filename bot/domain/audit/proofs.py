"""Detached proofs (c2sp.org/tlog-proof): one record's inclusion, verifiable with nothing but a key."""

import base64
import re
from collections.abc import Sequence
from typing import Self

import msgspec

from bot.domain.audit import checkpoint, merkle, notes
from bot.domain.audit.checkpoint import Checkpoint
from bot.domain.audit.notes import NoteError, Verifier

FORMAT = "c2sp.org/tlog-proof@v1"
LONGEST_PATH = 63  # hashes: no tree that a checkpoint can state is deeper

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})\Z")
_EXTRA = "extra "


class Proof(msgspec.Struct, frozen=True):
    """
    Where a record stands, the path from it to the root, and the signed checkpoint, verbatim.

    ``extra`` is authenticated by nothing: never to be trusted.
    """

    index: int
    path: tuple[bytes, ...]
    note: str
    extra: bytes | None = None

    def __str__(self) -> str:
        """Return the proof as a ``.tlog-proof`` file holds it."""
        lines = [FORMAT]
        if self.extra is not None:
            lines.append(_EXTRA + base64.b64encode(self.extra).decode())
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(node).decode() for node in self.path]
        return "\n".join((*lines, "", self.note))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the proof in a text, unverified, or raise `NoteError`."""
        head, separator, note = text.partition("\n\n")
        form, *lines = head.split("\n")
        if form != FORMAT or not separator or not lines:
            raise NoteError(f"a proof begins with {FORMAT}, and an empty line parts it from its checkpoint")
        extra = None
        if lines[0].startswith(_EXTRA):
            extra = notes.plain_base64(lines.pop(0).removeprefix(_EXTRA))
        index = _INDEX.match(lines.pop(0)) if lines else None
        if index is None or len(lines) > LONGEST_PATH:
            raise NoteError(f"a proof has an index line and at most {LONGEST_PATH} hashes")
        return cls(int(index[1]), tuple(map(notes.plain_base64, lines)), note, extra)


def proven(proof: Proof, body: bytes, verifiers: Sequence[Verifier], origin: str | None = None) -> Checkpoint:
    """Return the checkpoint under which ``body`` is proven to stand in the log, or raise `NoteError`."""
    head = checkpoint.opened(proof.note.encode(), verifiers, origin)
    leaf = merkle.leaf_hash(body)
    if not merkle.verify_inclusion(proof.index, head.size, leaf, proof.path, head.root):
        raise NoteError(f"the proof does not lead from record {proof.index} to the checkpoint's root")
    return head
