"""Checkpoints: when they are signed, and that nothing is signed over a log that is not the one that was signed."""

import asyncio
import logging
from pathlib import Path

import msgspec
import pytest

from bot.adapters.keys.ed25519 import Ed25519Signer
from bot.adapters.store import StoreError
from bot.adapters.store.history import SqlHistory
from bot.domain.audit import checkpoint
from bot.domain.audit.checkpoint import Checkpoint
from bot.domain.audit.events import Event
from bot.domain.errors import AuditError
from bot.engine.checkpointing import Checkpointer, Seal, pressing
from bot.engine.growth import PartedError
from bot.engine.opening import Start, check_newest, close_log, open_log
from tests.audit.logs import ORIGIN, Kept
from tests.controlplane.waiting import eventually
from tests.domain.audit.samples import signer

EVERY = 60.0


async def turn(kept: Kept, now: float) -> int | None:
    """Return the size that was signed at this time, if any was."""
    made = await kept.checkpointer.turn(now)
    return None if made is None else made.size


async def test_the_first_look_signs_at_once_and_an_unchanged_log_is_not_signed_again(kept: Kept) -> None:
    await kept.grow(3)

    assert await turn(kept, 1.0) == 3
    assert await turn(kept, 1.0 + 10 * EVERY) is None


async def test_what_is_not_pressing_waits_for_its_time(kept: Kept) -> None:
    await kept.grow(3)
    await turn(kept, 1.0)
    await kept.grow(2, Event.LEASE)

    assert await turn(kept, EVERY) is None
    assert await turn(kept, 1.0 + EVERY) == 5


@pytest.mark.parametrize("event", [Event.START, Event.DECIDED, Event.RESULT, Event.ROLLBACK])
async def test_what_matters_is_signed_at_the_next_look(kept: Kept, event: Event) -> None:
    await kept.grow(3)
    await turn(kept, 1.0)
    await kept.grow(1)
    assert await turn(kept, 2.0) is None
    await kept.grow(1, event)

    assert await turn(kept, 3.0) == 5


async def test_an_urgent_word_does_not_wait_and_counts_once(kept: Kept) -> None:
    await kept.grow(3)
    await turn(kept, 1.0)
    await kept.grow(1)
    kept.checkpointer.urgent()
    assert await turn(kept, 2.0) == 4
    await kept.grow(1)

    assert await turn(kept, 3.0) is None


def test_a_record_that_cannot_be_read_is_pressing() -> None:
    assert pressing([b"\xff"])
    assert not pressing([b'{"event":"lease"}'])


async def test_an_empty_log_is_not_signed(kept: Kept) -> None:
    assert await kept.checkpointer.sign() is None


async def test_the_checkpoint_is_the_one_of_the_head_under_the_key(kept: Kept, seal: Seal) -> None:
    await kept.grow(5)

    opened = checkpoint.opened((await kept.sign()).encode(), seal.verifiers, ORIGIN)

    assert opened == Checkpoint.of(ORIGIN, await kept.store.checkpoints.tree())


async def test_each_checkpoint_is_written_to_the_programs_log_and_serves_as_one_kept_outside(
    kept: Kept, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO, "firebreak.audit")
    await kept.grow(5)
    note = await kept.sign()

    told = [vars(line)["checkpoint"] for line in caplog.records if line.message == "checkpoint_signed"]
    await asyncio.to_thread((tmp_path / "kept").write_text, f"{told[0]}\n")  # as `jq -r` prints it

    assert told == [note]
    assert await kept.verify("--checkpoint", str(tmp_path / "kept")) == 0


async def test_two_replicas_sign_side_by_side_and_the_log_stays_sound(
    kept: Kept, history: SqlHistory, seal: Seal
) -> None:
    replicas = [Checkpointer(history, seal, EVERY) for _ in range(2)]
    for _ in range(4):
        await kept.grow(3)
        await asyncio.gather(*(replica.sign() for replica in replicas))
    await kept.grow(2)
    await replicas[0].sign()
    await kept.grow(2)

    assert await replicas[1].sign() is not None
    assert await kept.verify() == 0


async def test_a_running_checkpointer_signs_what_came_last_when_it_is_stopped(kept: Kept) -> None:
    stop = asyncio.Event()
    await kept.grow(2)
    running = asyncio.create_task(kept.checkpointer.run(stop))
    await eventually(kept.store.checkpoints.newest)
    await kept.grow(1)
    stop.set()
    await running

    newest = await kept.store.checkpoints.newest()
    assert newest is not None
    assert newest.split("\n")[1] == "3"


