"""A log in a database, verified by the command line: what is sound, and everything that is done to it is found."""

from pathlib import Path

import pytest

from bot.adapters.keys.ed25519 import Ed25519Signer
from bot.adapters.store import StoreError
from bot.bootstrap.believing import UsageError
from bot.bootstrap.verifying import check_database
from bot.domain.audit.check import Trust
from bot.domain.audit.verdicts import Finding, Reason
from tests.audit.logs import ORIGIN, Kept, audited, firebreak, on_sqlite

Printed = pytest.CaptureFixture[str]


@pytest.fixture
async def signed(kept: Kept) -> Kept:
    """Return a log of 24 records with checkpoints at 8, 16 and 20; records 0, 5, ... have words, 3, 10, 17 cards."""
    for count in (8, 8, 4):
        await kept.grow(count)
        await kept.sign()
    await kept.grow(4)
    return kept


async def found(log: Kept) -> Finding:
    return await check_database(log.url, Trust((log.key.verifier,), ORIGIN))


def reasons(finding: Finding) -> set[Reason]:
    return {problem.reason for problem in finding.problems}


async def test_a_log_that_nobody_touched_is_sound(signed: Kept, capsys: Printed) -> None:
    code = await signed.verify()
    told = capsys.readouterr().out

    assert code == 0
    assert told.startswith(
        "SOUND\n24 records are intact; 3 signed checkpoints agree; the last 4 are not signed yet\n"
    )
    assert signed.vkey in told
    assert "no checkpoint from outside was compared" in told


async def test_it_can_be_verified_while_the_bot_goes_on_writing(signed: Kept) -> None:
    async with signed.store.begin():
        assert await signed.verify() == 0


# (table, column, row, byte, the first record that cannot be trusted any more)
PLACES = [
    *(("audit", "body", f"seq = {seq}", at, seq) for seq in (0, 9, 19, 23) for at in (0, 40, -1)),
    *(("audit", "leaf", f"seq = {seq}", 7, seq) for seq in (0, 9, 19, 23)),
    *(("audit_head", "peaks", "id = 1", at, 20) for at in (0, 33, -1)),
    *(("checkpoints", "note", "n = 16", at, None) for at in (0, 27, 40, -3)),
    ("disclosures", "doc", "seq = 5", 30, 5),
]


async def test_a_flipped_bit_is_found_and_the_first_bad_record_named(signed: Kept) -> None:
    bad = []
    for table, column, where, at, _ in PLACES:
        before = await signed.flip(table, column, where, at)
        finding = await found(signed)
        bad.append((table, column, where, at, "sound" if finding.ok else finding.first_bad))
        await signed.put(table, column, where, before)

    assert bad == PLACES


async def test_a_head_of_another_size_is_found(signed: Kept) -> None:
    for size in (22, 23, 25, 40):
        await signed.damage("UPDATE audit_head SET n = :n", n=size)

        assert reasons(await found(signed)) in ({Reason.HEAD}, {Reason.CUT})
        assert await signed.verify() == 1


async def test_a_missing_head_is_found(signed: Kept) -> None:
    await signed.damage("DELETE FROM audit_head")

    assert reasons(await found(signed)) == {Reason.HEAD}


async def test_words_that_were_moved_to_another_record_are_found(signed: Kept) -> None:
    await signed.damage("UPDATE disclosures SET seq = 6 WHERE seq = 5")

    assert (await found(signed)).first_bad == 6


async def test_erased_words_leave_the_log_sound(signed: Kept) -> None:
    assert await signed.store.checkpoints.erase(5) == 1

    assert await signed.verify() == 0


async def test_a_card_that_was_changed_names_the_record(signed: Kept) -> None:
    name = (await signed.value("SELECT hash FROM blobs ORDER BY hash LIMIT 1")).decode()
    await signed.flip("blobs", "bytes", f"hash = '{name}'", 5)

    assert reasons(await found(signed)) == {Reason.BLOB}
    assert (await found(signed)).first_bad in (3, 10, 17)


async def test_a_card_that_is_gone_names_the_record(signed: Kept) -> None:
    await signed.damage("DELETE FROM blobs")

    finding = await found(signed)

    assert reasons(finding) == {Reason.BLOB}
    assert [problem.first for problem in finding.problems] == [3, 10, 17]


async def test_a_swapped_pair_names_the_first_of_the_two(signed: Kept) -> None:
    for old, new in ((9, -1), (12, 9), (-1, 12)):
        await signed.damage("UPDATE audit SET seq = :new WHERE seq = :old", old=old, new=new)

    assert (await found(signed)).first_bad == 9
    assert await signed.verify() == 1


async def test_a_record_that_was_taken_out_is_named(signed: Kept, capsys: Printed) -> None:
    await signed.damage("DELETE FROM audit WHERE seq = 9")

    assert await signed.verify() == 1
    assert "first bad record: 9\nrecord 9 is missing" in capsys.readouterr().out


async def test_a_tail_that_was_cut_is_seen_by_head_and_checkpoints(signed: Kept, capsys: Printed) -> None:
    await signed.damage("DELETE FROM audit WHERE seq >= 18")

    assert await signed.verify() == 1
    assert "first bad record: 18\n" in capsys.readouterr().out


