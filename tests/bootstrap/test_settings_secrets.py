"""Secrets from files: a rotated one counts at once, and none is ever shown."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.slack.client import Slack
from bot.bootstrap.signing import settings_hash
from bot.domain.errors import DeniedError
from bot.sandbox.slack import Workspace, World
from bot.settings import Settings, SettingsError, load

NAMES = {"bot_token": "xoxb-sandbox", "app_token": "xapp-sandbox", "signing_secret": "signing-sandbox"}
Load = Callable[..., Settings]


class Mount:
    """A folder of secrets as the kubelet writes it: files are links through `..data`, which is swapped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._turn = 0
        folder.mkdir()
        self.rotate(**NAMES)
        for name in NAMES:
            (folder / name).symlink_to(f"..data/{name}")

    def rotate(self, **secrets: str) -> None:
        """Put a new version of all of them in the place of the old one, in one step."""
        self._turn += 1
        version = self.folder / f"..version-{self._turn}"
        version.mkdir()
        for name, text in secrets.items():
            (version / name).write_text(text + "\n", encoding="utf-8")
        fresh = self.folder / "..data_tmp"
        fresh.symlink_to(version.name)
        fresh.replace(self.folder / "..data")


@pytest.fixture
def mount(tmp_path: Path) -> Mount:
    return Mount(tmp_path / "secrets")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    for name in [name for name in os.environ if name.upper().startswith(("FIREBREAK_", "SLACK_"))]:
        monkeypatch.delenv(name)
    file = tmp_path / "firebreak.toml"

    def made(slack: str = "", **variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        file.write_text(
            f'[slack]\nchannels = {{"*" = "C0SANDBOX"}}\n{slack}\n[clusters.prod]\ncontext = "prod"\n',
            "utf-8",
        )
        return load(file)

    return made


def by_bolts_names(loaded: Load, mount: Mount) -> Settings:
    return loaded(**{f"SLACK_{name.upper()}_FILE": str(mount.folder / name) for name in NAMES})


def by_our_names(loaded: Load, mount: Mount) -> Settings:
    return loaded(**{f"FIREBREAK_SLACK__{name.upper()}_FILE": str(mount.folder / name) for name in NAMES})


def by_the_file(loaded: Load, mount: Mount) -> Settings:
    return loaded("\n".join(f'{name}_file = "{mount.folder / name}"' for name in NAMES))


def values(settings: Settings) -> dict[str, str]:
    found = {name: getattr(settings.slack, name) for name in NAMES}
    return {name: secret.get_secret_value() for name, secret in found.items()}


@pytest.mark.parametrize("way", [by_bolts_names, by_our_names, by_the_file])
def test_a_rotated_file_counts_at_the_next_use(
    loaded: Load, mount: Mount, way: Callable[..., Settings]
) -> None:
    settings = way(loaded, mount)
    assert values(settings) == NAMES

    rotated = {name: f"{value}-2" for name, value in NAMES.items()}
    mount.rotate(**rotated)
    assert values(settings) == rotated


def test_a_file_that_is_gone_or_empty_for_a_moment_leaves_what_was_read_last(
    loaded: Load, mount: Mount
) -> None:
    settings = by_bolts_names(loaded, mount)

    mount.rotate()
    assert values(settings) == NAMES
    mount.rotate(**dict.fromkeys(NAMES, ""))
    assert values(settings) == NAMES
    mount.rotate(**dict.fromkeys(NAMES, "back"))
    assert values(settings) == dict.fromkeys(NAMES, "back")


async def test_after_a_rotation_slack_is_called_with_the_new_token(loaded: Load, mount: Mount) -> None:
    world = World()
    world.app = replace(world.app, bot_token=NAMES["bot_token"])
    settings = by_bolts_names(loaded, mount)
    async with (
        Workspace(world) as workspace,
        Slack(settings.slack.bot_token.get_secret_value, workspace.base_url) as slack,
    ):
        assert (await slack.read("auth.test"))["ok"]
        world.app = replace(world.app, bot_token="xoxb-sandbox-new")
        with pytest.raises(DeniedError):
            await slack.read("auth.test")
        mount.rotate(**{**NAMES, "bot_token": "xoxb-sandbox-new"})

        assert (await slack.read("auth.test"))["ok"]


@pytest.mark.parametrize("way", [by_bolts_names, by_our_names, by_the_file])
def test_no_secret_is_shown_before_or_after_a_rotation(
    loaded: Load, mount: Mount, way: Callable[..., Settings]
) -> None:
    settings = way(loaded, mount)
    before = settings_hash(settings)
    mount.rotate(**{name: f"{value}-2" for name, value in NAMES.items()})
    values(settings)

    shown = (repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump()))
    for text in shown:
        assert not any(value in text for value in NAMES.values())
    assert settings_hash(settings) == before


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN_FILE", "FIREBREAK_SLACK__BOT_TOKEN_FILE"])
def test_a_token_in_the_place_of_its_files_name_is_refused_unseen(loaded: Load, name: str) -> None:
    with pytest.raises(SettingsError, match=r"(?i)bot_token_file: the file cannot be read") as caught:
        loaded(**{name: "xoxb-sandbox-by-mistake"})

    assert "xoxb" not in str(caught.value)


def test_an_empty_file_is_no_secret(loaded: Load, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n", "utf-8")

    with pytest.raises(SettingsError, match="SLACK_BOT_TOKEN_FILE: the file is empty"):
        loaded(SLACK_BOT_TOKEN_FILE=str(tmp_path / "empty"))
