"""Exports of a real log, verified offline by somebody who has the file and a key."""

import asyncio
import base64
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.bootstrap import exporting
from bot.bootstrap.believing import UsageError
from bot.domain.audit.export import ExportError, parse_header
from bot.domain.audit.merkle import leaf_hash
from tests.audit.logs import ROOT, Kept, audited, card, firebreak, on_sqlite

Printed = pytest.CaptureFixture[str]


@pytest.fixture
async def signed(kept: Kept) -> Kept:
    """Return a log of 24 records with checkpoints at 8, 16 and 24."""
    for _ in range(3):
        await kept.grow(8)
        await kept.sign()
    return kept


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "export.jsonl"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def changed(file: Path, at: int) -> Path:
    raw = bytearray(file.read_bytes())
    raw[at] ^= 1
    other = file.with_name("changed.jsonl")
    other.write_bytes(raw)
    return other


def content(file: Path) -> bytes:
    return file.read_bytes()


def fill(file: Path, raw: bytes) -> None:
    file.write_bytes(raw)


def found(file: Path) -> bool:
    return file.exists()


def mode(file: Path) -> int:
    return file.stat().st_mode


async def test_a_whole_export_verifies_in_an_empty_folder(signed: Kept, file: Path, empty: Path) -> None:
    assert await signed.export(file) == 0

    done = firebreak(empty, "verify", str(file), "--key", signed.vkey)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("SOUND\n24 records are intact; 4 signed checkpoints agree\n")


async def test_a_request_is_exported_with_proofs_words_and_cards(
    signed: Kept, file: Path, empty: Path
) -> None:
    assert await signed.export(file, "--request", "FB-3") == 0

    done = firebreak(empty, "verify", str(file), "--key", signed.vkey)
    text = content(file).decode()

    assert (done.returncode, done.stderr) == (0, "")
    assert "3 records are intact" in done.stdout
    assert "not that it holds all of them" in done.stdout
    assert card(10).decode().replace('"', '\\"') in text
    assert '"seq":10,' in text
    assert "api-11" not in text


@on_sqlite
async def test_a_flipped_bit_in_an_export_is_found_offline(signed: Kept, file: Path, empty: Path) -> None:
    await signed.export(file, "--request", "FB-3")
    at = content(file).index(b"prod/payments/api-10")

    done = firebreak(empty, "verify", str(changed(file, at)), "--key", signed.vkey)

    assert (done.returncode, done.stderr) == (1, "")
    assert "NOT SOUND\nfirst bad record: 10\n" in done.stdout


@on_sqlite
async def test_an_export_whose_first_line_is_damaged_is_a_finding(signed: Kept, file: Path) -> None:
    await signed.export(file)

    assert await audited("verify", str(changed(file, 3)), "--key", signed.vkey) == 1


@on_sqlite
async def test_an_export_that_lost_its_end_is_a_finding(signed: Kept, file: Path, printed: Printed) -> None:
    await signed.export(file)
    lines = content(file).splitlines(keepends=True)
    fill(file, b"".join(lines[:-3]))

    assert await audited("verify", str(file), "--key", signed.vkey) == 1
    assert "the export is cut: its last line is missing" in printed.readouterr().out


@pytest.fixture
def printed(capsys: Printed) -> Printed:
    return capsys


@on_sqlite
async def test_the_key_that_an_export_claims_proves_nothing(signed: Kept, file: Path, empty: Path) -> None:
    await signed.export(file)

    done = firebreak(empty, "verify", str(file))

    assert done.returncode == 1
    assert done.stdout.startswith("AGREES WITH ITSELF\n")
    assert "NOT PROVEN: the key is only the one that the export itself claims" in done.stdout


