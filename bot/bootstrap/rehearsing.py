"""``firebreak sandbox``: a small world on a page; ``--rehearse`` plays a story in it and checks every step."""

import argparse
import os
from pathlib import Path

from bot.bootstrap.believing import UsageError
from bot.bootstrap.rehearsal.narrator import console
from bot.sandbox.story import drawing
from bot.sandbox.story.given import OPENING


async def sandbox(given: argparse.Namespace) -> int:
    """
    Run it; return 0 if all held (or a person left), 1 if a step did not.

    Raises `UsageError` for an export that could not be left where it should be.
    """
    out = console()
    if given.rehearse:
        _free(given.export)
        # What is imported below takes some seconds: the person who waits has something to read meanwhile.
        out.print(drawing.title("FIREBREAK: a rehearsal", OPENING))
        from bot.bootstrap.rehearsal.play import rehearse

        return await rehearse(out, given.export)
    if given.export is not None:
        raise UsageError("--export is of the rehearsal: give --rehearse too")
    out.print("The small world is being built ...")
    from bot.bootstrap.rehearsal.open_house import Wish, browse, stay

    return await stay(out, wish=None if given.no_page else Wish(given.port, browse))


def _free(export: Path | None) -> None:
    """Say at once, not when all is played, that an export has no place."""
    if export is None:
        return
    if os.path.lexists(export):
        raise UsageError(f"{export} is there already: choose another name, nothing is overwritten")
    if not export.parent.is_dir():
        raise UsageError(f"there is no folder {export.parent} for the export")
