"""The key of the evidence: made, given or missing, and what is said of it before and at the start."""

import base64
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from bot.adapters.store import migrate
from bot.bootstrap.evidence import key, state
from bot.bootstrap.house import Laboratory, house
from bot.bootstrap.staging import settings_for
from bot.domain.errors import VaultError
from bot.sandbox.scene import scene
from bot.settings import Settings
from bot.settings.evidence import EvidenceSettings

POSTGRES = "postgresql+asyncpg://127.0.0.1/none"


async def settings(folder: Path, **evidence: object) -> Settings:
    async with scene(folder) as staged:
        given = settings_for(staged, folder)
    told = EvidenceSettings.model_validate({"key_file": folder / "evidence.key", **evidence})
    return given.model_copy(update={"evidence": told})


async def test_one_process_makes_its_own_key_at_first_start_and_check_says_so_before(tmp_path: Path) -> None:
    given = await settings(tmp_path)
    assert state(given) == (True, "its key will be made at the first start")
    made = key(given, make=True)
    assert state(given) == (True, f"kept in the database, under the key {made.id}")


async def test_without_a_key_that_may_be_made_check_says_what_to_do_and_the_start_refuses(
    tmp_path: Path,
) -> None:
    given = await settings(tmp_path, generate_key=False)
    fine, text = state(given)
    assert not fine
    assert "openssl rand -base64 32" in text
    given = given.model_copy(update={"azure": None})
    await migrate(given.database)
    with pytest.raises(VaultError, match="there is no evidence key"):
        async with house(given, Laboratory()):
            raise AssertionError


async def test_on_postgresql_no_key_is_ever_made(tmp_path: Path) -> None:
    given = (await settings(tmp_path)).model_copy(update={"database": POSTGRES})
    with pytest.raises(VaultError, match="there is no evidence key"):
        key(given, make=True)
    assert not state(given)[0]
    assert not (tmp_path / "evidence.key").exists()


async def test_a_key_can_be_given_as_text_and_is_not_shown(tmp_path: Path) -> None:
    text = base64.b64encode(b"0" * 32).decode()
    given = await settings(tmp_path, key=SecretStr(text))
    assert key(given).raw == b"0" * 32
    assert text not in repr(given)
    assert text not in state(given)[1]


async def test_switched_off_it_needs_no_key(tmp_path: Path) -> None:
    given = await settings(tmp_path, enabled=False, generate_key=False)
    fine, text = state(given)
    assert fine
    assert "off" in text


def test_a_container_needs_its_address() -> None:
    with pytest.raises(ValidationError, match="needs container"):
        EvidenceSettings(store="azure-blob")
    with pytest.raises(ValidationError):
        EvidenceSettings(store="azure-blob", container="http://x.example.com/evidence")
