"""
A kept card read out as plain lines: what stood on it, without Slack's marks.

Dates become UTC times, people and groups their names or ids, marks of style are dropped. It is a reading, for people:
the exact bytes are what the record's hash is of.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bot.domain.report.calling import Calling

_TOKEN: Final = re.compile(r"<([^<>\n]{1,3000})>")
_BOLD: Final = re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])")
_STRUCK: Final = re.compile(r"(?<![\w~])~(\S(?:[^~\n]*\S)?)~(?![\w~])")
_SLANTED: Final = re.compile(r"(?<!\w)_([^_\s](?:[^_\n]*[^_\s])?)_(?!\w)")
_CODE: Final = re.compile(r"`+([^`\n]+)`+")
_DATE: Final = re.compile(r"!date\^(\d{1,15})\^")
_LINES: Final = (
    "rich_text_section",
    "rich_text_preformatted",
    "rich_text_quote",
)
_LATEST: Final = 253_402_300_799  # the last second of the year 9999

_card = msgspec.json.Decoder(dict[str, Any])


def card_lines(text: str | None, calling: Calling) -> tuple[str, ...]:
    """Return every line of a kept card, in order; none where it is gone or is none."""
    try:
        blocks = None if text is None else _card.decode(text).get("blocks")
        return tuple(line for said in _read(blocks, calling) for line in said.split("\n") if line.strip())
    except (msgspec.DecodeError, RecursionError):
        return ()


def readable(marked: str, calling: Calling) -> str:
    """Return Slack's mark-up as plain text."""
    shown = _TOKEN.sub(lambda found: _token(found[1], calling), marked)
    for style in (_CODE, _BOLD, _STRUCK, _SLANTED):
        shown = style.sub(r"\1", shown)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def moment(seconds: object) -> str:
    """Return seconds since 1970 as a time in UTC; as they are where they are none."""
    if isinstance(seconds, int) and 0 <= seconds <= _LATEST:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    return str(seconds)


def _token(inner: str, calling: Calling) -> str:
    what, _, label = inner.partition("|")
    dated = _DATE.match(what)
    if dated:
        return moment(int(dated[1]))
    if what.startswith("@"):
        return calling.user(what[1:])
    if what.startswith("!subteam^"):
        group = what.removeprefix("!subteam^")
        return f"{label} ({group})" if label else f"group {group}"
    if what.startswith("#"):
        return f"{label} ({what})" if label else what
    if what.startswith("!"):
        return f"@{what[1:]}"
    return f"{label} ({what})" if label else what


def _read(value: Any, calling: Calling) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for each in value:
            yield from _read(each, calling)
    elif isinstance(value, dict):
        yield from _thing(value, calling)


def _thing(value: dict[str, Any], calling: Calling) -> Iterator[str]:
    kind, text = value.get("type"), value.get("text")
    if kind in _LINES:
        yield "".join(_run(value.get("elements"), calling))
    elif kind == "button":
        yield f"[{_label(text)}]"
    elif isinstance(text, str):
        yield readable(text, calling) if kind == "mrkdwn" else text
    else:
        inner = (each for name, each in value.items() if name != "confirm" and not isinstance(each, str))
        yield from _read(list(inner), calling)


def _label(text: Any) -> str:
    return str(text.get("text", "")) if isinstance(text, dict) else str(text or "")


def _run(elements: Any, calling: Calling) -> Iterable[str]:
    return [
        _ELEMENTS.get(str(e.get("type")), _text)(e, calling) for e in elements or () if isinstance(e, dict)
    ]


def _text(element: dict[str, Any], _calling: Calling) -> str:
    return str(element.get("text") or element.get("url") or element.get("channel_id") or "")


def _link(element: dict[str, Any], _calling: Calling) -> str:
    said, url = str(element.get("text") or ""), str(element.get("url") or "")
    return f"{said} ({url})" if said else url


_ELEMENTS: Final[dict[str, Callable[[dict[str, Any], Calling], str]]] = {
    "user": lambda e, calling: calling.user(str(e.get("user_id", ""))),
    "usergroup": lambda e, _: f"group {e.get('usergroup_id', '')}",
    "date": lambda e, _: moment(e.get("timestamp")),
    "broadcast": lambda e, _: f"@{e.get('range', '')}",
    "emoji": lambda e, _: f":{e.get('name', '')}:",
    "link": _link,
}
