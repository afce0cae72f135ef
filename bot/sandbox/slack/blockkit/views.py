"""Modals and App Homes (docs.slack.dev/reference/views)."""

import json
from collections.abc import Iterator, Mapping

from bot.sandbox.slack.blockkit.blocks import IN_VIEW, VIEW_BLOCKS, list_problems
from bot.sandbox.slack.blockkit.checks import Check, Problem, Shape, anything, boolean, by_type, string
from bot.sandbox.slack.blockkit.objects import TYPE, plain

VIEW_BYTES = 250_000
BOTH: Mapping[str, Check] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
MODAL = Shape(
    {**TYPE, "title": plain(24), "blocks": anything},
    {
        **BOTH,
        "submit": plain(24),
        "close": plain(24),
        **dict.fromkeys(("clear_on_close", "notify_on_close", "submit_disabled"), boolean),
    },
)
HOME = Shape({**TYPE, "blocks": anything}, BOTH)


def view_problems(view: object, kind: str = "modal", pointer: str = "/view") -> tuple[Problem, ...]:
    """Say why Slack would refuse a view of that kind (`modal` or `home`); empty when it would not."""
    return tuple(_problems(view, kind, pointer))


def too_large(view: object) -> bool:
    """Whether a view is more than the 250 kB that Slack takes."""
    return len(json.dumps(view).encode()) > VIEW_BYTES


def _problems(view: object, kind: str, pointer: str) -> Iterator[Problem]:
    yield from by_type({"modal": MODAL, "home": HOME}, kind)(view, pointer)
    if not isinstance(view, Mapping):
        return
    blocks = view.get("blocks")
    yield from list_problems(blocks, f"{pointer}/blocks", IN_VIEW, VIEW_BLOCKS)
    if kind == "modal" and _asks(blocks) and "submit" not in view:
        yield Problem("missing required field: submit (a modal with input blocks)", pointer)


def _asks(blocks: object) -> bool:
    found = blocks if isinstance(blocks, list) else []
    return any(isinstance(block, Mapping) and block.get("type") == "input" for block in found)
