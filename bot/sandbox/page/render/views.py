"""What is given to be shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

Level = Literal["info", "success", "warning", "error"]
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
    names: Names = Names()
    channel: str = ""
    place: str = "channel"
    thread_ts: str = ""
    replies: int = 0
    ephemeral: bool = False
    app: bool = False
    edited: bool = False
    heading: int = 3
