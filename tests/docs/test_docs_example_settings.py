"""`deploy/firebreak.example.toml` is a whole, valid settings file, but for its secrets."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Settings, load
from tests.docs.tables import ROOT, settings_keys

EXAMPLE = ROOT / "deploy" / "firebreak.example.toml"
SECRETS = {"slack.bot_token", "slack.app_token", "slack.signing_secret"}


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    for name in [name for name in os.environ if name.startswith(("FIREBREAK_", "SLACK_"))]:
        monkeypatch.delenv(name)
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        held = tmp_path / name.lower()
        held.write_text(f"placeholder-{name.lower()}\n", "utf-8")
        monkeypatch.setenv(f"{name}_FILE", str(held))
    return load(EXAMPLE)


def test_the_example_is_taken_as_it_is(loaded: Settings) -> None:
    assert loaded.slack.bot_token.get_secret_value() == "placeholder-slack_bot_token"
    assert set(loaded.clusters) == {"prod", "tools"}
    assert loaded.azure is not None
    assert set(loaded.azure.groups) <= set(loaded.clusters)


def test_every_key_stands_in_the_example_set_or_as_a_comment() -> None:
    text = EXAMPLE.read_text("utf-8")
    missing = [key for key in settings_keys() if not re.search(rf"\b{_last(key)}\b", text)]

    assert missing == []


def test_what_is_commented_out_is_the_default() -> None:
    uncommented = re.sub(r"(?m)^# (\w+ = .+)$", r"\1", EXAMPLE.read_text("utf-8"))
    given = tomllib.loads(uncommented)
    written = re.findall(r"(?m)^# (\w+) = .+$", EXAMPLE.read_text("utf-8"))

    assert written
    assert len(written) == len(re.findall(r"(?m)^# \w+ = ", EXAMPLE.read_text("utf-8")))
    for key, schema in settings_keys().items():
        if _last(key) in written and (found := _at(given, key)) is not None:
            assert found == schema["default"], key


def test_no_secret_is_in_the_example() -> None:
    given = tomllib.loads(EXAMPLE.read_text("utf-8"))

    assert {key for key in SECRETS if _at(given, key) is not None} == set()
    assert "xox" not in EXAMPLE.read_text("utf-8")


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def _at(given: Any, key: str) -> Any:
    """Return what stands under a key, in the first cluster for those of clusters; `None` for nothing."""
    for name in key.split("."):
        if name == "<name>":
            given = next(iter(given.values()), None)
        elif isinstance(given, dict):
            given = given.get(name.removesuffix("[]"))
        else:
            return None
    return given
