"""
What a button on an answer about flows carries: which answer, which place in it, and a seal that only we could make.

The seal is over the key of the row that asked, which Slack and we alone know; nothing that the button is about is in it,
for that is read from the stored answer.
"""

import hashlib
import re
from typing import Final

import msgspec

BLOCK: Final = "ir_flows_block"
QUARANTINE: Final = "ir_flows_quarantine"
EXPLAIN: Final = "ir_flows_explain"
KEEP: Final = "ir_flows_keep"
CONTAIN: Final = "ir_flows_contain"
BUTTONS: Final = frozenset({BLOCK, QUARANTINE, EXPLAIN, KEEP, CONTAIN})

_VALUE: Final = re.compile(r"(?a)([1-9][0-9]{0,17}):([a-z]{1,8}[0-9]{0,4}):([0-9a-f]{32})")


class Mark(msgspec.Struct, frozen=True):
    """``note`` is the number of the stored answer, ``place`` what in it is meant."""

    note: int
    place: str
    seal: str

    @classmethod
    def of(cls, value: str) -> "Mark | None":
        """Read a value; ``None`` for what no answer carries."""
        found = _VALUE.fullmatch(value)
        return cls(int(found[1]), found[2], found[3]) if found else None

    def answers(self, origin: str) -> bool:
        """Whether it was made for the answer to this row."""
        return bool(origin) and self.seal == _seal(self.note, self.place, origin)


def value_of(note: int, place: str, origin: str) -> str:
    """Return what a button carries."""
    return f"{note}:{place}:{_seal(note, place, origin)}"


def _seal(note: int, place: str, origin: str) -> str:
    return hashlib.sha256(f"{note}\n{place}\n{origin}".encode()).hexdigest()[:32]