class Away(SqlHistory):
    """A database that fails once, at the first write of a checkpoint."""

    failed = False

    async def add(self, size: int, note: str) -> None:
        if not self.failed:
            self.failed = True
            raise StoreError("the database cannot be reached: sandbox")
        await super().add(size, note)


async def test_a_database_that_was_away_is_asked_again(kept: Kept, seal: Seal) -> None:
    away, stop = Away(kept.store.working), asyncio.Event()
    await kept.grow(2)
    running = asyncio.create_task(Checkpointer(away, seal, 1000 * EVERY).run(stop))
    await eventually(away.newest)
    stop.set()
    await running

    assert away.failed
    assert await kept.verify() == 0


async def test_nothing_is_signed_over_a_log_that_was_cut_beneath_the_program(kept: Kept) -> None:
    await kept.grow(9)
    await kept.sign()
    await kept.wind_back(5)

    with pytest.raises(PartedError, match="audit verify"):
        await turn(kept, 1.0)


async def test_nothing_is_signed_over_another_history_of_the_same_length(kept: Kept) -> None:
    await kept.grow(9)
    await kept.sign()
    await kept.wind_back(5)
    await kept.grow(6, Event.DRIFT)

    with pytest.raises(PartedError):
        await kept.checkpointer.sign()


async def test_nothing_is_signed_over_records_that_do_not_lead_to_the_head(kept: Kept) -> None:
    await kept.grow(9)
    await kept.sign()
    await kept.grow(4)
    await kept.flip("audit", "leaf", "seq = 11", 3)

    with pytest.raises(PartedError, match="do not lead to"):
        await kept.checkpointer.sign()


async def test_the_loop_ends_with_the_error_when_the_log_has_parted(kept: Kept) -> None:
    await kept.grow(9)
    await kept.sign()
    await kept.wind_back(5)

    with pytest.raises(PartedError):
        await kept.checkpointer.run(asyncio.Event())


# -- the start ---------------------------------------------------------------------------------------------


def start_of(key: Ed25519Signer) -> Start:
    return Start(version="0.1.0", settings="a" * 64, policy="b" * 64, key=str(key.verifier.key))


async def test_start_and_stop_stand_in_the_log_with_version_hashes_and_key(
    kept: Kept, history: SqlHistory, seal: Seal
) -> None:
    start = start_of(kept.key)
    await open_log(kept.store, history, seal, start)
    await close_log(kept.store, start)

    told = [msgspec.json.decode(body) for body in await history.bodies(0, 9)]

    assert [each["event"] for each in told] == ["start", "key", "stop"]
    assert told[0]["details"] == {"settings": "a" * 64, "version": "0.1.0"}
    assert told[0]["policy"] == "b" * 64
    assert told[1]["details"] == {"key": kept.vkey}


async def test_a_start_on_a_sound_log_goes_on_where_it_was(
    kept: Kept, history: SqlHistory, seal: Seal
) -> None:
    for count in (5, 4):
        await kept.grow(count)
        await kept.sign()
    await kept.grow(3)
    await open_log(kept.store, history, seal, start_of(kept.key))

    assert await Checkpointer(history, seal, EVERY).sign() is not None
    assert await kept.verify() == 0


async def test_a_start_is_refused_where_the_log_is_shorter_than_its_checkpoint(
    kept: Kept, history: SqlHistory, seal: Seal
) -> None:
    await kept.grow(9)
    note = await kept.sign()
    await kept.wind_back(5)
    await history.add(9, note)

    with pytest.raises(AuditError, match="has 5 records, but a checkpoint of 9 was signed"):
        await open_log(kept.store, history, seal, start_of(kept.key))
    assert (await history.tree()).size == 5


async def test_a_start_is_refused_where_the_log_is_not_the_one_that_was_signed(
    kept: Kept, history: SqlHistory, seal: Seal
) -> None:
    await kept.grow(9)
    note = await kept.sign()
    await kept.wind_back(5)
    await kept.grow(7, Event.DRIFT)
    await history.add(9, note)

    with pytest.raises(PartedError, match="are not those that the newest checkpoint signed"):
        await check_newest(history, seal)


async def test_a_start_is_refused_under_a_key_that_did_not_sign_the_log(
    kept: Kept, history: SqlHistory
) -> None:
    await kept.grow(9)
    await kept.sign()
    other = signer(9, ORIGIN)

    with pytest.raises(AuditError, match=r"audit\.key_file"):
        await check_newest(history, Seal(ORIGIN, other, (other.verifier,)))
