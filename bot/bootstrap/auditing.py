"""
``firebreak audit``: verify, show, export, accept.

Exit codes: 0 sound (or done), 1 a finding, or nothing that was proven, 2 it could not be looked at: a wrong
option, no such file, no database.
"""

import argparse

from bot.bootstrap.accepting import accepting
from bot.bootstrap.exporting import export
from bot.bootstrap.plainly import plain_output
from bot.bootstrap.showing import show
from bot.bootstrap.verifying import verify

VERBS = {"verify": verify, "show": show, "export": export, "accept": accepting}


async def audit(given: argparse.Namespace) -> int:
    """Run one verb and return its exit code."""
    with plain_output(gone=1):
        return await VERBS[given.verb](given)
