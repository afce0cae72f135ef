"""That a log has only grown is proven exactly, from few leaves."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit.checkpoint import Checkpoint
from bot.domain.audit.merkle import CompactRange, leaf_hash, root_of
from bot.engine.growth import PartedError, check_growth, shared


@dataclass
class Leaves:
    """A log of leaf hashes in memory, which counts what is read of it."""

    stored: list[bytes]
    read: int = field(default=0)

    async def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        self.read += stop - start
        return self.stored[start:stop]


LEAVES = [leaf_hash(b"%d" % number) for number in range(300)]
sizes = st.tuples(st.integers(1, 300), st.integers(0, 300)).filter(lambda pair: pair[1] <= pair[0])


def signed(size: int) -> Checkpoint:
    return Checkpoint("log", size, root_of(LEAVES[:size]))


def check(log: Leaves, mark: Checkpoint, known: int = 0) -> None:
    head = CompactRange().extend(log.stored)
    asyncio.run(check_growth(log, head, mark, CompactRange().extend(LEAVES[:known])))


@given(sizes, st.data())
def test_any_log_that_only_grew_passes(pair: tuple[int, int], data: st.DataObject) -> None:
    size, old = pair
    known = data.draw(st.integers(0, old))

    check(Leaves(LEAVES[:size]), signed(old), known)


@given(sizes, st.data())
def test_a_changed_leaf_is_found_wherever_it_is(pair: tuple[int, int], data: st.DataObject) -> None:
    size, old = pair
    if not old:
        return
    changed = LEAVES[:size]
    changed[data.draw(st.integers(0, old - 1))] = bytes(32)

    with pytest.raises(PartedError):
        check(Leaves(changed), signed(old))


def test_a_log_shorter_than_its_checkpoint_is_told_as_such() -> None:
    with pytest.raises(PartedError, match="has 7 records, but a checkpoint of 9"):
        check(Leaves(LEAVES[:7]), signed(9))


def test_a_missing_leaf_is_told_by_its_range() -> None:
    log = Leaves(LEAVES[:19])
    head = CompactRange().extend(LEAVES[:20])

    with pytest.raises(PartedError, match="of the records 16 to 19 some are missing"):
        asyncio.run(check_growth(log, head, signed(16)))


def test_only_what_the_two_trees_do_not_share_is_read() -> None:
    log = Leaves(LEAVES[:261])

    check(log, signed(260))

    assert log.read == 1


@given(sizes)
def test_the_shared_subtrees_are_those_of_the_older_tree(pair: tuple[int, int]) -> None:
    size, old = pair
    common = shared(CompactRange().extend(LEAVES[:size]), old)

    assert common.size <= old
    assert common == CompactRange().extend(LEAVES[: common.size])
