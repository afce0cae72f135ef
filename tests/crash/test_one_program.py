"""One SQLite file has one `firebreak serve`: a second is refused, and the first one's SIGKILL lets the next in."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import pytest

from bot.sandbox.scene import CHANNEL
from tests.controlplane.leash import leashed
from tests.crash.programs import Nursery
from tests.crash.town import Town, town

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def _settings(place: Town) -> Path:
    """Write what an operator would have."""
    scene, settings = place.scene, place.settings
    file = place.folder / "firebreak.toml"
    lines = (
        f"database = {settings.database!r}",
        f"policy_file = {str(settings.policy_file)!r}",
        'log_level = "warning"',
        "[slack]",
        f"api_url = {settings.slack.api_url!r}",
        "connections = 1",
        f'channels = {{"*" = "{CHANNEL}"}}',
        "[audit]",
        f"key_file = {str(settings.audit.key_file)!r}",
        "[evidence]",
        f"key_file = {str(place.folder / 'evidence.key')!r}",
        "[server]",
        "port = 0",
        f"[clusters.{scene.incident.cluster}]",
        f"kubeconfig = {str(scene.kubeconfig)!r}",
        f"context = {scene.incident.cluster!r}",
    )
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def _environment(place: Town) -> Mapping[str, str]:
    app = place.scene.workspace.world.app
    return {**os.environ, "SLACK_BOT_TOKEN": app.bot_token, "SLACK_APP_TOKEN": app.app_token}


@contextmanager
def _serving(place: Town, file: Path, log: str) -> Iterator[Popen[bytes]]:
    command = [sys.executable, "-m", "bot", "--settings", str(file), "serve"]
    with leashed(command, place.folder / log, env=_environment(place)) as program:
        yield program


async def _connected(place: Town, program: Popen[bytes]) -> bool:
    """Wait until it is up, or ended."""
    async with asyncio.timeout(60):
        while program.poll() is None and not place.scene.workspace.sockets.connections:
            await asyncio.sleep(0.05)
    return program.poll() is None


async def test_a_second_serve_on_one_file_is_refused_and_the_first_ones_death_lets_it_in(
    tmp_path: Path, bots: Nursery
) -> None:
    async with town(tmp_path / "town", bots) as place:
        file = _settings(place)
        with _serving(place, file, "first.log") as first:
            assert await _connected(place, first), (place.folder / "first.log").read_text("utf-8")
            with _serving(place, file, "second.log") as second:
                code = await asyncio.to_thread(second.wait, 60)
            said = (place.folder / "second.log").read_text("utf-8")
            assert first.poll() is None
        assert code not in {0, None}
        assert "in use by another firebreak serve" in said
        assert "use PostgreSQL to run several" in said
        assert "Traceback" not in said
        await _gone(place)

        with _serving(place, file, "third.log") as third:  # leaving the block above was a SIGKILL
            assert await _connected(place, third), (place.folder / "third.log").read_text("utf-8")


async def _gone(place: Town) -> None:
    async with asyncio.timeout(30):
        while place.scene.workspace.sockets.connections:
            await asyncio.sleep(0.02)
