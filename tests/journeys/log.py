"""What journeys ask of the log beside `Stage.story`: whole records."""

from typing import Any

import msgspec

from bot.adapters.store.reading import read_log
from tests.journeys.stage import Stage


async def records(bot: Stage) -> list[dict[str, Any]]:
    """Return the records of the log."""
    async with read_log(bot.settings.database) as log:
        return [msgspec.json.decode(body) async for rows, _ in log.batches() for _, body, _ in rows if body]