async def test_a_restored_backup_is_sound_in_itself_and_found_by_the_checkpoint_kept_outside(
    signed: Kept, tmp_path: Path, capsys: Printed
) -> None:
    outside = tmp_path / "kept.checkpoint"
    outside.write_text(await signed.sign())

    await signed.wind_back(16)

    assert await signed.verify() == 0
    assert await signed.verify("--checkpoint", str(outside)) == 1
    told = capsys.readouterr().out
    assert "the log has 16 records, the checkpoint kept outside says 24; record 16 is the first" in told


async def test_a_backup_that_was_restored_and_grown_is_found_as_a_fork(
    signed: Kept, tmp_path: Path, capsys: Printed
) -> None:
    outside = tmp_path / "kept.checkpoint"
    outside.write_text(await signed.sign())

    await signed.wind_back(16)
    await signed.grow(12)

    assert await signed.verify("--checkpoint", str(outside)) == 1
    assert "restored backup or fork" in capsys.readouterr().out


@on_sqlite
async def test_an_export_kept_outside_serves_as_a_checkpoint(signed: Kept, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.jsonl"
    assert await signed.export(earlier) == 0

    assert await signed.verify("--checkpoint", str(earlier)) == 0
    await signed.wind_back(16)
    assert await signed.verify("--checkpoint", str(earlier)) == 1


@on_sqlite
async def test_a_checkpoint_of_another_key_is_a_finding(
    signed: Kept, tmp_path: Path, capsys: Printed
) -> None:
    outside = tmp_path / "kept.checkpoint"
    outside.write_text(await signed.sign())

    code = await audited(
        "verify", "--database", signed.url, "--key", other_key(), "--checkpoint", str(outside)
    )

    assert code == 1
    assert "not one of this log and key" in capsys.readouterr().out


@on_sqlite
async def test_a_log_that_another_key_signed_is_not_sound(signed: Kept) -> None:
    assert await audited("verify", "--database", signed.url, "--key", other_key()) == 1


@on_sqlite
async def test_without_any_key_nothing_is_called_sound(
    signed: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match="--key"):
        await audited("verify", "--database", signed.url)


@on_sqlite
async def test_a_key_file_is_as_good_as_its_text(signed: Kept, tmp_path: Path) -> None:
    file = tmp_path / "log.vkey"
    file.write_text(f"{signed.vkey}\n")

    assert await audited("verify", "--database", signed.url, "--key", str(file)) == 0


@on_sqlite
async def test_the_private_key_given_by_mistake_is_refused_and_never_shown(
    signed: Kept, tmp_path: Path
) -> None:
    secret = (tmp_path / "audit.key").read_text().splitlines()[1]

    with pytest.raises(UsageError) as refused:
        await audited("verify", "--database", signed.url, "--key", str(tmp_path / "audit.key"))

    assert secret not in str(refused.value)


async def test_verifying_changes_nothing(signed: Kept) -> None:
    before = await signed.store.checkpoints.tree(), await signed.store.checkpoints.newest()

    await signed.verify()

    assert before == (await signed.store.checkpoints.tree(), await signed.store.checkpoints.newest())


@on_sqlite
async def test_the_command_line_needs_no_settings_for_a_database(signed: Kept, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    sound = firebreak(empty, "verify", "--database", signed.url, "--key", signed.vkey)
    await signed.flip("audit", "body", "seq = 9", 40)
    changed = firebreak(empty, "verify", "--database", signed.url, "--key", signed.vkey)

    assert (sound.returncode, sound.stderr) == (0, "")
    assert (changed.returncode, changed.stderr) == (1, "")
    assert "first bad record: 9\n" in changed.stdout


async def test_a_database_that_is_not_there_is_no_finding(tmp_path: Path, key: Ed25519Signer) -> None:
    with pytest.raises(StoreError):
        await audited("verify", "--database", f"sqlite:///{tmp_path}/none.db", "--key", str(key.verifier.key))


def other_key() -> str:
    from tests.domain.audit.samples import signer

    return str(signer(9, ORIGIN).verifier.key)


COLUMNS = [
    ("audit", "body", "seq = 9"),
    ("audit", "leaf", "seq = 9"),
    ("audit_head", "peaks", "id = 1"),
    ("checkpoints", "note", "n = 10"),
    ("disclosures", "doc", "seq = 5"),
    ("blobs", "bytes", "1 = 1"),
    ("blobs", "hash", "1 = 1"),
]


@on_sqlite
@pytest.mark.parametrize(("table", "column", "where"), COLUMNS)
async def test_whichever_bit_is_flipped_it_is_found(kept: Kept, table: str, column: str, where: str) -> None:
    await kept.grow(10)
    await kept.sign()
    bits = range(0, 8 * len(await kept.value(f"SELECT {column} FROM {table} WHERE {where}")), 29)

    missed = []
    for bit in bits:
        before = await kept.flip(table, column, where, bit // 8, bit % 8)
        if (await found(kept)).ok:
            missed.append(bit)
        await kept.put(table, column, where, before)

    assert missed == []
    assert (await found(kept)).ok