@on_sqlite
async def test_a_part_is_held_against_a_checkpoint_kept_outside(
    signed: Kept, file: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "kept.checkpoint"
    outside.write_text(await signed.sign())
    await signed.grow(5)
    await signed.sign()
    await signed.export(file, "--request", "FB-3")

    assert await audited("verify", str(file), "--key", signed.vkey, "--checkpoint", str(outside)) == 0


async def test_a_restored_backup_is_found_from_a_whole_export_and_from_a_part(
    signed: Kept, file: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "kept.checkpoint"
    outside.write_text(await signed.sign())
    await signed.wind_back(16)
    await signed.grow(20)
    part = tmp_path / "part.jsonl"
    await signed.store.checkpoints.add(36, await fresh(signed))
    await signed.export(file)
    await signed.export(part, "--request", "FB-3", "--checkpoint", str(outside))

    for each in (file, part):
        assert await audited("verify", str(each), "--key", signed.vkey) == 0
        assert await audited("verify", str(each), "--key", signed.vkey, "--checkpoint", str(outside)) == 1


async def fresh(log: Kept) -> str:
    """Sign the head as an attacker would who holds the key."""
    from bot.domain.audit import checkpoint
    from bot.domain.audit.checkpoint import Checkpoint
    from tests.audit.logs import ORIGIN

    return str(checkpoint.sign(Checkpoint.of(ORIGIN, await log.store.checkpoints.tree()), log.key))


@on_sqlite
async def test_records_that_are_not_signed_yet_are_left_out_and_said(
    signed: Kept, file: Path, printed: Printed
) -> None:
    await signed.grow(3)

    assert await signed.export(file) == 0
    assert "24 records\n3 more are not under a checkpoint yet" in printed.readouterr().err


@on_sqlite
async def test_where_the_key_is_at_hand_the_newest_records_are_signed_now(
    signed: Kept, file: Path, tmp_path: Path
) -> None:
    await signed.grow(3)
    settings = settings_file(tmp_path, signed.url)

    code = await export_with(settings, "--output", str(file))

    assert code == 0
    assert parse_header(content(file).splitlines()[0]).size == 27
    assert await audited("verify", str(file), "--key", signed.vkey) == 0
    assert await audited("verify", "--database", signed.url, "--key", signed.vkey) == 0


@on_sqlite
async def test_the_key_of_the_settings_is_believed_where_none_is_given(
    signed: Kept, file: Path, tmp_path: Path
) -> None:
    settings = settings_file(tmp_path, signed.url)
    await signed.export(file)

    for words in (["verify"], ["verify", str(file)]):
        assert await with_settings(settings, *words) == 0


def settings_file(folder: Path, url: str) -> Path:
    driver = url.replace("sqlite:", "sqlite+aiosqlite:")
    file = folder / "firebreak.toml"
    file.write_text(
        f'database = "{driver}"\n'
        '[slack]\nbot_token = "xoxb-sandbox"\napp_token = "xapp-sandbox"\nchannels = { "*" = "C0SANDBOX" }\n'
        '[clusters.prod]\ncontext = "prod"\n'
        f'[audit]\norigin = "firebreak.example/sandbox"\nkey_file = "{folder}/audit.key"\n'
    )
    return file


async def with_settings(settings: Path, *words: str) -> int:
    from bot.__main__ import parser
    from bot.bootstrap.auditing import audit

    return await audit(parser().parse_args(["--settings", str(settings), "audit", *words]))


async def export_with(settings: Path, *words: str) -> int:
    return await with_settings(settings, "export", *words)


@on_sqlite
async def test_nothing_is_exported_from_a_log_that_is_not_sound(
    signed: Kept, file: Path, printed: Printed
) -> None:
    await signed.flip("audit", "leaf", "seq = 9", 3)

    assert await signed.export(file) == 1
    assert not found(file)
    assert "audit verify" in printed.readouterr().err


@on_sqlite
async def test_an_export_names_what_is_no_longer_kept(signed: Kept, file: Path, printed: Printed) -> None:
    await signed.damage("DELETE FROM blobs")

    assert await signed.export(file) == 1
    assert "3 plans or cards that the records name are no longer kept" in printed.readouterr().err


@on_sqlite
async def test_a_changed_card_goes_along_and_is_found_by_whoever_verifies(signed: Kept, file: Path) -> None:
    await signed.damage("UPDATE blobs SET bytes = :new", new=b"another card")
    await signed.export(file)

    assert await audited("verify", str(file), "--key", signed.vkey) == 1


@on_sqlite
async def test_an_unknown_request_leaves_no_file(signed: Kept, file: Path) -> None:
    with pytest.raises(UsageError, match="FB-NONE"):
        await signed.export(file, "--request", "FB-NONE")
    assert list(file.parent.glob("*.jsonl*")) == []


@on_sqlite
async def test_a_file_that_is_there_is_never_overwritten(signed: Kept, file: Path) -> None:
    fill(file, b"mine")

    with pytest.raises(UsageError, match="is there already"):
        await signed.export(file)
    assert content(file).decode() == "mine"


@on_sqlite
async def test_an_export_is_its_owners_alone_and_leaves_no_draft_behind(signed: Kept, file: Path) -> None:
    await signed.export(file)

    assert stat.S_IMODE(mode(file)) == 0o600
    assert [each.name for each in file.parent.iterdir() if "export.jsonl" in each.name] == [file.name]


@on_sqlite
async def test_an_export_that_fails_half_way_leaves_nothing(
    signed: Kept, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> Iterator[bytes]:
        yield b"half a line"
        raise ExportError("sandbox")

    monkeypatch.setattr(exporting, "lines_of", failing)

    with pytest.raises(ExportError):
        await signed.export(file)
    assert list(file.parent.glob("*export.jsonl*")) == []


@on_sqlite
async def test_a_full_disk_is_told_as_such_and_not_as_a_fault_of_the_database(signed: Kept) -> None:
    command = [sys.executable, "-m", "bot", "audit", "export", "--database", signed.url, "--key", signed.vkey]
    with open("/dev/full", "wb") as full:  # noqa: ASYNC230, PTH123 - a device of the kernel, at hand at once
        done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE)

    assert done.returncode == 2
    assert b"cannot write the export: No space left on device" in done.stderr


@on_sqlite
async def test_a_reader_that_has_read_enough_is_no_error(signed: Kept) -> None:
    command = f"{sys.executable} -m bot audit show --database '{signed.url}' | true"
    done = await asyncio.to_thread(subprocess.run, command, shell=True, cwd=ROOT, stderr=subprocess.PIPE)

    assert b"Traceback" not in done.stderr
    assert b"database" not in done.stderr


@on_sqlite
async def test_the_hashes_in_an_export_are_those_of_the_bytes_in_it(signed: Kept, file: Path) -> None:
    await signed.export(file)
    first = content(file).splitlines()[1]
    body = first[first.index(b'"body":') + 7 : first.index(b',"disclosures"')]

    assert base64.b64encode(leaf_hash(body)) in first
