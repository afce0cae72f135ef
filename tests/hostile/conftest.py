"""
Bots under attack, logging as in production but everything, and held afterwards to what they showed and logged.

Tests that decide nothing share one bot in each module, the others have their own; all run in their module's loop.
"""

import io
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from bot.bootstrap.logs import configure
from bot.sandbox.scene import ALONE, POLICY
from tests.hostile.gate import Gate
from tests.hostile.inert import assert_inert, assert_quiet
from tests.journeys.stage import Stage, Transport, stage

ROOMY = POLICY + "caps: {requests_per_person: 1000}\n"
UNCAPPED = 1_000_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def _standing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gate]:
    async with _guarded(tmp_path_factory.mktemp("door"), "http", policy=ROOMY) as made:
        made.bot.built.context.refusals._most = UNCAPPED
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def door(_standing: Gate) -> AsyncIterator[Gate]:
    """A front door by signed requests that the module's tests share; people and groups are as before after each."""
    world = _standing.workspace.world
    users, groups, channels = dict(world.users), dict(world.groups), dict(world.channels)
    yield _standing
    world.users, world.groups, world.channels = users, groups, channels
    _standing.workspace.faults.clear()


@pytest_asyncio.fixture(loop_scope="module")
async def gate(tmp_path: Path) -> AsyncIterator[Gate]:
    """A front door of one's own, by Socket Mode."""
    async with _guarded(tmp_path, "socket") as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def releasing(tmp_path: Path) -> AsyncIterator[Gate]:
    """A front door of one's own, by Socket Mode, where a quarantine ends with its lease."""
    policy = POLICY.replace("on_expiry: hold", "on_expiry: release")
    async with _guarded(tmp_path, "socket", policy=policy) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def _alone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gate]:
    async with _guarded(tmp_path_factory.mktemp("alone"), "http", policy=ROOMY + ALONE) as made:
        made.scene.cluster.add_pod("kube-system", "guarded")
        made.bot.built.context.refusals._most = UNCAPPED
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def alone(_alone: Gate) -> Gate:
    """A front door that the module's tests share, where the policy has solo and break-glass."""
    return _alone


@pytest_asyncio.fixture(loop_scope="module", params=["http", pytest.param("socket", marks=pytest.mark.slow)])
async def either(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Gate]:
    """A front door of one's own, by each transport; the quick run has Socket Mode in ``gate``."""
    async with _guarded(tmp_path, request.param) as made:
        yield made


@asynccontextmanager
async def _guarded(folder: Path, transport: Transport, policy: str = "") -> AsyncIterator[Gate]:
    with _captured() as written:
        async with stage(folder, transport=transport, policy=policy) as bot:
            _log_everything(bot)
            yield Gate(bot, written)
        assert_inert(bot.scene.workspace)
        assert_quiet(written.getvalue(), bot.scene.workspace)


@contextmanager
def _captured() -> Iterator[io.StringIO]:
    """Take standard error, where the log goes, and put the loggers back afterwards."""
    root = logging.getLogger()
    before, level, stderr = set(root.handlers), root.level, sys.stderr
    sys.stderr = stream = io.StringIO()
    try:
        yield stream
    finally:
        sys.stderr = stderr
        root.handlers[:] = [h for h in root.handlers if h in before or not _is_ours(h)]
        root.setLevel(level)
        structlog.reset_defaults()


def _log_everything(bot: Stage) -> None:
    """Configure as `firebreak serve` does, at the most talkative level, and keep pytest's own handlers."""
    root = logging.getLogger()
    before, root.handlers[:] = root.handlers[:], []
    configure(bot.settings.model_copy(update={"log_level": "debug", "log_format": "json"}))
    root.handlers.extend(before)


def _is_ours(handler: logging.Handler) -> bool:
    return isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)
