"""A small real log with a real key, for the tests of the audit format."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.adapters.keys.ed25519 import Ed25519Signer
from bot.domain.audit import checkpoint
from bot.domain.audit.check import Row, Trust, Words
from bot.domain.audit.checkpoint import Checkpoint
from bot.domain.audit.disclosure import conceal
from bot.domain.audit.events import ActorType, Event
from bot.domain.audit.export import FORMAT, Blob, Header, Item, Kind, Link, export
from bot.domain.audit.merkle import CompactRange, Prover, leaf_hash
from bot.domain.audit.record import Actor, Draft, canonical

ORIGIN = "firebreak.example/sandbox"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CARD = '{"blocks":["the card as it was shown"]}'
PERSON = Actor(ActorType.PERSON, "T0SANDBOX:U0ALICE", "slack")


def signer(seed: int = 1, name: str = ORIGIN) -> Ed25519Signer:
    """Return a throwaway key that is the same in every run."""
    return Ed25519Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def body(seq: int, *, words: str = "", card: bool = False) -> tuple[bytes, tuple[str, ...]]:
    """Return a record's bytes and its disclosures."""
    made = [conceal("reason", words, bytes([seq % 251]) * 16)] if words else []
    draft = Draft(
        event=Event.PLAN_SHOWN if card else Event.RESULT,
        actor=PERSON,
        request=f"FB-{seq % 7}",
        target=f"prod/payments/api-{seq}",
        outcome="accepted",
        digest=sha256(f"plan {seq}"),
        details={"kept": {"card": sha256(CARD)}} if card else {"version": seq},
        sd=tuple(digest for digest, _ in made),
    )
    encoded = tuple(disclosure.encoded for _, disclosure in made)
    return canonical(draft.complete(seq, NOON + timedelta(seconds=seq))), encoded


@dataclass(frozen=True)
class Log:
    """A log at rest; satisfies `LogReader`. ``sizes`` are those at which checkpoints were signed."""

    rows: tuple[Row, ...]
    words: tuple[Words, ...]
    notes: tuple[str, ...]
    stored: CompactRange | None = None
    batch: int = field(default=16)

    def batches(self) -> Iterator[tuple[Sequence[Row], Sequence[Words]]]:
        for at in range(0, len(self.rows), self.batch):
            part = self.rows[at : at + self.batch]
            seqs = {row[0] for row in part}
            yield part, [word for word in self.words if word[0] in seqs]

    def checkpoints(self) -> tuple[str, ...]:
        return self.notes

    def head(self) -> CompactRange | None:
        return self.stored

    @property
    def leaves(self) -> list[bytes]:
        return [row[2] for row in self.rows]

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(ORIGIN, size, Prover(self.leaves).root(size))

    def with_row(self, seq: int, row: Row) -> "Log":
        return replace(self, rows=(*self.rows[:seq], row, *self.rows[seq + 1 :]))


def note(head: Checkpoint, key: Ed25519Signer | None = None) -> str:
    return str(checkpoint.sign(head, key or signer()))


def log(count: int, sizes: Iterable[int] = (), salt: int = 0) -> Log:
    """Return a log of ``count`` records: each fifth conceals a reason, each seventh shows a card."""
    rows: list[Row] = []
    words: list[Words] = []
    for seq in range(count):
        reason = f"reason {seq} {salt}" if seq % 5 == 0 else ""
        raw, encoded = body(seq, words=reason, card=seq % 7 == 3)
        rows.append((seq, raw, leaf_hash(raw)))
        words += [(seq, each) for each in encoded]
    made = Log(tuple(rows), tuple(words), ())
    notes = tuple(note(made.checkpoint(size)) for size in sizes)
    return replace(made, notes=notes, stored=CompactRange().extend(made.leaves))


def trust(*outside: Checkpoint, key: Ed25519Signer | None = None) -> Trust:
    return Trust(((key or signer()).verifier,), ORIGIN, outside)


def header(source: Log, kind: Kind, size: int, links: Iterable[int] = ()) -> Header:
    prover = Prover(source.leaves)
    made = tuple(Link(each, prover.consistency(*sorted((each, size)))) for each in links)
    return Header(
        format=FORMAT,
        kind=kind,
        origin=ORIGIN,
        size=size,
        key=str(signer().verifier.key),
        checkpoint=note(source.checkpoint(size)),
        checkpoints=source.notes if kind is Kind.WHOLE else (),
        links=made,
    )


def items(source: Log, chosen: Iterable[int], left_out: Iterable[int] = ()) -> Iterator[Item]:
    for seq in chosen:
        _, raw, leaf = source.rows[seq]
        said = tuple(encoded for owner, encoded in source.words if owner == seq)
        blobs = (Blob(sha256(CARD), CARD),) if seq % 7 == 3 else ()
        if seq in left_out:
            yield Item(seq=seq, body=None, leaf=leaf)
        else:
            yield Item(seq=seq, body=raw, leaf=leaf, disclosures=said, blobs=blobs)


def lines(source: Log, kind: Kind, chosen: Iterable[int], links: Iterable[int] = ()) -> list[bytes]:
    head = header(source, kind, len(source.rows), links)
    return list(export(head, items(source, chosen), Prover(source.leaves)))
