"""``docs/mistakes.md``: the tables, and their order."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.docs.mistakes import acted, configured, filled, operated, planned, ruled, typed
from tests.docs.mistakes.row import Row, table
from tests.docs.tables import DOCS

PAGE: Final = DOCS / "mistakes.md"
HEAD: Final = """\
# What can go wrong, and what to do

Written by `python -m tests.docs.mistakes` from real answers; do not edit by hand.

Each row was typed or done, and this is what came back. Nothing is carried out by halves: an answer like these means that
nothing has changed. A refused attempt is in the audit log, with who it was; a word that was not understood is not.
Names, ids and digests are examples.
"""
CHAPTERS: Final = (
    ("What was typed is not understood", "The answer points at the word. Only the one who typed sees it."),
    ("What a form does not take", "The sentence stands at the field that it is about."),
    ("What was understood, and cannot be done now", "Typed and pressed at the running bot."),
    (
        "What the policy does not allow",
        "Who may do what is in [policy.yaml](policy.md), which `/ir whoami` reads to you.",
    ),
    ("What the cluster or the firewall does not allow", "Found while the plan is made: nothing was written."),
    (
        "What is wrong with the settings",
        "Each setting is in [operations](operations.md). No answer holds a value: it may be a secret.",
    ),
    (
        "What goes wrong at the command line",
        "Typed where Firebreak runs. The exit code is 2 where nothing could be done, 1 where something was found.",
    ),
)


async def collected(folder: Path) -> tuple[tuple[Row, ...], ...]:
    """Return the rows of each chapter."""
    here = (typed.rows(), filled.rows(), await acted.rows(folder), ruled.rows(), planned.rows())
    places = [folder / "settings", folder / "command-line"]
    for place in places:
        place.mkdir()
    # In threads: a command runs a loop of its own.
    settings = await asyncio.to_thread(configured.rows, places[0])
    return (*here, settings, await asyncio.to_thread(operated.rows, places[1]))


def page(chapters: tuple[tuple[Row, ...], ...]) -> str:
    """Return the page."""
    told = zip(CHAPTERS, chapters, strict=True)
    return HEAD + "".join(f"\n## {title}\n\n{about}\n\n{table(rows)}" for (title, about), rows in told)


def write() -> None:
    """Write the page."""
    with TemporaryDirectory() as folder:
        PAGE.write_text(page(asyncio.run(collected(Path(folder)))), encoding="utf-8")
