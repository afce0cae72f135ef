"""
The log as people are shown it: what was recorded of a request or incident, each record with its proof.

What must hold: (1) it is the log that is read, never the rows that may change; (2) nothing is handed out that does not
lead to the root of a checkpoint signed by our key; (3) nothing here blocks the loop: trees are built in a thread.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from bot.domain.audit.checkpoint import Checkpoint
from bot.domain.audit.export import FORMAT, Blob, Header, Item, Kind, export, linked
from bot.domain.audit.kept import kept_by
from bot.domain.audit.merkle import Prover, leaf_hash
from bot.domain.errors import AuditError
from bot.domain.report import Report
from bot.engine.anchoring import Anchorer
from bot.engine.checkpointing import Checkpointer, Seal
from bot.ports import History

STEP: Final = 20_000  # records looked through in one transaction
MOST: Final = 100_000  # records that are proven or checked from here; beyond, at the command line
MOST_TAKEN: Final = 4_000  # records in one report or proof file
LINKS: Final = 200


@dataclass(frozen=True)
class Notary:
    """Reads and proves the log. ``key`` is the verifier key as people are given it; ``drawn`` makes a report a page."""

    history: History
    seal: Seal
    checkpointer: Checkpointer
    anchorer: Anchorer
    key: str
    drawn: Callable[[Report], str]


class TooMuchError(AuditError):
    """More records than are worked on from here."""


class _Of(msgspec.Struct):
    request: str = ""
    incident: str = ""


_of = msgspec.json.Decoder(_Of)


async def records_of(notary: Notary, subject: str) -> tuple[int, ...]:
    """
    Return the numbers of all records of a request, or of an incident and all its requests, from the log alone.

    Raises `TooMuchError`.
    """
    size = (await notary.history.tree()).size
    field = "incident" if subject.startswith("IN-") else "request"
    found = await _matching(notary.history, field, frozenset({subject}), size)
    if field == "incident":
        requests = frozenset(of.request for of in found.values() if of.request)
        found |= await _matching(notary.history, "request", requests, size) if requests else {}
    if len(found) > MOST_TAKEN:
        raise TooMuchError(f"{subject} has {len(found)} records, more than {MOST_TAKEN}")
    return tuple(sorted(found))


async def _matching(history: History, field: str, wanted: frozenset[str], size: int) -> dict[int, _Of]:
    marks = [f'"{field}":"{one}"' for one in sorted(wanted)]  # canonical JSON writes it in this one way
    found: dict[int, _Of] = {}
    for start in range(0, size, STEP):
        for seq in await history.about(marks, start, min(start + STEP, size)):
            of = _read((await history.bodies(seq, seq + 1))[0])
            if getattr(of, field) in wanted:  # and not only somewhere in its details
                found[seq] = of
    return found


def _read(body: bytes) -> _Of:
    try:
        return _of.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Of()


@dataclass(frozen=True)
class Part:
    """Records with what is kept beside them, the checkpoint that they stand under, and the tree to prove them in."""

    header: Header
    head: Checkpoint
    items: tuple[Item, ...]
    prover: Prover

    def lines(self) -> bytes:
        """Return it as a file that verifies offline."""
        return b"".join(export(self.header, self.items, self.prover))


async def part(notary: Notary, seqs: Sequence[int]) -> Part:
    """Return these records with their proofs. Raises ``AuditError`` where the log is not the one that was signed."""
    note, head = await _signed(notary, max(seqs) + 1)
    if head.size > MOST:
        raise TooMuchError(f"the log has {head.size} records, more than {MOST}")
    leaves: list[bytes] = []
    for start in range(0, head.size, STEP):
        leaves += await notary.history.leaves(start, min(start + STEP, head.size))
    prover = await asyncio.to_thread(Prover, leaves)
    if prover.size != head.size or prover.root() != head.root:  # (2)
        raise AuditError("the records do not lead to the newest checkpoint: check the log with /ir verify")
    items = tuple([await _item(notary.history, seq) for seq in sorted(seqs)])
    sizes = [place.signed.size for place in await notary.anchorer.kept() if place.signed]
    header = Header(
        format=FORMAT,
        kind=Kind.PART,
        origin=head.origin,
        size=head.size,
        key=notary.key,
        checkpoint=note,
        links=linked(prover, head.size, sizes[:LINKS]),
    )
    return Part(header, head, items, prover)


async def _signed(notary: Notary, size: int) -> tuple[str, Checkpoint]:
    """Return the newest checkpoint; where that is older than what is asked for, one that is signed now."""
    note = await notary.history.newest()
    if note is None or notary.seal.opened(note).size < size:
        await notary.checkpointer.sign()
        note = await notary.history.newest()
    if note is None:
        raise AuditError("the log has no signed checkpoint yet: try again in a minute")
    return note, notary.seal.opened(note)


async def _item(history: History, seq: int) -> Item:
    rows = await history.rows(seq, seq + 1)
    if len(rows) != 1:
        raise AuditError(f"record {seq} is missing: check the log with /ir verify")
    _, body, leaf = rows[0]
    if body is None or leaf_hash(body) != leaf:  # (2)
        raise AuditError(f"record {seq} was changed: check the log with /ir verify")
    said = tuple(encoded for _, encoded in await history.words(seq, seq + 1))
    names = kept_by(body)
    found = await history.blobs(names)
    blobs = tuple(Blob(name, found[name].decode("utf-8", "replace")) for name in names if name in found)
    return Item(seq=seq, body=body, leaf=leaf, disclosures=said, blobs=blobs)
