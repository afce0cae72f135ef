"""The log grows without gaps, in the transaction of the change that it tells of, or that change never was."""

import asyncio
import hashlib
from datetime import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from bot.adapters.keys.ed25519 import Ed25519Signer
from bot.adapters.store import SqlStore, StoreError, check_stored, read_log
from bot.domain.audit import checkpoint
from bot.domain.audit.check import Trust
from bot.domain.audit.checkpoint import Checkpoint
from bot.domain.audit.disclosure import conceal
from bot.domain.audit.merkle import root_of
from bot.domain.audit.record import decode, stamp
from bot.domain.errors import AuditError
from tests.adapters.store.samples import a_draft, a_request, rows_of

ORIGIN = "firebreak.example/log"

REFUSE = {
    False: (
        "CREATE TRIGGER disk_full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no space left'); END",
    ),
    True: (
        """CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$""",
        "CREATE TRIGGER disk_full BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION disk_full()",
    ),
}


async def append(store: SqlStore, **fields: Any) -> int:
    async with store.begin() as tx:
        return await tx.log.append(a_draft(**fields))


async def rows_at(url: str) -> list[tuple[int, bytes, bytes]]:
    async with read_log(url) as log:
        return [(seq, body or b"", leaf) async for rows, _ in log.batches() for seq, body, leaf in rows]


async def test_concurrent_appends_leave_no_gap_and_one_tree(
    store: SqlStore, other: SqlStore, url: str
) -> None:
    seqs = await asyncio.gather(*(append(s, outcome=str(n)) for n in range(20) for s in (store, other)))
    stored = await rows_at(url)
    records = [decode(body) for _, body, _ in stored]
    tree = await store.checkpoints.tree()

    assert sorted(seqs) == list(range(40)) == [seq for seq, _, _ in stored]
    assert [record.seq for record in records] == list(range(40))
    assert tree.root() == root_of(leaf for _, _, leaf in stored)
    assert [r.time for r in records] == sorted(r.time for r in records)


async def test_one_log_in_two_records_of_one_transaction(store: SqlStore, url: str) -> None:
    async with store.begin() as tx:
        first, second = await tx.log.append(a_draft()), await tx.log.append(a_draft())

    assert (first, second) == (0, 1)
    assert len(await rows_at(url)) == 2


async def test_the_time_of_a_record_is_not_before_its_transaction(store: SqlStore, url: str) -> None:
    async with store.begin() as tx:
        began: datetime = tx.now
        await tx.log.append(a_draft())
    ((_, body, _),) = await rows_at(url)

    assert decode(body).time >= stamp(began)


async def test_words_and_blobs_are_kept_beside_the_record_and_words_can_be_erased(
    store: SqlStore, url: str
) -> None:
    digest, words = conceal("reason", "beaconing", b"0123456789abcdef")
    async with store.begin() as tx:
        seq = await tx.log.append(a_draft(sd=(digest,)), (words,), (b"plan", b"card", b"plan"))
    async with read_log(url) as log:
        (batch,) = [found async for found in log.batches()]
        kept = await log.blob(hashlib.sha256(b"plan").hexdigest())

    assert [tuple(word) for word in batch[1]] == [(seq, words.encoded)]
    assert kept == b"plan"
    assert await store.checkpoints.erase(seq) == 1
    async with read_log(url) as log:
        assert [found[1] async for found in log.batches()] == [[]]


async def test_without_its_record_a_change_does_not_happen(store: SqlStore, url: str) -> None:
    async with store.working() as work:
        for statement in REFUSE[work.postgres]:
            await work.connection.execute(text(statement))

    async def change() -> None:
        async with store.begin() as tx:
            await tx.requests.add(a_request(), rows_of(a_request()))
            await tx.log.append(a_draft())

    with pytest.raises(AuditError, match="no space left"):
        await change()

    async with store.begin() as tx:
        assert await tx.requests.get("FB-TEST") is None
    assert await rows_at(url) == []
    assert (await store.checkpoints.tree()).size == 0


async def test_a_caller_that_goes_on_after_a_failed_record_commits_nothing(store: SqlStore, url: str) -> None:
    async def go_on() -> None:
        async with store.begin() as tx:
            await tx.requests.add(a_request(), ())
            large = a_draft(details={str(n): "y" * 2000 for n in range(40)})
            with pytest.raises(AuditError):
                await tx.log.append(large)

    with pytest.raises(AuditError, match="65536"):
        await go_on()

    async with store.begin() as tx:
        assert await tx.requests.get("FB-TEST") is None


async def test_a_record_vanishes_with_its_change(store: SqlStore, url: str) -> None:
    async def stumble() -> None:
        async with store.begin() as tx:
            await tx.log.append(a_draft())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await stumble()

    assert await rows_at(url) == []
    assert await append(store) == 0


@pytest.mark.parametrize("crime", ["UPDATE audit SET body = '{}'", "DELETE FROM audit"])
async def test_a_record_can_be_neither_changed_nor_deleted(store: SqlStore, url: str, crime: str) -> None:
    await append(store)
    before = await rows_at(url)
    with pytest.raises(StoreError, match="the audit log only grows"):
        async with store.working() as work:
            await work.connection.execute(text(crime))

    assert await rows_at(url) == before


async def test_a_damaged_head_lets_nothing_happen(store: SqlStore) -> None:
    async with store.working() as work:
        await work.connection.execute(text("UPDATE audit_head SET n = 3"))
    with pytest.raises(AuditError):
        await append(store)
    async with store.working() as work:
        await work.connection.execute(text("DELETE FROM audit_head"))
    with pytest.raises(AuditError, match="no head row"):
        await append(store)


async def test_a_stored_log_verifies_against_its_checkpoints(store: SqlStore, url: str) -> None:
    signer = Ed25519Signer(ORIGIN, Ed25519PrivateKey.generate())
    for n in range(5):
        await append(store, outcome=str(n))
    tree = await store.checkpoints.tree()
    note = str(checkpoint.sign(Checkpoint.of(ORIGIN, tree), signer))
    await store.checkpoints.add(tree.size, note)
    await store.checkpoints.add(tree.size, "another of this size")
    async with read_log(url) as log:
        finding = await check_stored(log, Trust((signer.verifier,), ORIGIN))

    assert await store.checkpoints.newest() == note
    assert finding.ok
    assert (finding.records, finding.signed, finding.checkpoints) == (5, 5, 1)


async def test_reading_sees_one_instant_and_holds_up_nobody(store: SqlStore, url: str) -> None:
    await append(store)
    async with read_log(url) as log:
        await append(store)
        head = await log.head()
        seen = [row[0] async for rows, _ in log.batches() for row in rows]

    assert seen == [0]
    assert head is not None
    assert head.size == 1


async def test_a_reader_cannot_write(store: SqlStore, url: str) -> None:
    async with read_log(url) as log:
        with pytest.raises(Exception, match=r"read.?only"):
            await log._connection.execute(text("DELETE FROM audit_head"))
