"""When each sender of alerts was last heard: kept while the bot runs, and told by ``firebreak check``."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import structlog

from bot.adapters.alerts.figures import AlertFigures
from bot.adapters.store import SqlStore
from bot.domain.alerts.hearing import Heard
from bot.domain.errors import FirebreakError
from bot.engine.resting import rest
from bot.ports import Hearing
from bot.settings import Settings

EVERY: Final = 20.0  # seconds; a process that is killed forgets no more than that
MOST: Final = 1000
SEND: Final = "send a test alert; see docs/alerts"
HOUR: Final = timedelta(hours=1)

log = structlog.get_logger("firebreak.alerts")


async def remember(figures: AlertFigures, hearing: Hearing, stop: asyncio.Event) -> None:
    """Keep when sources were last heard, until ``stop`` is set: one small transaction now and then, however many posts come."""
    while not stop.is_set():
        await rest(stop, EVERY)
        fresh = figures.unsaved()
        try:
            if fresh:
                await hearing.heard(fresh)
        except FirebreakError as error:  # the database is away: it is tried again
            figures.not_saved(fresh)
            log.warning("alert_sources_not_kept", error=type(error).__name__)


async def heard(settings: Settings, store: SqlStore) -> AsyncIterator[tuple[str, bool, str]]:
    """Yield each source, whether it is heard, and when it last was, with the newest post of it that did not fit."""
    known = await store.hearing.all()
    async with store.begin() as tx:
        now = tx.now
    unfit = {misfit.source: misfit for misfit in reversed(await store.misfits.recent(MOST))}
    for source, given in settings.alerts.items():
        found = known.get(source, Heard(now))
        silent = found.at is None or found.silent(now, given.silent_hours * HOUR)
        text = f"heard {_ago(now - found.at)}" if found.at else "never heard"
        text += f": {SEND}" if silent else ""
        wrong = unfit.get(source)
        if wrong is not None:
            text += f"; a post did not fit {_ago(now - wrong.at)}, at {wrong.path}: {wrong.why}"
        yield source, not silent, text


def _ago(passed: timedelta) -> str:
    hours = passed // HOUR
    return "within the last hour" if hours < 1 else f"{hours} h ago"
