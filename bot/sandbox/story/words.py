"""Slack's texts as a reader sees them: mentions by name, times as a clock shows them, nothing hidden."""

import html
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]
Names = Mapping[str, str]
"""Ids of people and groups, and what they are called."""

_MENTION = re.compile(r"<(?:@|!subteam\^)([A-Z0-9]+)(?:\|[^>]*)?>")
_DATE = re.compile(r"<!date\^(\d+)\^[^>]*>")
_BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?!\w)")


def plain(mrkdwn: str, names: Names) -> str:
    """Return mrkdwn as plain text; ``names`` tell what ids are called."""
    text = _MENTION.sub(lambda found: "@" + names.get(found[1], found[1]), mrkdwn)
    text = _DATE.sub(lambda found: clock(int(found[1])), text)
    text = _BOLD.sub(r"\1", text).replace("`", "").replace("\u200b", "")
    return html.unescape(text)


def clock(seconds: int) -> str:
    """Return a time of day, in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S} UTC"


def flat(elements: Sequence[Json], names: Names) -> str:
    """Return the elements of one rich text paragraph as one string."""
    return "".join(_element(each, names) for each in elements)


def _element(element: Json, names: Names) -> str:
    match element.get("type"):
        case "date":
            return clock(int(element["timestamp"]))
        case "user" | "usergroup":
            found = str(element.get("user_id") or element.get("usergroup_id"))
            return "@" + names.get(found, found)
        case _:
            return str(element.get("text", "")).replace("\u200b", "")
