"""An operator lists frozen accounts and lets one act again, beside the running bot, with a record."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.adapters.store import migrate, open_store
from bot.adapters.store.reading import read_log
from bot.domain.people import Frozen, Principal

NOW = datetime(2026, 3, 4, 2, 14, 9, tzinfo=UTC)
BOB = Principal("T0HOST", "U0BOB")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Freeze Bob in a database whose file a bot owns, and return the settings that name it."""
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    url = f"sqlite+aiosqlite:///{tmp_path}/firebreak.db"

    async def freeze() -> None:
        await migrate(url)
        async with open_store(url, clock=lambda: NOW) as store, store.begin() as tx:
            await tx.frozen.add(Frozen(BOB, NOW, "FB-7K3Q"))

    asyncio.run(freeze())
    file = tmp_path / "firebreak.toml"
    file.write_text(
        f'database = "{url}"\n'
        '[slack]\nbot_token = "xoxb-sandbox"\napp_token = "xapp-sandbox"\nchannels = { "*" = "C0SANDBOX" }\n'
        '[clusters.prod]\ncontext = "prod"\n'
        f'[audit]\norigin = "firebreak.example/sandbox"\nkey_file = "{tmp_path}/audit.key"\n',
        encoding="utf-8",
    )
    return file


def run(settings: Path, *words: str) -> int:
    return main(["--settings", str(settings), "people", *words])


async def records(folder: Path) -> list[str]:
    async with read_log(f"sqlite+aiosqlite:///{folder}/firebreak.db") as log:
        return [body.decode() async for rows, _ in log.batches() for _, body, _ in rows if body is not None]


def test_a_frozen_account_is_listed_unfrozen_once_and_recorded_as_an_operators_deed(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(settings, "frozen") == 0
    assert "T0HOST:U0BOB frozen 2026-03-04 02:14:09 UTC after FB-7K3Q" in capsys.readouterr().out

    assert run(settings, "unfreeze", BOB.key, "--reason", "new password") == 0
    assert run(settings, "unfreeze", BOB.key, "--reason", "again") == 1
    capsys.readouterr()
    assert run(settings, "frozen") == 0
    assert capsys.readouterr().out == ""
    (record,) = [each for each in asyncio.run(records(tmp_path)) if '"unfreeze"' in each]
    assert '"type":"operator"' in record
    assert BOB.key in record
    assert "new password" not in record


@pytest.mark.parametrize(
    ("words", "told"),
    [(("U0BOB", "--reason", "x"), "TEAM:USER"), ((BOB.key, "--reason", "  "), "--reason")],
)
def test_a_wrong_account_or_no_reason_changes_nothing_and_says_what_to_type(
    settings: Path, words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(settings, "unfreeze", *words) == 2
    assert told in capsys.readouterr().err
    assert run(settings, "frozen") == 0
    assert BOB.key in capsys.readouterr().out
