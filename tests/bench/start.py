"""Start and memory of `firebreak serve`, beside a program that only imports the same libraries."""

import subprocess
import sys
import time
from pathlib import Path

from tests.bench.figures import Figure, figure, median

ROUNDS = 5
IMPORTS = """
import aiohttp, aiosqlite, alembic, cryptography, kubernetes.aio.client, kubernetes.aio.config, msgspec, prometheus_client
import pydantic_settings, rfc8785, slack_bolt.app.async_app, slack_bolt.adapter.socket_mode.async_handler
import sqlalchemy.ext.asyncio, structlog, yaml
import azure.identity.aio, azure.mgmt.network.aio
"""
READ = """
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
SERVE = """
import asyncio, sys
from pathlib import Path
from bot.bootstrap.house import house, Laboratory
from bot.bootstrap.serving import running
from bot.settings import load
import bot.adapters.azure.opening

async def main():
    settings = load(Path(sys.argv[1]))
    async with house(settings) as built:
        async with running(built, asyncio.Event()):
            print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))

asyncio.run(main())
"""


def figures(folder: Path) -> list[Figure]:
    """Wall seconds and peak memory in MB; the bot is opened, serves, and stops."""
    file = _settings(folder)
    bare = [_run(IMPORTS + READ) for _ in range(ROUNDS)]
    subprocess.run(
        [sys.executable, "-m", "bot", "--settings", str(file), "migrate"], check=True, capture_output=True
    )
    ours = [_run(SERVE, str(file)) for _ in range(ROUNDS)]
    return [
        figure(
            "start to serving and stopped, s", median([t for t, _ in ours]), median([t for t, _ in bare]), 1.5
        ),
        figure("peak memory, MB", median([m for _, m in ours]), median([m for _, m in bare]), 1.5),
    ]


def _run(program: str, *arguments: str) -> tuple[float, float]:
    began = time.perf_counter()
    told = subprocess.run(
        [sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True
    )
    return time.perf_counter() - began, int(told.stdout.split()[-1]) / 1024


def _settings(folder: Path) -> Path:
    policy = folder / "start-policy.yaml"
    policy.write_text(
        'version: 1\ngroups: {a: {users: ["T0A:U0A"]}}\nreads: [a]\nrules: []\n', encoding="utf-8"
    )
    file = folder / "start.toml"
    file.write_text(
        f"""
database = "sqlite+aiosqlite:///{folder / "start.db"}"
policy_file = "{policy}"
log_level = "error"
[slack]
bot_token = "not-a-token"
app_token = "not-a-token"
api_url = "http://127.0.0.1:9/api/"
channels = {{"*" = "C0X"}}
[audit]
key_file = "{folder / "start.key"}"
[evidence]
key_file = "{folder / "evidence.key"}"
[server]
port = 0
[clusters.prod]
kubeconfig = "{folder / "none"}"
context = "prod"
""",
        encoding="utf-8",
    )
    return file
