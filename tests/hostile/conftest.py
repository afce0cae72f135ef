"""Each test's own bot, logging as in production but everything, and held afterwards to what it showed and logged."""

import io
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog

from bot.bootstrap.logs import configure
from tests.hostile.gate import Gate
from tests.hostile.inert import assert_inert, assert_quiet
from tests.journeys.stage import Stage, Transport, stage


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Standard error, where the log goes."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", stream := io.StringIO())
    yield stream
    root.handlers[:] = [h for h in root.handlers if not _is_ours(h)]
    root.handlers += [h for h in handlers if h not in root.handlers]
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
async def gate(tmp_path: Path, written: io.StringIO) -> AsyncIterator[Gate]:
    """The front door by Socket Mode."""
    async with _guarded(tmp_path, "socket", written) as made:
        yield made


@pytest.fixture
async def signed(tmp_path: Path, written: io.StringIO) -> AsyncIterator[Gate]:
    """The front door by signed requests."""
    async with _guarded(tmp_path, "http", written) as made:
        yield made


@pytest.fixture(params=["socket", "http"])
async def either(request: pytest.FixtureRequest, tmp_path: Path, written: io.StringIO) -> AsyncIterator[Gate]:
    """The front door by each transport."""
    async with _guarded(tmp_path, request.param, written) as made:
        yield made


@asynccontextmanager
async def _guarded(folder: Path, transport: Transport, written: io.StringIO) -> AsyncIterator[Gate]:
    async with stage(folder, transport=transport) as bot:
        _log_everything(bot)
        yield Gate(bot)
    assert_inert(bot.scene.workspace)
    assert_quiet(written.getvalue(), bot.scene.workspace)


def _log_everything(bot: Stage) -> None:
    """Configure as `firebreak serve` does, at the most talkative level, and keep pytest's own handlers."""
    root = logging.getLogger()
    before, root.handlers[:] = root.handlers[:], []
    configure(bot.settings.model_copy(update={"log_level": "debug", "log_format": "json"}))
    root.handlers.extend(before)


def _is_ours(handler: logging.Handler) -> bool:
    return isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)
