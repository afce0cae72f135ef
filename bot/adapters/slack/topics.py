"""What can be typed, sorted by what a person is up to: the chapters of the help."""

from typing import Final

import msgspec

from bot.actions import WORDS


class Topic(msgspec.Struct, frozen=True):
    """A chapter: what it is for, and its commands in the order of their use."""

    about: str
    words: tuple[str, ...]


TOPICS: Final = {
    "contain": Topic("Cut something off", (*WORDS, "plan", "contain")),
    "decide": Topic("Say yes or no", ("approve", "deny", "confirm", "review", "reviews")),
    "look": Topic("See how things stand", ("status", "list", "evidence", "recheck")),
    "undo": Topic("Undo, or keep for longer", ("rollback", "extend", "adopt", "reapply")),
    "incidents": Topic("Incidents and the record", ("open", "close", "incidents", "report", "verify")),
    "people": Topic("You and your colleagues", ("handover", "whoami", "help")),
}
