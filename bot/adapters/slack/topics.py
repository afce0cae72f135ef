"""What can be typed, sorted by what a person is up to: the chapters of the help."""

from typing import Final

import msgspec

from bot.actions import WORDS
from bot.domain.engines.limits import lines


class Topic(msgspec.Struct, frozen=True):
    """A chapter: what it is for, its commands in the order of their use, and lines that stand under them."""

    about: str
    words: tuple[str, ...]
    lines: tuple[str, ...] = ()


TOPICS: Final = {
    "contain": Topic("Cut something off", (*dict.fromkeys((*WORDS, "plan", "contain")),)),
    "decide": Topic("Say yes or no", ("approve", "deny", "confirm", "review", "reviews")),
    "look": Topic("See how things stand", ("status", "list", "explain", "posture", "evidence", "recheck")),
    "flows": Topic("See who talked to whom", ("flows", "trace", "sweep")),
    "alerts": Topic("See what is alerted, or hold it back", ("alerts", "mute", "unmute")),
    "undo": Topic("Undo, or keep for longer", ("rollback", "extend", "adopt", "reapply")),
    "incidents": Topic("Incidents and the record", ("open", "close", "incidents", "report", "verify")),
    "engines": Topic("What each network engine lets through", (), tuple(lines())),
    "people": Topic("You and your colleagues", ("handover", "whoami", "help")),
}
