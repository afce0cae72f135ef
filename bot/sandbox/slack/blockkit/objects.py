"""Composition objects: text, confirmation, option, option group (docs.slack.dev/reference/block-kit/composition-objects)."""

from bot.sandbox.slack.blockkit.checks import Check, Shape, anything, array, boolean, by_type, one_of, string

TYPE = {"type": anything}


def plain(most: int, least: int = 1) -> Check:
    """Plain text only."""
    return by_type({"plain_text": Shape({**TYPE, "text": string(most, least)}, {"emoji": boolean})})


def text(most: int, least: int = 1) -> Check:
    """Plain text or mrkdwn."""
    body = {**TYPE, "text": string(most, least)}
    return by_type(
        {"plain_text": Shape(body, {"emoji": boolean}), "mrkdwn": Shape(body, {"verbatim": boolean})}
    )


CONFIRM = Shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)


def option(label: Check) -> Check:
    """One choice of a menu or of a group of boxes."""
    return Shape({"text": label, "value": string(150)}, {"description": text(75), "url": string(3000)})


PLAIN_OPTION = option(plain(75))
ANY_OPTION = option(text(75))
OPTION_GROUP = Shape({"label": plain(75), "options": array(PLAIN_OPTION, 100)}, {})
