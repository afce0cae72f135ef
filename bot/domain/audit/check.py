"""
Verification of a whole log in one pass, at about the speed of hashing it.

What must hold:
 (1) sequence numbers run from 0 without a gap;
 (2) the hash of every body is its stored leaf;
 (3) the root over the leaves is, at each checkpoint's size, the checkpoint's root;
 (4) each stored checkpoint is signed by a trusted key and of this log;
 (5) every disclosure that is still there is one that its record stands for;
 (6) the log is no shorter than any checkpoint or the stored head, and agrees with the head at its end;
 (7) where asked for, or not yet signed: bodies are canonical and stand where they say.

A checkpoint that was kept outside is compared like the log's own (3, 6). Only it tells of a cut tail or a
restored backup that the one who holds the database and the key has covered up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

from bot.domain.audit import checkpoint, notes
from bot.domain.audit.bodies import check_place, check_words
from bot.domain.audit.checkpoint import Checkpoint
from bot.domain.audit.merkle import HASH_SIZE, CompactRange, leaf_hash, leaf_hashes
from bot.domain.audit.notes import NoteError, Verifier
from bot.domain.audit.verdicts import Finding, Notebook, Reason

Row = tuple[int, bytes | None, bytes]
"""(seq, exact body or None where it was dropped or left out, stored leaf hash)."""

Words = tuple[int, str]
"""(seq, an encoded disclosure of that record)."""

BATCH = 4096  # rows: about 2 MB, and the cost of a batch is spread well


@dataclass(frozen=True, slots=True)
class Trust:
    """
    What the verifier believes beforehand.

    ``outside`` are checkpoints that were kept elsewhere, already opened with `checkpoint.opened`.
    """

    verifiers: tuple[Verifier, ...]
    origin: str | None = None
    outside: tuple[Checkpoint, ...] = ()


class LogReader(Protocol):
    """
    A log at rest, read in one snapshot; may be read twice.

    Nothing may be concluded from what it returns before `check_log` has.
    """

    def batches(self) -> Iterable[tuple[Sequence[Row], Sequence[Words]]]:
        """Yield rows ordered by seq, about `BATCH` at a time, each with the disclosures of just these rows."""

    def checkpoints(self) -> Iterable[str]:
        """Yield the stored signed checkpoints, in any order."""

    def head(self) -> CompactRange | None:
        """Return the stored head, or ``None`` where there is none to compare."""


@dataclass(frozen=True, slots=True, order=True)
class _Mark:
    size: int
    outside: bool
    root: bytes = field(compare=False)


class LogCheck:
    """One pass over one log: feed it rows in order, then finish. Holds no rows."""

    def __init__(self, trust: Trust, stored: Iterable[str] = (), *, deep: bool = False) -> None:
        self._notebook = Notebook()
        self._deep = deep
        self._tree = CompactRange()
        self._next = 0  # the sequence number that must follow
        self._agreed = {False: 0, True: 0}  # by outside: the largest size whose root agreed
        self._parted = {False: False, True: False}
        self._compared = 0
        self._marks = sorted(
            [*self._own(trust, stored), *(_Mark(c.size, True, c.root) for c in trust.outside)]
        )
        self._newest = max((mark.size for mark in self._marks), default=0)

    def feed(self, rows: Iterable[Row], words: Iterable[Words] = ()) -> None:
        """Check the next rows, and the disclosures that belong to them."""
        batch = list(rows)
        if not batch:
            return
        seqs, bodies, leaves = zip(*batch, strict=True)
        expected = range(self._next, self._next + len(batch))
        if seqs != tuple(expected) or not _fit(bodies, leaves):
            leaves = tuple(self._search(batch))  # (1) (2), one by one
        if self._deep or expected.stop > self._newest:
            self._place(batch)  # (7)
        self._next = seqs[-1] + 1
        self._absorb(leaves)  # (3)
        self._disclosed(batch, words)  # (5)

    def finish(self, head: CompactRange | None = None) -> Finding:
        """Return what was found; ``head`` is the stored one, read in the same snapshot as the rows."""
        self._end(head)  # (6)
        signed = max(self._agreed.values())
        if self._next and not signed and not self._notebook.problems:
            text = f"none of the {self._next} records stands under a checkpoint of a trusted key"
            self._notebook.add(Reason.UNSIGNED, text, 0)
        return Finding(self._tree.size, signed, self._compared, tuple(self._notebook.problems))

    def _own(self, trust: Trust, stored: Iterable[str]) -> Iterable[_Mark]:
        for number, note in enumerate(stored):
            try:
                head = checkpoint.opened(note.encode(), trust.verifiers, trust.origin)  # (4)
            except (NoteError, UnicodeEncodeError) as error:
                what = f"stored checkpoint number {number + 1} ({_stated(note)}): {error}"
                self._notebook.add(Reason.CHECKPOINT, what)
            else:
                yield _Mark(head.size, False, head.root)

    def _search(self, batch: Sequence[Row]) -> Iterable[bytes]:
        expected = self._next
        for seq, body, leaf in batch:
            if seq > expected:
                gap = f"record {expected} is missing: record {seq} follows record {expected - 1}"
                self._notebook.add(Reason.MISSING, gap, expected, expected)
            elif seq < expected:
                self._notebook.record(Reason.MOVED, seq, f"stands where record {expected} should be")
            if body is not None and leaf_hash(body) != leaf:
                self._notebook.record(
                    Reason.CHANGED, seq, "was changed: its body is not what its leaf hash says"
                )
            elif len(leaf) != HASH_SIZE:
                self._notebook.record(Reason.CHANGED, seq, "has a leaf that is no SHA-256")
            expected = seq + 1
            yield leaf if len(leaf) == HASH_SIZE else bytes(HASH_SIZE)

    def _place(self, batch: Sequence[Row]) -> None:
        for seq, body, _leaf in batch:
            if body is not None and (self._deep or seq >= self._newest):
                check_place(seq, body, self._notebook)

    def _disclosed(self, batch: Sequence[Row], words: Iterable[Words]) -> None:
        given = list(words)
        bodies = {seq: body for seq, body, _leaf in batch} if given else {}
        for seq, encoded in given:
            check_words(seq, bodies.get(seq), encoded, self._notebook)

    def _absorb(self, leaves: Sequence[bytes]) -> None:
        rest = leaves
        while self._marks and self._marks[0].size <= self._tree.size + len(rest):
            step = self._marks[0].size - self._tree.size
            self._tree, rest = self._tree.extend(rest[:step]), rest[step:]
            self._compare(self._marks.pop(0))
        self._tree = self._tree.extend(rest)

    def _compare(self, mark: _Mark) -> None:
        self._compared += 1
        if self._tree.root() == mark.root:
            self._agreed[mark.outside] = max(mark.size, self._agreed[mark.outside])
        elif not self._parted[mark.outside]:
            self._parted[mark.outside] = True  # every later one of this kind differs as well
            self._blame(mark, self._agreed[mark.outside])

    def _blame(self, mark: _Mark, first: int) -> None:
        last = mark.size - 1
        if self._notebook.touches(first, last):
            return  # the record that is already known to be bad explains it
        if mark.outside:
            text = (
                f"restored backup or fork: the log is not the one whose checkpoint of {mark.size} records was kept "
                f"outside; they part at one of the records {first} to {last}"
            )
            self._notebook.add(Reason.FORK, text, first, last)
        else:
            text = f"one of the records {first} to {last} was rewritten: the checkpoint signed after it disagrees"
            self._notebook.add(Reason.REWRITTEN, text, first, last)

    def _end(self, head: CompactRange | None) -> None:
        unreached = [(mark.size, mark.outside) for mark in self._marks if mark.size > self._next]
        if unreached:
            size, outside = max(unreached)
            whose = "the checkpoint kept outside" if outside else "its own checkpoint"
            self._cut(size, whose)
        elif head is not None and head.size > self._next:
            self._cut(head.size, "its head")
        elif head is not None and (head.size, head.root()) != (self._tree.size, self._tree.root()):
            first, last = max(self._agreed.values()), max(self._next - 1, 0)
            if not self._notebook.touches(0, last):
                text = f"the stored head disagrees with the records from {first} on, none of them signed yet"
                self._notebook.add(Reason.HEAD, text, first, last)

    def _cut(self, size: int, whose: str) -> None:
        text = (
            f"tail cut or backup restored: the log has {self._next} records, {whose} says {size}; "
            f"record {self._next} is the first that is missing"
        )
        self._notebook.add(Reason.CUT, text, self._next)


def _fit(bodies: tuple[bytes | None, ...], leaves: tuple[bytes, ...]) -> bool:
    # `all` is the quick test for None; an empty body, which no record is, takes the slow way too.
    return all(bodies) and leaf_hashes(cast("tuple[bytes, ...]", bodies)) == list(leaves)


def _stated(note: str) -> str:
    try:
        return f"of {Checkpoint.parse(notes.parse(note.encode()).text).size} records"
    except (NoteError, UnicodeEncodeError):
        return "unreadable"


def check_log(log: LogReader, trust: Trust) -> Finding:
    """
    Return the finding for a whole log.

    Where something is wrong that one pass can only place between two checkpoints, a second one looks into
    the bodies: a swapped pair names itself.
    """
    finding = _pass(log, trust, deep=False)
    return finding if finding.ok or finding.exact else _pass(log, trust, deep=True)


def _pass(log: LogReader, trust: Trust, *, deep: bool) -> Finding:
    check = LogCheck(trust, log.checkpoints(), deep=deep)
    for rows, words in log.batches():
        check.feed(rows, words)
    return check.finish(log.head())
