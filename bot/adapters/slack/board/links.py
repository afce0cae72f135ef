"""Where the sender's own pages are, and the small print. The host of a link always stands in it, as browsers read it."""

import re
from collections.abc import Iterator
from typing import Final

from bot.adapters.slack.board.page import Leaf
from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.card.rich import Line, line, rich, say, titled
from bot.domain.alerts import Link

MOST: Final = 4
TITLE: Final = 60
PATH: Final = 60
LONGEST: Final = 1000
"""Characters of an address; a longer one is told to be there, and not shown."""

BARE: Final = re.compile(r"[A-Za-z0-9_.:/-]{1,80}")
"""Rules that can be typed as they are, but for those that look like an id; others are meant by the id of their group."""

_ADDRESS: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?P<port>:[0-9]{1,5})?(?P<rest>[/?#].*)?"
)
"""
A host right after the scheme and nothing before it: no name and password that look like one.

No part of it can match what the next one can, so that no address takes long to be read.
"""


def links(leaf: Leaf) -> list[Block]:
    """Return the alert's own pages, each with its address as its text."""
    every = leaf.group.newest.links
    return titled("The sender's pages", [_line(each) for each in every[: leaf.few(MOST)]])


def _line(link: Link) -> Line:
    shown = shown_as(link.url)
    if not shown:
        return (
            say(f"{link.title}: ", TITLE),
            say("an address that is not shown, as its host cannot be read"),
        )
    return (say(f"{link.title}: ", TITLE), {"type": "link", "url": link.url, "text": shown})


def shown_as(url: str) -> str:
    """Return how an address is shown: its scheme and host whole, its path cut; empty for one that is not shown."""
    if len(url) > LONGEST or not url.isascii() or not url.isprintable():
        return ""
    found = _ADDRESS.fullmatch(url)
    if found is None or "" in found["host"].rstrip(".").split("."):
        return ""
    rest = found["rest"] or ""
    told = rest if len(rest) <= PATH else rest[: PATH - 1] + "…"
    return f"{found['scheme']}://{found['host'].lower()}{found['port'] or ''}{told}"


def identity(leaf: Leaf) -> list[Block]:
    """Return the small print: the group's id, and the command that tells all of it."""
    return [rich(line(*_identity(leaf)))]


def _identity(leaf: Leaf) -> Iterator[Block]:
    yield say(f"{leaf.group.id} · all of it: ", 80)
    yield say(leaf.more, code=True)
    if not leaf.board.muted and not leaf.over:
        typed = BARE.fullmatch(leaf.group.rule) and not leaf.group.rule.lower().startswith("g-")
        rule = leaf.group.rule if typed else leaf.group.id
        yield say(" · too loud? ")
        yield say(f"/ir mute {rule} for 2h because …", code=True)
