"""When a source was last heard: one that fell silent looks like a quiet night."""

from datetime import datetime, timedelta

import msgspec


class Heard(msgspec.Struct, frozen=True):
    """
    Since when a source is in the settings, and its last post that was taken, whether or not it told anything new.

    ``at`` is ``None`` where there was none yet.
    """

    since: datetime
    at: datetime | None = None

    def silent(self, now: datetime, patience: timedelta) -> bool:
        """Whether nothing came for longer than that, counted from when it was set up."""
        return now - (self.at or self.since) > patience
