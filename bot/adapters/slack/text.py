"""
Text as Slack carries it: what came in made plain, what goes out made harmless.

Slack's rules for both are in docs.slack.dev/messaging/formatting-message-text.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from itertools import chain
from typing import Final

from bot.domain.hidden import hidden, spelt

LONGEST: Final = 4000
"""Characters of a command that are read; ``incoming`` returns one more, so that the parser can refuse it."""

ZERO_WIDTH: Final = "\u200b"
MORE: Final = "…"

_WRAPPED: Final = re.compile(r"<((?:https?://|mailto:|tel:|[@#!])[^<>|]*)(?:\|([^<>]*))?>")
_PERSON: Final = re.compile(r"<@([UW][A-Z0-9]{1,31})(?:\|[^<>]*)?>", re.ASCII)
_SMART: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′´", "'"),  # noqa: RUF001 - these are what keyboards put in place of quotes
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),  # noqa: RUF001 - and in place of dashes
    }
)
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_DECODED: Final = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}


def incoming(text: str) -> str:
    """
    Return what a person typed, on one line, in NFKC, without Slack's mark-up and its clients' typography.

    At most ``LONGEST + 1`` characters. Control characters become blanks; what shows nothing is dropped.
    """
    plain = _WRAPPED.sub(_typed, text[: 12 * LONGEST])
    plain = re.sub(r"&(?:amp|lt|gt);", lambda found: _DECODED[found[0]], plain)
    plain = unicodedata.normalize("NFKC", _seen(plain))
    return _seen(plain)[: LONGEST + 1].strip()


def named(text: str) -> str:
    """Return the text with each person that Slack escaped as ``@`` and their id, whatever the label beside it says."""
    return _PERSON.sub(r"@\1", text[: 12 * LONGEST])


def _typed(found: re.Match[str]) -> str:
    address, label = found[1], found[2]
    if address[0] == "!":
        return label or f"@{address[1:]}"
    if address[0] in "@#":
        return f"{address[0]}{(label or address[1:]).lstrip(address[0])}"
    return label or _bare(address)


def _bare(url: str) -> str:
    """Return the address where Slack linked a bare address, else the link itself."""
    rest = url.partition("://")[2].rstrip("/")
    try:
        ipaddress.ip_network(rest, strict=False)
    except ValueError:
        return url
    return rest


def _seen(text: str) -> str:
    spaced = "".join(" " if _category(c) in ("Cc", "Zl", "Zp", "Zs") else c for c in text)
    return "".join(c for c in spaced if not hidden(c)).translate(_SMART)


def _category(character: str) -> str:
    return unicodedata.category(character)


def visible(text: str, most: int = 0) -> str:
    r"""
    Return the text with hidden characters spelt out (``\u202e``), cut visibly to ``most`` characters if given.

    For ``plain_text`` objects and ``text`` elements of rich text, which know no mark-up.
    """
    return _joined((spelt(c) for c in _opened(text, most)), most)


def block(text: str, most: int = 0) -> str:
    """Return what ``visible`` does, with line breaks kept: for commands and objects set in code."""
    return _joined((c if c == "\n" else spelt(c) for c in _opened(text, most)), most)


def escape(text: str, most: int = 0) -> str:
    """
    Return text that mrkdwn shows as it is: no mention, link, emoji or formatting can come of it.

    ``most`` bounds the result. Formatting characters are fenced by zero-width spaces on both sides, since
    they act only at the edge of a word; ``incoming`` drops these again when somebody copies the text.
    """
    opened = _opened(text, most)
    following = [*opened[1:], ""]
    fenced = (_fenced(c, after) for c, after in zip(opened, following, strict=False))
    # At the beginning of a line it would be a quotation, escaped or not.
    return _joined(chain((ZERO_WIDTH,) if opened.startswith(">") else (), fenced), most)


def _fenced(character: str, after: str) -> str:
    if character in _ENTITIES:
        return _ENTITIES[character]
    if character in "*_~`@#:":
        return f"{ZERO_WIDTH}{character}{ZERO_WIDTH}"
    if character == "." and after.isalpha():  # a bare domain would become a link
        return f".{ZERO_WIDTH}"
    return spelt(character)


def _opened(text: str, most: int) -> str:
    """Leave out what the bound will cut anyway, so that a huge text costs nothing."""
    return text[: most + 1] if most else text


def _joined(pieces: Iterable[str], most: int) -> str:
    """Join whole pieces only: half an entity would be another text."""
    if not most:
        return "".join(pieces)
    kept: list[str] = []
    room = most
    for piece in pieces:
        kept.append(piece)
        room -= len(piece)
        if room < 0:
            break
    else:
        return "".join(kept)
    while kept and room < len(MORE):
        room += len(kept.pop())
    return "".join(kept) + MORE
