"""
An operator's word that the log may be shorter than a checkpoint kept outside, as the log's key signs it.

Whoever can write to the database can append a record that says so, and a row that names it. Only the key makes it count.
"""

import msgspec

from bot.domain.audit import notes
from bot.domain.audit.notes import NoteError, Signer, Verifier


class Acceptance(msgspec.Struct, frozen=True):
    """``hash``: the checkpoint's SHA-256 in hex. ``seq`` and ``leaf``: the record that says why, and its leaf hash."""

    origin: str
    hash: str
    seq: int
    leaf: bytes

    @property
    def text(self) -> str:
        """What is signed; its second line is no number, so it is never a checkpoint."""
        lines = ("firebreak acceptance", f"of {self.origin}", self.hash, str(self.seq), self.leaf.hex())
        return "".join(f"{line}\n" for line in lines)

    def signed(self, signer: Signer) -> str:
        """Return the signed note."""
        return str(notes.sign(self.text, (signer,)))

    def holds(self, note: str, verifiers: tuple[Verifier, ...]) -> bool:
        """Whether a trusted key signed just this; never raises."""
        try:
            parsed = notes.parse(note.encode())
            notes.verified(parsed, verifiers)
        except (NoteError, UnicodeEncodeError):
            return False
        return parsed.text == self.text
