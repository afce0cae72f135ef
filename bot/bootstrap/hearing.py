"""When each sender of alerts was last heard, for ``firebreak check``: a source that fell silent looks like a quiet night."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

from bot.adapters.store import SqlStore
from bot.settings import Settings

LOOKED_BACK: Final = timedelta(days=7)
MOST: Final = 1000
SEND = "send a test alert; see docs/alerts"


async def heard(settings: Settings, store: SqlStore) -> AsyncIterator[tuple[str, str]]:
    """Yield each source with when it last told something new, and the newest post of it that did not fit."""
    async with store.begin() as tx:
        groups = await tx.alerts.recent(tx.now - LOOKED_BACK, MOST)
        now = tx.now
    newest = {group.source: group.updated_at for group in reversed(groups)}
    unfit = {misfit.source: misfit for misfit in reversed(await store.misfits.recent(MOST))}
    for source in settings.alerts:
        at = newest.get(source)
        text = f"nothing new for {LOOKED_BACK.days} days: {SEND}" if at is None else f"heard {_ago(now - at)}"
        wrong = unfit.get(source)
        if wrong is not None:
            text += f"; a post did not fit {_ago(now - wrong.at)}, at {wrong.path}: {wrong.why}"
        yield source, text


def _ago(passed: timedelta) -> str:
    hours = int(passed.total_seconds() // 3600)
    return "within the last hour" if hours < 1 else f"{hours} h ago"
