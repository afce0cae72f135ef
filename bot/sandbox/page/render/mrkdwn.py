"""
Slack's mrkdwn as HTML: the marks that Slack knows, and nothing else.

The rules are those of docs.slack.dev/messaging/formatting-message-text. Every character of the text comes out
escaped; every tag comes from this file. A mark closes on its own line; text that is no mark stays as it is.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from bot.sandbox.page.render.dates import dated
from bot.sandbox.page.render.emoji import EMOJI, spelt
from bot.sandbox.page.render.views import Names

DEEPEST: Final = 4
"""Marks within marks; deeper ones stay text, so no text can exhaust the stack."""

BREAK: Final = Markup("<br>")
PRE: Final = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
QUOTE: Final = re.compile(r"(?:>|&gt;)[ \t]?")
REST_QUOTED: Final = re.compile(r"(?:>|&gt;){3}[ \t]?")
EDGE: Final = r"\s\u200b"
"""What stops a mark from opening or closing beside it: blanks, and the zero-width space that fences text."""

MARK: Final = re.compile(
    rf"`(?=[^\u200b])(?P<code>[^`\n]*[^`\n\u200b])`"
    r"|<(?P<token>[^<>\n]+)>"
    rf"|(?<![\w*])\*(?=[^{EDGE}])(?P<bold>[^*\n]*[^*{EDGE}])\*(?![\w*])"
    rf"|(?<!\w)_(?=[^{EDGE}])(?P<italic>[^_\n]*[^_{EDGE}])_(?!\w)"
    rf"|(?<![\w~])~(?=[^{EDGE}])(?P<strike>[^~\n]*[^~{EDGE}])~(?![\w~])"
    r"|:(?P<emoji>[a-z0-9_+\-]{1,40}):"
)
STYLES: Final = {"bold": Markup("<b>{}</b>"), "italic": Markup("<i>{}</i>"), "strike": Markup("<s>{}</s>")}
SPECIAL: Final = re.compile(r"date\^(-?\d{1,12})\^([^|^]*)(?:\^([^|]*))?")
ADDRESS: Final = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)
BROADCASTS: Final = ("here", "channel", "everyone")
MENTION: Final = Markup('<span class="bk-mention"><bdi>{}{}</bdi></span>')
LINK: Final = Markup('<a href="{}" rel="noopener noreferrer nofollow" target="_blank"><bdi>{}</bdi></a>')


def clean(text: object) -> str:
    """Return text that can be sent as UTF-8 and stand in HTML: what cannot becomes U+FFFD."""
    sent = str(text).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return sent.replace("\x00", "\ufffd")


def decoded(text: str) -> str:
    """Return text with the three entities that Slack knows as what they stand for."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def lines(text: str) -> Markup:
    """Return plain text, its line breaks kept."""
    return BREAK.join(escape(one) for one in clean(text).replace("\r\n", "\n").split("\n"))


def plain(text: str, *, emoji: bool = True) -> Markup:
    """Return plain text, its short codes as signs if ``emoji`` says so."""
    return lines(spelt(text) if emoji else text)


def link(url: str, text: Markup | str) -> Markup:
    """Return a link to a web or mail address; the text alone, with the address behind it, for any other."""
    address = clean(url).strip()
    try:
        scheme = urlsplit(address).scheme.lower()
    except ValueError:
        scheme = ""
    if scheme not in {"http", "https", "mailto"}:
        return escape(text) if str(text) == address else Markup("{} ({})").format(text, address)
    return LINK.format(address, text)


def mrkdwn(text: str, names: Names) -> Markup:
    """Return mrkdwn as HTML."""
    return Markup().join(_blocks(clean(text).replace("\r\n", "\n"), names))


def _blocks(text: str, names: Names) -> Iterator[Markup]:
    at = 0
    for found in PRE.finditer(text):
        yield from _paragraphs(text[at : found.start()], names)
        yield Markup('<pre tabindex="0" dir="auto"><code>{}</code></pre>').format(decoded(found[1]))
        at = found.end()
    yield from _paragraphs(text[at:], names)


def _paragraphs(text: str, names: Names) -> Iterator[Markup]:
    """Lines that are quoted, and lines that are not, each run of them as one."""
    runs: list[tuple[bool, list[str]]] = []
    rest = False
    for one in text.strip("\n").split("\n") if text.strip("\n") else []:
        rest = rest or bool(REST_QUOTED.match(one))
        mark = REST_QUOTED.match(one) or QUOTE.match(one)
        quoted = rest or mark is not None
        if not runs or runs[-1][0] != quoted:
            runs.append((quoted, []))
        runs[-1][1].append(one[mark.end() :] if mark else one)
    for quoted, told in runs:
        shown = BREAK.join(inline(one, names) for one in told)
        tag = Markup('<blockquote dir="auto">{}</blockquote>') if quoted else Markup('<p dir="auto">{}</p>')
        yield tag.format(shown)


def inline(text: str, names: Names, depth: int = 0) -> Markup:
    """Return one line of mrkdwn."""
    if depth > DEEPEST:
        return escape(decoded(text))
    out, at = [], 0
    for found in MARK.finditer(text):
        out += [escape(decoded(text[at : found.start()])), _mark(found, names, depth)]
        at = found.end()
    return Markup().join([*out, escape(decoded(text[at:]))])


def _mark(found: re.Match[str], names: Names, depth: int) -> Markup:
    kind = found.lastgroup or ""
    inside = found[kind]
    if kind in STYLES:
        return STYLES[kind].format(inline(inside, names, depth + 1))
    if kind == "code":
        return Markup('<code dir="auto">{}</code>').format(decoded(inside))
    if kind == "emoji":
        return escape(EMOJI.get(inside, found[0]))
    return _token(inside, names)


def _token(inside: str, names: Names) -> Markup:
    named, bar, label = inside.partition("|")
    label = decoded(label)
    for sign, shown in TOKENS.items():
        if named.startswith(sign):
            return shown(named[len(sign) :], label, names)
    if ADDRESS.match(named):
        return link(decoded(named), label or decoded(named))
    return escape(decoded(f"<{named}{bar}") + label + ">")


def user(key: str, label: str, names: Names) -> Markup:
    """Return a mention of a person."""
    return MENTION.format("@", names.users.get(key) or label or key)


def group(key: str, label: str, names: Names) -> Markup:
    """Return a mention of a user group."""
    return MENTION.format("@", names.groups.get(key) or label.removeprefix("@") or key)


def channel(key: str, label: str, names: Names) -> Markup:
    """Return a mention of a channel."""
    return MENTION.format("#", names.channels.get(key) or label.removeprefix("#") or key)


def _special(key: str, label: str, names: Names) -> Markup:
    if key in BROADCASTS:
        return MENTION.format("@", key)
    found = SPECIAL.fullmatch(key)
    if found:
        return dated(found[1], decoded(found[2]), label, names.now)
    return escape(label or f"<!{decoded(key)}>")


TOKENS: Final[dict[str, Callable[[str, str, Names], Markup]]] = {
    "@": user,
    "#": channel,
    "!subteam^": group,
    "!": _special,
}
