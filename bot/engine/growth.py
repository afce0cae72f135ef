"""
Proves that the log has only grown since a checkpoint, by reading no more leaves than that takes.

The head holds the roots of its complete subtrees. Those that the checkpoint's tree had as well need not be read
again: if they were not the same, the checkpoint's root would not come out. What is read is usually about as many
leaves as were added since, and all of them only when the size has passed a power of two.
"""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.audit.checkpoint import Checkpoint
from bot.domain.audit.merkle import HASH_SIZE, CompactRange
from bot.domain.errors import AuditError

EMPTY = CompactRange()
STEP = 4096  # leaves read at once: a few milliseconds of the loop

REMEDY = "stop, keep a copy of the database, and run: firebreak audit verify --checkpoint FILE"


class Stored(Protocol):
    """What is read of a ``History`` here, and nothing else."""

    async def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        """Return the leaf hashes of the records ``start`` to ``stop`` - 1 in order; fewer where some are missing."""


class PartedError(AuditError):
    """The log is not the one that was signed: records were changed, cut off, or a backup was restored."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; {REMEDY}")


def shared(head: CompactRange, size: int) -> CompactRange:
    """Return the complete subtrees of ``head`` that its tree of the first ``size`` leaves has as well."""
    low = (head.size ^ size).bit_length()
    common = head.size >> low << low
    return CompactRange(common, head.peaks[: common.bit_count()])


async def check_growth(
    history: Stored, head: CompactRange, signed: Checkpoint, known: CompactRange = EMPTY
) -> None:
    """
    Raise `PartedError` unless ``head`` extends ``signed``, and the stored leaves lead from there to it.

    ``known`` is a tree that the caller has proven before, at most as large as ``signed``: ``head`` must extend it too.
    """
    if signed.size > head.size:
        raise PartedError(
            f"the audit log has {head.size} records, but a checkpoint of {signed.size} was signed: its tail was cut "
            "off, or a backup was restored"
        )
    at = await extended(history, known if known.size else shared(head, signed.size), signed.size)
    if at.root() != signed.root:
        raise PartedError(f"the first {signed.size} records are not those that the newest checkpoint signed")
    if await extended(history, at, head.size) != head:
        raise PartedError(f"the records behind the {signed.size} signed ones do not lead to the log's head")


async def extended(history: Stored, tree: CompactRange, size: int) -> CompactRange:
    """Return the tree with the stored leaves up to ``size``; raises `PartedError` where one is missing."""
    while tree.size < size:
        stop = min(size, tree.size + STEP)
        leaves = await history.leaves(tree.size, stop)
        if len(leaves) != stop - tree.size or any(len(leaf) != HASH_SIZE for leaf in leaves):
            raise PartedError(f"of the records {tree.size} to {stop - 1} some are missing or have no hash")
        tree = tree.extend(leaves)
    return tree
