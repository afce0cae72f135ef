"""
What people are called in a report: ``name (id)`` where a name is known, else the id.

The id is who it was. A name is what somebody chose for themselves: one that could pass for somebody's id beside it is
left out, and stands in the list of people alone.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from bot.domain.report.reading import Who

LONGEST: Final = 60
_MISLEADING: Final = re.compile(r"[()<>:]|\b[UWST](?=[A-Z0-9]*[0-9])[A-Z0-9]{4,}\b")


class Calling(msgspec.Struct, frozen=True):
    """``names`` are by ``team:user``."""

    names: Mapping[str, str] = {}

    def person(self, key: str) -> str:
        """Return a person of this ``team:user`` as a reader is told of them; other texts as they are."""
        name = self.names.get(key, "").strip()
        if not name or len(name) > LONGEST or "\n" in name or _MISLEADING.search(name):
            return key
        return f"{name} ({key})"

    def actor(self, who: Who) -> str:
        """Return who acted; a playbook is never told as if it were a person of that name."""
        return f"playbook {who.id}" if who.type == "playbook" else self.person(who.id)

    def user(self, user: str) -> str:
        """Return a person of a bare user id: named only where one team alone has such a one."""
        found = [key for key in self.names if key.rpartition(":")[2] == user]
        return self.person(found[0]) if len(found) == 1 else user
