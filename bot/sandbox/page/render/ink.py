"""What the templates write with: text, names and dates as HTML, ids that are unique, and what a field holds."""

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from markupsafe import Markup

from bot.sandbox.page.render import mrkdwn as marks
from bot.sandbox.page.render.charts import Chart, chart
from bot.sandbox.page.render.dates import clock
from bot.sandbox.page.render.markdown import markdown
from bot.sandbox.page.render.rich import rich
from bot.sandbox.page.render.views import Filled, Names

Json = Mapping[str, Any]

INITIAL: Final = (
    "initial_value",
    "initial_option",
    "initial_options",
    "initial_user",
    "initial_users",
    "initial_channel",
    "initial_conversation",
    "initial_date",
    "initial_time",
    "initial_date_time",
)
UNSAFE: Final = re.compile(r"[^A-Za-z0-9_\-]+")


class Ink:
    """One rendering: its names, the prefix of its ids, and for a modal what was typed and what was wrong."""

    def __init__(
        self,
        names: Names,
        prefix: str,
        *,
        heading: int = 3,
        errors: Mapping[str, str] | None = None,
        filled: Filled | None = None,
    ) -> None:
        self.names = names
        self.heading = min(6, max(1, heading))
        self.errors = errors or {}
        self.filled = filled or {}
        self._prefix = UNSAFE.sub("-", prefix)
        self._ids = itertools.count(1)

    @property
    def inner(self) -> int:
        """The heading level of a header block."""
        return min(6, self.heading + 1)

    def id(self) -> str:
        """Make an id that nothing else on the page has."""
        return f"bk-{self._prefix}-{next(self._ids)}"

    def text(self, found: object) -> Markup:
        """Return a text object as paragraphs."""
        if not isinstance(found, Mapping):
            return Markup()
        if found.get("type") == "mrkdwn":
            return marks.mrkdwn(str(found.get("text", "")), self.names)
        return Markup('<p dir="auto">{}</p>').format(self.label(found))

    def label(self, found: object) -> Markup:
        """Return a text object as one line: for buttons, labels and options."""
        if not isinstance(found, Mapping):
            return Markup()
        told = str(found.get("text", ""))
        if found.get("type") == "mrkdwn":
            return marks.inline(marks.clean(told), self.names)
        return marks.plain(told, emoji=found.get("emoji") is not False)

    def words(self, found: object) -> str:
        """Return a text object as bare words, for an attribute or an option of a menu."""
        return str(self.label(found).striptags()) if isinstance(found, Mapping) else ""

    def bare(self, text: object) -> Markup:
        """Return any text as it is."""
        return marks.lines(str(text))

    def mrkdwn(self, text: object) -> Markup:
        """Return a string of mrkdwn, as the text of a message without blocks is."""
        return marks.mrkdwn(str(text), self.names)

    def markdown(self, text: object) -> Markup:
        """Return the text of a markdown block."""
        return markdown(marks.clean(text))

    def chart(self, block: Json) -> Chart:
        """Lay out a chart."""
        return chart(block)

    def rich(self, block: Json) -> Markup:
        """Return a rich text block."""
        return rich(block, self.names)

    def clock(self, ts: str) -> Markup:
        """Return when a message was posted."""
        return clock(ts)

    def held(self, block_id: object, element: Json) -> Any:
        """Return what a field holds: what was typed, else its initial value; options as their values."""
        typed = self.filled.get(str(block_id), {})
        action = str(element.get("action_id", ""))
        if action in typed:
            return typed[action]
        found = next((element[name] for name in INITIAL if element.get(name) is not None), "")
        if isinstance(found, Mapping):
            return found.get("value", "")
        if isinstance(found, Sequence) and not isinstance(found, str):
            return [one.get("value", "") if isinstance(one, Mapping) else one for one in found]
        return found

    def chosen(self, block_id: object, element: Json) -> list[str]:
        """Return what a field of several choices holds."""
        found = self.held(block_id, element)
        return (
            [str(one) for one in found] if isinstance(found, list | tuple) else [str(found)] if found else []
        )

    def moment(self, block_id: object, element: Json) -> str:
        """Return what a datetimepicker holds as its input in UTC wants it."""
        found = str(self.held(block_id, element))
        return f"{datetime.fromtimestamp(int(found), UTC):%Y-%m-%dT%H:%M}" if found.isdecimal() else ""

    def labels(self, element: Json) -> dict[str, str]:
        """Return the words of each option of a menu, by value."""
        groups = element.get("option_groups") or [{"options": element.get("options") or []}]
        found = [*(one for each in groups for one in each.get("options", ()))]
        initial = element.get("initial_options") or [element.get("initial_option")]
        return {
            str(one.get("value", "")): self.words(one.get("text"))
            for one in (*found, *initial)
            if isinstance(one, Mapping)
        }

    def json(self, found: object) -> str:
        """Return a value for an attribute that a script reads."""
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"))
