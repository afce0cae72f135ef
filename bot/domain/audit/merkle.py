"""
Merkle tree hashes and proofs of RFC 6962, section 2.1, over SHA-256.

Every function takes *leaf hashes* (32 bytes each, see `leaf_hash`), never bodies, so that a log whose old
bodies were dropped can still be proven. D[n], MTH, PATH, PROOF and SUBPROOF below are the RFC's names.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Self

import msgspec

HASH_SIZE = 32  # bytes of a SHA-256

# 2.1: "The hash of an empty list is the hash of an empty string: MTH({}) = SHA-256()."
EMPTY_ROOT = hashlib.sha256(b"").digest()

_sha256 = hashlib.sha256
_LEAF, _NODE = _sha256(b"\x00"), _sha256(b"\x01")


def leaf_hash(body: bytes) -> bytes:
    """
    Return the hash of one entry.

    2.1: "MTH({d(0)}) = SHA-256(0x00 || d(0))". The first byte keeps leaves apart from nodes: "this domain
    separation is required to give second preimage resistance".
    """
    return _sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node; 2.1: ``SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))``."""
    return _sha256(b"\x01" + left + right).digest()


def leaf_hashes(bodies: Iterable[bytes]) -> list[bytes]:
    """Return `leaf_hash` of each body; the fast way for many."""
    # Copying a state that has the prefix takes a third less than hashing prefix + text from the start, and
    # a function call for each hash would cost it again.
    begin, hashes = _LEAF.copy, []
    for body in bodies:
        state = begin()
        state.update(body)
        hashes.append(state.digest())
    return hashes


def _pairs(row: list[bytes]) -> list[bytes]:
    begin, hashes, sides = _NODE.copy, [], iter(row)
    for left, right in zip(sides, sides, strict=True):
        state = begin()
        state.update(left + right)
        hashes.append(state.digest())
    return hashes


class CompactRange(msgspec.Struct, frozen=True):
    """
    All that must be kept of a tree to append to it: its size and the roots of its complete subtrees.

    ``peaks`` holds one hash for each bit that is set in ``size``, the largest subtree first.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no tree can look like, with ``ValueError``: it was read from a damaged row."""
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise ValueError(f"a tree of {self.size} leaves cannot have {len(self.peaks)} peaks")
        if any(len(peak) != HASH_SIZE for peak in self.peaks):
            raise ValueError(f"a peak is not {HASH_SIZE} bytes long")

    @classmethod
    def load(cls, size: int, peaks: bytes) -> Self:
        """Return the range that `dump` stored; raises ``ValueError`` when the two do not fit."""
        if len(peaks) % HASH_SIZE:
            raise ValueError(f"stored peaks are {len(peaks)} bytes, not a multiple of {HASH_SIZE}")
        return cls(size, tuple(peaks[at : at + HASH_SIZE] for at in range(0, len(peaks), HASH_SIZE)))

    def dump(self) -> bytes:
        """Return the peaks as one row of bytes, the largest subtree first."""
        return b"".join(self.peaks)

    def append(self, leaf: bytes) -> "CompactRange":
        """Return the tree with one more leaf, in O(log size) hashes."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> "CompactRange":
        """
        Return the tree with these leaves behind its own, one node hash per leaf on average.

        Level by level: what waits on the level from before comes first, pairs go up, an odd one waits.
        """
        waiting, kept, row = list(self.peaks), [], list(leaves)
        size, level = self.size + len(row), 0
        while row or self.size >> level:
            if self.size >> level & 1:
                row.insert(0, waiting.pop())
            if len(row) % 2:
                kept.append(row.pop())
            row = _pairs(row)
            level += 1
        return CompactRange(size, tuple(reversed(kept)))

    def root(self) -> bytes:
        """
        Return the root of the tree.

        2.1 splits at "the largest power of two smaller than n": the largest peak is always the left side,
        so the peaks are folded from the right.
        """
        if not self.peaks:
            return EMPTY_ROOT
        *rest, root = self.peaks
        for peak in reversed(rest):
            root = node_hash(peak, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return MTH(D[n]) of these leaf hashes."""
    return CompactRange().extend(leaves).root()


def split(size: int) -> int:
    """Return 2.1's k for ``size`` > 1, "the largest power of two smaller than n (i.e., k < n <= 2k)"."""
    return 1 << (size - 1).bit_length() - 1


