"""What is given to be shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

Level = Literal["info", "success", "warning", "error"]
KB: Final = 1000
LONGEST_KIND: Final = 6
Filled = Mapping[str, Mapping[str, Any]]


class Names(msgspec.Struct, frozen=True):
    """
    What a reader's client knows: display names by id, and what time it is.

    Without ``now`` no date is told as "Today" and no age is told.
    """

    users: Mapping[str, str] = {}
    groups: Mapping[str, str] = {}
    channels: Mapping[str, str] = {}
    now: datetime | None = None


class Attached(msgspec.Struct, frozen=True):
    """
    One file of a message: its id, its name, its size in bytes.

    ``opens`` says whether it can be read in the browser; every file can be saved. A ``picture`` is shown; ``alt`` says what is on it.
    """

    id: str
    name: str
    size: int
    opens: bool = False
    picture: bool = False
    alt: str = ""

    @property
    def kind(self) -> str:
        """What it is by the end of its name, as Slack's client writes it."""
        end = self.name.rpartition(".")[2]
        return end.upper() if 0 < len(end) <= LONGEST_KIND and end != self.name else "file"

    @property
    def measure(self) -> str:
        """Its size for people."""
        if self.size < KB:
            return f"{self.size} byte{'' if self.size == 1 else 's'}"
        return f"{self.size / KB:.1f} kB" if self.size < KB * KB else f"{self.size / KB / KB:.1f} MB"


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """
    One message before one reader.

    ``author`` is a display name; ``ts`` is Slack's; ``replies`` counts the messages of its thread, 0 shows no
    thread. ``place`` sets the ids apart when a page shows the same message twice (channel, thread). ``heading``
    is the level of the heading that names the message; headers within it are one below.
    """

    author: str
    ts: str
    text: str = ""
    blocks: tuple[Mapping[str, Any], ...] = ()
    attachments: tuple[Mapping[str, Any], ...] = ()
    files: tuple[Attached, ...] = ()
    names: Names = Names()
    channel: str = ""
    place: str = "channel"
    thread_ts: str = ""
    replies: int = 0
    ephemeral: bool = False
    app: bool = False
    edited: bool = False
    heading: int = 3
