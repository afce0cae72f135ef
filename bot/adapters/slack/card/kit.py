"""Blocks that hold our own words, buttons, and the stamp that tells one painting from the next."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.card.rich import DAY, bullets, rich, say, utc
from bot.adapters.slack.text import MORE, escape, visible

HEADER: Final = 150
SECTION: Final = 3000
METADATA: Final = 3000
"""Characters of private_metadata (docs.slack.dev/reference/views)."""
MENTION: Final = re.compile(r"<!subteam\^S[A-Z0-9]{1,31}>|<@[UW][A-Z0-9]{1,31}>", re.ASCII)


def plain(text: str, most: int) -> Block:
    """Return plain text, in which ``:names:`` stay words."""
    return {"type": "plain_text", "text": visible(text, most) or "-", "emoji": False}


def middle(text: str, most: int) -> str:
    """Return the text cut in its middle: names differ at their ends."""
    if len(text) <= most:
        return text
    kept = most - len(MORE)
    return text[: kept - kept // 2] + MORE + text[len(text) - kept // 2 :]


def header(text: str) -> Block:
    """Return the first, large line."""
    return {"type": "header", "text": plain(text, HEADER)}


def section(mrkdwn: str) -> Block:
    """Return a paragraph of mrkdwn, in which everything from outside was escaped already."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn, "verbatim": True}}


def context(mrkdwn: str) -> Block:
    """Return a small line of mrkdwn, in which everything from outside was escaped already."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": mrkdwn, "verbatim": True}]}


def native(at: datetime, form: str = DAY) -> str:
    """Return a time in mrkdwn that each reader sees in their own zone."""
    return f"<!date^{int(at.timestamp())}^{form}|{utc(at)}>"


def mentions(wanted: Iterable[str], room: int) -> str:
    """Return mentions one after the other, as many as fit, the others counted; anything else is escaped."""
    every = [m if MENTION.fullmatch(m) else escape(m, 80) for m in wanted]
    kept: list[str] = []
    for one in every:
        room -= len(one) + 1
        if room < 0:
            break
        kept.append(one)
    left = len(every) - len(kept)
    return " ".join(kept) + (f" and {left} more" if left else "")


def compact(blocks: Sequence[Block]) -> str:
    """Return blocks as they go over the wire."""
    return json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))


def stamped(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """
    Return the blocks with ids that are unique, and that change when anything in the card does.

    Slack asks for a new ``block_id`` with each iteration of a message (reference of blocks); an unchanged card
    keeps its ids.
    """
    seal = hashlib.sha256(compact(blocks).encode()).hexdigest()[:12]
    return tuple(_named(block, f"fb:{seal}:{index}") for index, block in enumerate(blocks))


def _named(block: Block, name: str) -> Block:
    inside = [_named(child, f"{name}.{n}") for n, child in enumerate(block.get("child_blocks", ()))]
    return block | {"block_id": name} | ({"child_blocks": inside} if inside else {})


def fold(title: str, blocks: Sequence[Block]) -> list[Block]:
    """
    Return blocks behind one line that opens with a click, without asking the bot; nothing for no blocks.

    At most ten (docs.slack.dev/reference/block-kit/blocks/container-block). A title stands whole: it is ours.
    """
    if not blocks:
        return []
    folded = {"is_collapsible": True, "default_collapsed": True}
    return [{"type": "container", "title": plain(title, 150), "child_blocks": list(blocks), **folded}]


def unfolded(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """
    Return the same card for a Slack that does not know the newest blocks.

    What is folded stands in it, a table is a list, and a chart is left out: what it shows is said in words beside it.
    """
    flat: list[Block] = []
    for block in blocks:
        match block["type"]:
            case "container":
                flat += block["child_blocks"]
            case "table":
                flat.append(listed(block))
            case "data_visualization":
                pass
            case _:
                flat.append(block)
    return tuple(flat)


def listed(table: Block) -> Block:
    """Return a table of raw text as a list, each row one item."""
    rows = (" · ".join(cell["text"] for cell in row) for row in table["rows"][1:])
    block = rich(bullets([(say(row),) for row in rows]))
    return block | ({"block_id": table["block_id"]} if "block_id" in table else {})


def button(action_id: str, text: str, value: str, **more: Any) -> Block:
    """Return a button; ``more`` are ``style`` and ``confirm``."""
    return {"type": "button", "action_id": action_id, "text": plain(text, 75), "value": value[:2000], **more}


def modal(
    callback_id: str,
    title: str,
    blocks: Sequence[Block],
    carried: str = "",
    *,
    submit: str = "",
    close: str = "Close",
) -> Block:
    """Return a view; with ``submit`` it can be sent, and then brings ``carried`` back from the client's hands."""
    view: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, 24),
        "close": plain(close, 24),
        "private_metadata": carried[:METADATA],
        "blocks": list(blocks),
    }
    return view | ({"submit": plain(submit, 24)} if submit else {})


def confirm(title: str, text: str, yes: str) -> Block:
    """Return the question that is asked before a click counts."""
    return {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain("Back", 30),
    }
