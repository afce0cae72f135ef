"""``firebreak migrate``: bring the database to this version."""

import argparse

from bot.adapters.store import migrate as bring_up
from bot.adapters.store import pending
from bot.settings import load


async def migrate(given: argparse.Namespace) -> int:
    """Run what is pending, or say that nothing is."""
    settings = load(given.settings)
    behind = await pending(settings.database)
    if not behind:
        print("The database is at this version.")
        return 0
    await bring_up(settings.database)
    print(f"Migrated: {', '.join(behind)}.")
    return 0
