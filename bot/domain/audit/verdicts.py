"""What a verification found, in plain words and with the first bad sequence number."""

from enum import StrEnum

import msgspec

MOST_PROBLEMS = 50  # told one by one; more would tell nobody more


class Reason(StrEnum):
    """Kinds of problems, for programs; `Problem.text` is for people."""

    CHANGED = "changed"  # a body that does not fit its stored leaf hash
    MISSING = "missing"  # a gap in the sequence numbers
    MOVED = "moved"  # a record at another place than it says
    NOT_CANONICAL = "not_canonical"  # a body that is not RFC 8785
    REWRITTEN = "rewritten"  # records between two signed checkpoints, body and leaf together
    CUT = "cut"  # fewer records than a checkpoint or the stored head states
    FORK = "fork"  # another history than the one whose checkpoint was kept outside
    CHECKPOINT = "checkpoint"  # a checkpoint that is malformed or not signed by a trusted key
    HEAD = "head"  # records since the newest checkpoint that the stored head does not agree with
    UNSIGNED = "unsigned"  # records, and no checkpoint at all
    DISCLOSURE = "disclosure"  # words that are not the ones that were recorded
    BLOB = "blob"  # a kept plan or card that is not the one that was recorded
    PROOF = "proof"  # an inclusion proof that does not lead to the root
    UNLINKED = "unlinked"  # a part that carries no proof towards the checkpoint kept outside
    FORMAT = "format"  # a line that is not of the export format


class Problem(msgspec.Struct, frozen=True):
    """
    One thing that is wrong.

    ``first`` is the first sequence number that it can concern and ``last`` the last, both included; ``last``
    is ``None`` where it goes on to the end. ``first`` is ``None`` where it concerns no record.
    """

    reason: Reason
    text: str
    first: int | None = None
    last: int | None = None


class Finding(msgspec.Struct, frozen=True):
    """
    The result for one log or export.

    ``records`` were read; the first ``signed`` of them stand under a checkpoint of a trusted key that agrees;
    ``checkpoints`` were compared. Sound only if there is no problem.
    """

    records: int
    signed: int
    checkpoints: int
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems

    @property
    def first_bad(self) -> int | None:
        """The first sequence number that cannot be trusted, where one can be named."""
        return min((p.first for p in self.problems if p.first is not None), default=None)

    @property
    def exact(self) -> bool:
        """Whether some problem names one single record, or that the end is missing."""
        return any(
            p.first is not None and (p.first == p.last or p.reason is Reason.CUT) for p in self.problems
        )

    def __str__(self) -> str:
        """Return the finding for people, the worst first."""
        if self.problems:
            placed = sorted(self.problems, key=lambda p: (p.first is None, p.first or 0))
            return "\n".join(problem.text for problem in placed)
        text = f"{self.records} records are intact; {self.checkpoints} signed checkpoints agree"
        rest = self.records - self.signed
        return f"{text}; the last {rest} are not signed yet" if rest else text


class Notebook:
    """Collects problems, up to `MOST_PROBLEMS`."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, reason: Reason, text: str, first: int | None = None, last: int | None = None) -> None:
        """Write one problem down."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(reason, text, first, last))

    def record(self, reason: Reason, seq: int, text: str) -> None:
        """Write down a problem of a single record."""
        self.add(reason, f"record {seq} {text}", seq, seq)

    def touches(self, first: int, last: int) -> bool:
        """Whether a single record in this range is already known to be bad."""
        return any(p.first is not None and first <= p.first <= last for p in self.problems)
