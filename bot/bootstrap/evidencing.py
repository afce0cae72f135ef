"""``firebreak evidence``: what its verbs run."""

import argparse

from bot.bootstrap.evidence import get


async def evidence(given: argparse.Namespace) -> int:
    """Run the verb; `get` is the only one."""
    return await get(given)
