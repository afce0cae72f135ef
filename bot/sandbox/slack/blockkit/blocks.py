"""Blocks (docs.slack.dev/reference/block-kit/blocks) and what Slack refuses about a list of them."""

from collections.abc import Iterator, Mapping

from bot.sandbox.slack.blockkit import elements as el
from bot.sandbox.slack.blockkit.checks import (
    Check,
    Problem,
    Shape,
    anything,
    array,
    boolean,
    by_type,
    duplicates,
    integer,
    one_of,
    string,
)
from bot.sandbox.slack.blockkit.objects import TYPE, plain, text
from bot.sandbox.slack.blockkit.rich_text import RICH_TEXT
from bot.sandbox.slack.blockkit.sums import sums

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
BLOCK: Mapping[str, Check] = {"block_id": string(255)}
UNSEEN = ("card", "carousel", "data_table", "file", "plan", "task_card", "video")


def _elements(most: int, *kinds: str) -> Shape:
    return Shape({**TYPE, "elements": array(by_type(el.ELEMENTS, *kinds), most)}, BLOCK)


def _any_object(value: object, pointer: str) -> Iterator[Problem]:
    if isinstance(value, Mapping) and "block_id" in value:
        yield from BLOCK["block_id"](value["block_id"], f"{pointer}/block_id")


class _Section(Shape):
    """A section says something: text or fields."""

    def __call__(self, value: object, pointer: str) -> Iterator[Problem]:
        yield from super().__call__(value, pointer)
        if isinstance(value, Mapping) and "text" not in value and "fields" not in value:
            yield Problem("missing required field: text", pointer)


CELL = by_type(
    {
        "rich_text": RICH_TEXT,
        "raw_text": Shape({**TYPE, "text": string(10_000, 0)}, {}),
        "raw_number": Shape({**TYPE, "value": anything}, {"text": string(10_000, 0)}),
    }
)
COLUMN = Shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})
POINT = Shape({"label": string(20), "value": anything}, {})
AXES = Shape({"categories": array(string(20), 20)}, {"x_label": string(50), "y_label": string(50)})
SERIES = Shape({"name": string(20), "data": array(POINT, 20)}, {})
# docs.slack.dev/reference/block-kit/blocks/data-visualization-block; a pie has segments and no axes
CHART = by_type(
    {
        **dict.fromkeys(
            ("bar", "line", "area"), Shape({**TYPE, "series": array(SERIES, 12), "axis_config": AXES}, {})
        ),
        "pie": Shape({**TYPE, "segments": array(POINT, 12)}, {}),
    }
)
ANYWHERE: Mapping[str, Check] = {
    "section": _Section(
        TYPE,
        {
            **BLOCK,
            "text": text(3000),
            "fields": array(text(2000), 10),
            "accessory": by_type(el.ELEMENTS, *el.ACCESSORIES),
            "expand": boolean,
        },
    ),
    "header": Shape({**TYPE, "text": plain(150)}, {**BLOCK, "level": integer}),
    "divider": Shape(TYPE, BLOCK),
    "image": el.IMAGE,
    "actions": _elements(25, *el.ACTIONS),
    "context": _elements(10, "mrkdwn", "plain_text", "image"),
    "context_actions": _elements(5, "feedback_buttons", "icon_button"),
    "input": Shape(
        {**TYPE, "label": plain(2000), "element": by_type(el.ELEMENTS, *el.INPUTS)},
        {**BLOCK, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": RICH_TEXT,
    "table": Shape(
        {**TYPE, "rows": array(array(CELL, 20), 100)}, {**BLOCK, "column_settings": array(COLUMN, 20)}
    ),
    "data_visualization": Shape({**TYPE, "title": string(50), "chart": CHART}, BLOCK),
    **dict.fromkeys(UNSEEN, _any_object),
}
ALERT = Shape(
    {**TYPE, "text": text(200)}, {**BLOCK, "level": one_of("default", "info", "warning", "error", "success")}
)
CONTAINER = Shape(
    {**TYPE, "child_blocks": array(by_type(ANYWHERE), 10)},
    {
        **BLOCK,
        "title": plain(150),
        "rich_text_title": RICH_TEXT,
        "subtitle": text(150),
        "width": one_of("narrow", "standard", "wide", "full"),
        "icon": el.IMAGE,
        **dict.fromkeys(("is_collapsible", "default_collapsed", "has_header_divider"), boolean),
    },
)
IN_MESSAGE: Mapping[str, Check] = {
    **ANYWHERE,
    "container": CONTAINER,
    "markdown": Shape({**TYPE, "text": string(12_000)}, BLOCK),
}
IN_VIEW: Mapping[str, Check] = {**ANYWHERE, "container": CONTAINER, "alert": ALERT}


def message_problems(blocks: object, pointer: str = "/blocks") -> tuple[Problem, ...]:
    """Say why Slack would refuse the blocks of a message; empty when it would not."""
    return tuple(list_problems(blocks, pointer, IN_MESSAGE, MESSAGE_BLOCKS))


def list_problems(blocks: object, pointer: str, kinds: Mapping[str, Check], most: int) -> Iterator[Problem]:
    """Check each block, then what must be unique or bounded over all of them."""
    yield from array(by_type(kinds), most, 0)(blocks, pointer)
    if not isinstance(blocks, list):
        return
    yield from duplicates([*_block_ids(blocks, pointer)], "block_id")
    for index, block in enumerate(blocks):
        yield from duplicates([*_action_ids(block, f"{pointer}/{index}")], "action_id")
    yield from sums(blocks, pointer)


def _block_ids(blocks: list[object], pointer: str) -> Iterator[tuple[str, str]]:
    for index, block in enumerate(blocks):
        if isinstance(block, Mapping):
            if isinstance(block.get("block_id"), str):
                yield block["block_id"], f"{pointer}/{index}/block_id"
            if isinstance(block.get("child_blocks"), list):
                yield from _block_ids(block["child_blocks"], f"{pointer}/{index}/child_blocks")


def _action_ids(block: object, pointer: str) -> Iterator[tuple[str, str]]:
    found = block.get("elements") if isinstance(block, Mapping) else None
    for index, element in enumerate(found if isinstance(found, list) else []):
        if isinstance(element, Mapping) and isinstance(element.get("action_id"), str):
            yield element["action_id"], f"{pointer}/elements/{index}/action_id"
