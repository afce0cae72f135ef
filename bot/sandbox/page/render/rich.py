"""Rich text as HTML. Its text elements know no mark-up: what is written in them stays what it is."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from markupsafe import Markup, escape

from bot.sandbox.page.render import mrkdwn as marks
from bot.sandbox.page.render.dates import dated
from bot.sandbox.page.render.emoji import EMOJI
from bot.sandbox.page.render.views import Names

Json = Mapping[str, Any]
Inline = Callable[[Json, Names], Markup]

STYLES: Final = {
    "code": Markup('<code dir="auto">{}</code>'),
    "bold": Markup("<b>{}</b>"),
    "italic": Markup("<i>{}</i>"),
    "strike": Markup("<s>{}</s>"),
    "underline": Markup("<u>{}</u>"),
}
WRAPS: Final = {
    "rich_text_section": Markup('<p dir="auto">{}</p>'),
    "rich_text_preformatted": Markup('<pre tabindex="0" dir="auto"><code>{}</code></pre>'),
    "rich_text_quote": Markup('<blockquote dir="auto">{}</blockquote>'),
}
LISTS: Final = {
    "bullet": Markup('<ul class="bk-indent-{}">{}</ul>'),
    "ordered": Markup('<ol class="bk-indent-{}" start="{}">{}</ol>'),
}


def rich(block: Json, names: Names) -> Markup:
    """Return the paragraphs, lists, code and quotes of a rich text block."""
    return Markup().join(_part(part, names) for part in block.get("elements", ()))


def _part(part: Json, names: Names) -> Markup:
    kind = str(part.get("type"))
    if kind == "rich_text_list":
        return _list(part, names)
    if kind not in WRAPS:
        return unknown(kind)
    if kind == "rich_text_preformatted":
        told = "".join(_bare(one, names) for one in part.get("elements", ()))
        return WRAPS[kind].format(marks.clean(told))
    return WRAPS[kind].format(_run(part, names))


def _list(part: Json, names: Names) -> Markup:
    items = Markup().join(
        Markup('<li dir="auto">{}</li>').format(_run(one, names)) for one in part.get("elements", ())
    )
    indent = min(8, int(part.get("indent") or 0))
    if part.get("style") == "ordered":
        return LISTS["ordered"].format(indent, int(part.get("offset") or 0) + 1, items)
    return LISTS["bullet"].format(indent, items)


def _run(part: Json, names: Names) -> Markup:
    return Markup().join(_styled(one, names) for one in part.get("elements", ()))


def _styled(element: Json, names: Names) -> Markup:
    kind = str(element.get("type"))
    shown = INLINE[kind](element, names) if kind in INLINE else unknown(kind)
    style = element.get("style") or {}
    for name, tag in STYLES.items():
        if style.get(name):
            shown = tag.format(shown)
    return shown


def _bare(element: Json, names: Names) -> str:
    """Return an element within code, where Slack shows no marks: its words."""
    if element.get("type") in {"text", "link"}:
        return str(element.get("text") or element.get("url") or "")
    return str(_styled(element, names).striptags())


def unknown(kind: str) -> Markup:
    """Say honestly that something stands here which is not known."""
    return Markup('<span class="bk-unknown">[unknown element: {}]</span>').format(marks.clean(kind))


def _emoji(element: Json, names: Names) -> Markup:  # noqa: ARG001 - one shape for all
    name = str(element.get("name", ""))
    try:
        sign = "".join(chr(int(point, 16)) for point in str(element.get("unicode") or "").split("-") if point)
    except (ValueError, OverflowError):
        sign = ""
    return escape(EMOJI.get(name) or marks.clean(sign) or f":{name}:")


def _color(element: Json, names: Names) -> Markup:  # noqa: ARG001 - one shape for all
    return escape(marks.clean(element.get("value", "")))


INLINE: Final[dict[str, Inline]] = {
    "text": lambda one, _: marks.lines(str(one.get("text", ""))),
    "link": lambda one, _: marks.link(str(one.get("url", "")), str(one.get("text") or one.get("url", ""))),
    "user": lambda one, names: marks.user(str(one.get("user_id")), "", names),
    "usergroup": lambda one, names: marks.group(str(one.get("usergroup_id")), "", names),
    "channel": lambda one, names: marks.channel(str(one.get("channel_id")), "", names),
    "team": lambda one, names: marks.group(str(one.get("team_id")), "", names),
    "broadcast": lambda one, _: marks.MENTION.format("@", str(one.get("range"))),
    "emoji": _emoji,
    "date": lambda one, names: dated(
        one.get("timestamp"), str(one.get("format", "")), str(one.get("fallback", "")), names.now
    ),
    "color": _color,
}
