"""The rich_text block (docs.slack.dev/reference/block-kit/blocks/rich-text-block)."""

from collections.abc import Mapping

from bot.sandbox.slack.blockkit.checks import (
    Check,
    Shape,
    array,
    boolean,
    by_type,
    integer,
    one_of,
    string,
)
from bot.sandbox.slack.blockkit.objects import TYPE

STYLE = Shape(
    {},
    dict.fromkeys(
        ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"), boolean
    ),
)
STYLED: Mapping[str, Check] = {"style": STYLE}

INLINE = by_type(
    {
        "text": Shape({**TYPE, "text": string(40_000)}, STYLED),
        "link": Shape({**TYPE, "url": string(3000)}, {**STYLED, "text": string(40_000, 0), "unsafe": boolean}),
        "user": Shape({**TYPE, "user_id": string(255)}, STYLED),
        "usergroup": Shape({**TYPE, "usergroup_id": string(255)}, STYLED),
        "channel": Shape({**TYPE, "channel_id": string(255)}, STYLED),
        "team": Shape({**TYPE, "team_id": string(255)}, STYLED),
        "broadcast": Shape({**TYPE, "range": one_of("here", "channel", "everyone")}, STYLED),
        "emoji": Shape({**TYPE, "name": string(255)}, {**STYLED, "unicode": string(255), "skin_tone": integer, "url": string(3000)}),
        "date": Shape({**TYPE, "timestamp": integer, "format": string(255)}, {**STYLED, "url": string(3000), "fallback": string(3000)}),
        "color": Shape({**TYPE, "value": string(255)}, STYLED),
    }
)  # fmt: skip

INSIDE: Mapping[str, Check] = {**TYPE, "elements": array(INLINE, 10_000, 0)}
BORDER: Mapping[str, Check] = {"border": integer}
SECTION = Shape(INSIDE, {})
PARTS: Mapping[str, Check] = {
    "rich_text_section": SECTION,
    "rich_text_preformatted": Shape(INSIDE, {**BORDER, "language": string(255)}),
    "rich_text_quote": Shape(INSIDE, BORDER),
    "rich_text_list": Shape(
        {**TYPE, "elements": array(SECTION, 10_000, 0), "style": one_of("bullet", "ordered")},
        {**BORDER, "indent": integer, "offset": integer},
    ),
}

RICH_TEXT = Shape({**TYPE, "elements": array(by_type(PARTS), 10_000, 0)}, {"block_id": string(255)})
