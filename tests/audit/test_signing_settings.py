"""The log's key from the settings, and the hash under which the settings stand in the log."""

from pathlib import Path
from typing import Any

import pytest

from bot.adapters.keys.files import KeyFileError
from bot.bootstrap.signing import seal, settings_hash, signer
from bot.settings import AuditSettings, Settings


def settings(database: str = "postgresql+asyncpg://bot:one@db.example/firebreak", **more: Any) -> Settings:
    slack = {"bot_token": "xoxb-sandbox", "app_token": "xapp-sandbox", "channels": {"*": "C0SANDBOX"}}
    clusters = {"prod": {"context": "prod"}}
    return Settings(**{"slack": slack, "clusters": clusters, "database": database, **more})


def test_the_hash_of_the_settings_tells_nothing_of_secrets() -> None:
    other = {"bot_token": "xoxb-other", "app_token": "xapp-other", "channels": {"*": "C0SANDBOX"}}

    same = settings("postgresql+asyncpg://bot:two@db.example/firebreak", slack=other)

    assert settings_hash(settings()) == settings_hash(same)


def test_the_hash_of_the_settings_changes_with_what_is_set() -> None:
    assert settings_hash(settings()) != settings_hash(settings(log_level="debug"))
    assert settings_hash(settings()) != settings_hash(
        settings("postgresql+asyncpg://bot:one@db.example/other")
    )


def test_one_process_makes_its_key_at_first_start_and_keeps_it(tmp_path: Path) -> None:
    audit = AuditSettings(key_file=tmp_path / "audit.key")

    assert seal(audit).signer.key_id == signer(audit).key_id


@pytest.mark.parametrize("make", [True, False])
def test_a_key_that_must_be_given_is_never_made(tmp_path: Path, make: bool) -> None:
    audit = AuditSettings(key_file=tmp_path / "audit.key", generate_key=False)

    with pytest.raises(KeyFileError, match=r"audit\.key_file"):
        signer(audit, make=make)
    assert list(tmp_path.iterdir()) == []
