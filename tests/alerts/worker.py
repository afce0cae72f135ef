"""A program that counts what waits in a database, to be killed: ``python -m tests.alerts.worker <file>``."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from bot.engine.alerting import Alerting
from tests.bench.bare import engine


async def work(file: Path) -> None:
    """Count until it is killed. Nothing here has a world to act in."""
    nothing: Any = None
    async with engine(file, nothing, nothing, nothing) as (context, store):
        print("ready", flush=True)
        await Alerting(context, store.doorway, "worker").run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1])))
