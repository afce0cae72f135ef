"""What nothing that the bot shows or logs may hold, wherever its words came from."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.sandbox.scene import ALICE, BOB, CARA, DAN, TOKEN
from bot.sandbox.slack import Workspace
from bot.sandbox.slack.payloads import VERIFICATION
from tests.hostile.gate import REASON, shown_bodies

FENCE: Final = "\u200b"
TOKENS: Final = (
    "<!channel>",
    "<!here|x>",
    "<@U0EVIL>",
    "<#C0EVIL|x>",
    "<!subteam^S0EVIL|x>",
    "<http://evil.example|ok>",
    "http://evil.example/x",
    "`code`",
    "~no~",
    ":fire:",
)
EVIL: Final = (
    "\u202egnp\u2066\u200b \x1b[31mred\x1b]0;title\x07 "
    + " ".join(TOKENS)
    + " @everyone ```block``` *bold* _it_ &lt;!channel&gt; line\nbreak\r\n> quote\u2028\x00'\"; rm -rf / #"
)
CONTROL: Final = ("\u202e", "\u2066", "\x1b", "\x07", "\x00")

LIVE: Final = re.compile(r"<[^<>]*>")
OWN: Final = re.compile(
    rf"<@({ALICE}|{BOB}|{CARA}|{DAN})>|<!subteam\^S0SECURITY>|<!date\^\d+\^[{{}}a-z_ ]+\|[-0-9: ]+ UTC>"
)
"""All that the bot ever makes live by itself: who asked or voted, who may approve, and times."""

NAMED: Final = re.compile(r"plan `[0-9a-f]{12}`")
"""The one thing that a card sets in code inside mrkdwn: its own digest."""

LINKED: Final = re.compile(r"(?i)https?://|www\.[a-z]|mailto:|[a-z0-9-]+\.(?:example|com|org|net)\b")
MARKED: Final = re.compile(r"(?<!\u200b)[`~]|[`~](?!\u200b)|:[a-z_+-]+:")
LIVE_ELEMENTS: Final = frozenset(
    {"broadcast", "channel", "emoji", "link", "user", "usergroup", "team", "image"}
)


def texts_in(body: Any) -> Iterator[str]:
    """Yield every string of a body, in whatever field."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, Mapping):
        for value in body.values():
            yield from texts_in(value)
    elif isinstance(body, (list, tuple)):
        for value in body:
            yield from texts_in(value)


def objects_in(body: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every JSON object of a body."""
    if isinstance(body, Mapping):
        yield body
        for value in body.values():
            yield from objects_in(value)
    elif isinstance(body, (list, tuple)):
        for value in body:
            yield from objects_in(value)


def flaws(body: Mapping[str, Any]) -> list[str]:
    """Return what is live or deceptive in one body; empty when all is inert."""
    found = [f"element {each['type']}" for each in objects_in(body) if each.get("type") in LIVE_ELEMENTS]
    found += [f"url {each['url']}" for each in objects_in(body) if "url" in each]
    found += [f"emoji in {each['text']!r}" for each in objects_in(body) if _shows_emoji(each)]
    for text in _marked_up(body):
        found += [f"live {token}" for token in LIVE.findall(text) if not OWN.fullmatch(token)]
        bare = NAMED.sub("", OWN.sub("", text))
        found += [f"marked up {text!r}" for pattern in (LINKED, MARKED) if pattern.search(bare)]
    found += [f"hidden {c!r} in {text[:80]!r}" for text in texts_in(body) for c in text if _deceives(c)]
    return found


def _marked_up(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts in which Slack reads mark-up: a message's own, and mrkdwn objects."""
    if isinstance(body.get("text"), str):
        yield body["text"]
    yield from (each["text"] for each in objects_in(body) if each.get("type") == "mrkdwn")


def _shows_emoji(each: Mapping[str, Any]) -> bool:
    return each.get("type") == "plain_text" and each.get("emoji") is not False


def _deceives(character: str) -> bool:
    return character not in {"\n", FENCE} and unicodedata.category(character) in {
        "Cc",
        "Cf",
        "Cs",
        "Zl",
        "Zp",
    }


def assert_inert(workspace: Workspace) -> None:
    """Everything that was ever shown by the bot is harmless."""
    bodies = shown_bodies(workspace)
    found = [flaw for body in bodies for flaw in flaws(body)]
    assert not found, found[:5]


def assert_quiet(log: str, workspace: Workspace) -> None:
    """The log is lines of JSON in plain ASCII, and holds no secret and nobody's words."""
    app = workspace.world.app
    secret = {app.bot_token, app.app_token, app.signing_secret, VERIFICATION, TOKEN, REASON}
    for line in log.splitlines():
        assert isinstance(json.loads(line), dict), line
        assert line.isascii(), line
        assert line.isprintable(), line
        assert not [word for word in secret if word in line], line
        assert "/commands/" not in line, line  # a response_url is a right to speak
        assert "/actions/" not in line, line
