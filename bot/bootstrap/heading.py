"""The checkpoint under which an export stands, and its first line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.adapters.keys.ed25519 import Ed25519Signer, Ed25519Verifier
from bot.bootstrap.believing import Belief, UsageError
from bot.domain.audit import checkpoint, notes
from bot.domain.audit.checkpoint import Checkpoint
from bot.domain.audit.export import FORMAT, Header, Kind, linked
from bot.domain.audit.merkle import CompactRange, Prover
from bot.domain.audit.notes import NoteError
from bot.domain.errors import AuditError

MOST_CHECKPOINTS = (
    10_000  # in a whole export, 200 to 300 bytes each: they place a fault, the newest one proves
)
MOST_LINKS = 500  # in a part, about 1 kB each
NOT_SIGNED = (
    "the log has no checkpoint yet: wait until the bot has signed one, or export where its key file is"
)


@dataclass(frozen=True)
class Head:
    """A checkpoint with its note, and the key that signed it."""

    checkpoint: Checkpoint
    note: str
    key: Ed25519Verifier


def head_of(
    prover: Prover,
    stored: CompactRange | None,
    kept: Sequence[str],
    believed: Belief,
    own: Ed25519Signer | None,
) -> Head:
    """
    Return the newest checkpoint; where the key is at hand and records lie behind it, one signed just now.

    That one is not kept in the database, which was opened for reading. Raises ``AuditError`` where leaves, head
    and checkpoint do not agree: nothing is signed or exported then.
    """
    newest = _opened(kept[-1], believed) if kept else None
    if newest is not None and not _agrees(prover, newest.checkpoint):
        raise AuditError("its newest checkpoint does not agree with its records")
    if newest is not None and (own is None or newest.checkpoint.size == prover.size):
        return newest
    if own is None:
        raise UsageError(NOT_SIGNED)
    if stored is None or (stored.size, stored.root()) != (prover.size, prover.root()):
        raise AuditError("its stored head does not agree with its records")
    made = Checkpoint(believed.origin or own.name, prover.size, prover.root())
    return Head(made, str(checkpoint.sign(made, own)), own.verifier)


def _opened(note: str, believed: Belief) -> Head:
    try:
        raw = note.encode()
        found = checkpoint.opened(raw, believed.verifiers, believed.origin)
        named = notes.verified(notes.parse(raw), believed.verifiers)
    except (NoteError, UnicodeEncodeError) as error:
        raise AuditError(f"its newest checkpoint cannot be believed: {error}") from error
    return Head(found, note, next(key for key in believed.verifiers if key.name in named))


def _agrees(prover: Prover, head: Checkpoint) -> bool:
    return head.size <= prover.size and prover.root(head.size) == head.root


def header_of(kind: Kind, head: Head, prover: Prover, kept: Sequence[str], sizes: Iterable[int]) -> Header:
    """
    Return the first line.

    ``sizes`` are those of checkpoints that somebody keeps outside: a part carries links to them, and to those
    that were kept beside the log.
    """
    size = head.checkpoint.size
    wanted = {*sizes, *map(_size, spread(kept, MOST_LINKS))} if kind is Kind.PART else set()
    return Header(
        format=FORMAT,
        kind=kind,
        origin=head.checkpoint.origin,
        size=size,
        key=str(head.key.key),
        checkpoint=head.note,
        checkpoints=tuple(spread(kept, MOST_CHECKPOINTS)) if kind is Kind.WHOLE else (),
        links=linked(prover, size, wanted),
    )


def _size(note: str) -> int:
    try:
        return Checkpoint.parse(notes.parse(note.encode()).text).size
    except (NoteError, UnicodeEncodeError):
        return 0


def spread(kept: Sequence[str], most: int) -> Sequence[str]:
    """Return at most ``most`` of them, evenly spaced, the last one among them."""
    step = -(-len(kept) // most) or 1
    return kept[::-1][::step][::-1]