class Prover:
    """
    Proofs for one tree of known leaf hashes.

    Builds every complete subtree once (64 bytes per leaf, one hash per leaf), then each proof takes
    O(log^2 size).
    """

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.size = len(leaves)
        self._levels = [list(leaves)]
        while len(row := self._levels[-1]) > 1:
            self._levels.append(_pairs(row[: len(row) // 2 * 2]))

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the first ``size`` leaves (all of them if not said)."""
        upto = self.size if size is None else size
        if not 0 <= upto <= self.size:
            raise ValueError(f"a log of {self.size} records has no tree of {upto}")
        return self._range(0, upto) if upto else EMPTY_ROOT

    def inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """
        Return the audit path of the leaf ``index`` in the tree of the first ``size`` leaves.

        2.1.1: "PATH(m, D[n]) = PATH(m, D[0:k]) : MTH(D[k:n]) for m < k; and
        PATH(m, D[n]) = PATH(m - k, D[k:n]) : MTH(D[0:k]) for m >= k", leaf's sibling first.
        Raises ``ValueError`` for an index outside of the tree.
        """
        end = self.size if size is None else size
        if not 0 <= index < end <= self.size:
            raise ValueError(f"no record {index} in a tree of {end}")
        start, path = 0, []
        while end - start > 1:
            middle = start + split(end - start)
            if index < middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start = middle
        return tuple(reversed(path))

    def consistency(self, old: int, size: int | None = None) -> tuple[bytes, ...]:
        """
        Return the proof that the tree of ``size`` leaves extends the one of its first ``old``.

        2.1.2: "PROOF(m, D[n]) = SUBPROOF(m, D[n], true)", where the flag says that the old root is known:
        "SUBPROOF(m, D[m], true) = {}", "SUBPROOF(m, D[m], false) = {MTH(D[m])}", and at each split one goes
        into the side that holds the border and adds the root of the other. Empty for ``old`` 0 or ``size``.
        """
        end = self.size if size is None else size
        if not 0 <= old <= end <= self.size:
            raise ValueError(f"no consistency proof from {old} to {end} in a log of {self.size}")
        if old in (0, end):
            return ()
        start, proof, known = 0, [], True
        while old != end:
            middle = start + split(end - start)
            if old <= middle:
                proof.append(self._range(middle, end))
                end = middle
            else:
                proof.append(self._range(start, middle))
                start, known = middle, False
        if not known:
            proof.append(self._range(start, end))
        return tuple(reversed(proof))

    def _range(self, start: int, end: int) -> bytes:
        # MTH(D[start:end]) where start is a multiple of a power of two that is at least the length.
        size = end - start
        if size & (size - 1) == 0:
            return self._levels[size.bit_length() - 1][start // size]
        middle = start + split(size)
        return node_hash(self._range(start, middle), self._range(middle, end))


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return PATH(index, D[n]); 2.1.1. For many proofs of one tree keep a `Prover`."""
    return Prover(leaves).inclusion(index)


def consistency_proof(old: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return PROOF(old, D[n]); 2.1.2. For many proofs of one tree keep a `Prover`."""
    return Prover(leaves).consistency(old)


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """
    Whether the leaf stands at ``index`` in the tree of ``size`` leaves with this root.

    The algorithm of RFC 9162, section 2.1.3.2, whose tree is that of RFC 6962.
    """
    if not 0 <= index < size or not _hashes((leaf, root, *proof)):
        return False
    first, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False  # "If sn is 0, then stop the iteration and fail the proof verification."
        if first & 1 or first == last:
            found = node_hash(sibling, found)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(old: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes) -> bool:
    """
    Whether the tree of ``size`` leaves with ``root`` extends the tree of ``old`` leaves with ``old_root``.

    The algorithm of RFC 9162, section 2.1.4.2, with the two cases that it leaves out: every tree extends
    the empty one, and a tree extends itself; for both the proof is empty.
    """
    if not 0 <= old <= size or not _hashes((old_root, root, *proof)):
        return False
    if old in (0, size):
        return not proof and old_root == (root if old else EMPTY_ROOT)
    return _walk(old - 1, size - 1, _seeded(old, proof, old_root)) == (old_root, root)


def _seeded(old: int, proof: Sequence[bytes], old_root: bytes) -> list[bytes]:
    # Step 2: "If first is an exact power of 2, then prepend first_hash to the consistency_path array."
    return [old_root, *proof] if old & (old - 1) == 0 else list(proof)


def _walk(first: int, last: int, path: list[bytes]) -> tuple[bytes, bytes] | None:
    # Steps 3 to 6: both roots as the path gives them, or None where it is too short or too long.
    if not path:
        return None
    while first & 1:
        first, last = first >> 1, last >> 1
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            return None
        if first & 1 or first == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            new = node_hash(new, node)
        first, last = first >> 1, last >> 1
    return (old, new) if last == 0 else None


def _hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_SIZE for value in values)
