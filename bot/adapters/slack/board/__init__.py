"""The card of a group of alerts, painted from its board and from nothing else."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from bot.adapters.slack.board.buttons import asking
from bot.adapters.slack.board.headline import fallback, headline
from bot.adapters.slack.board.links import identity, links
from bot.adapters.slack.board.page import Leaf
from bot.adapters.slack.board.subjects import subjects
from bot.adapters.slack.board.suggested import suggested
from bot.adapters.slack.card.kit import compact, stamped
from bot.adapters.slack.card.painted import Block, Painted
from bot.domain.suggestions import Board
from bot.engine.takings import Taken

__all__ = ["paint_board"]

WHOLE = 12_000
"""Bytes of all blocks together, as for the card of a request."""

SCALES = (1.0, 0.7, 0.45, 0.3, 0.2, 0.1, 0.05)


def paint_board(board: Board, now: datetime, taken: Mapping[str, Taken] | None = None) -> Painted:
    """
    Return the card as it should stand now, within Slack's limits whatever is in it.

    ``taken`` are the requests that came of its suggestions, by id, as far as they are known.
    """
    leaf = Leaf(board, now, taken or {})
    blocks: tuple[Block, ...] = ()
    for scale in SCALES:
        blocks = stamped(_sections(msgspec.structs.replace(leaf, scale=scale)))
        if len(compact(blocks).encode()) <= WHOLE:
            break
    return Painted(fallback(leaf), blocks)


def _sections(leaf: Leaf) -> list[Block]:
    """What fires and where, what is known of it, what could be done; everything else is one command away."""
    blocks = [*headline(leaf), *subjects(leaf)]
    for one in leaf.shown:
        blocks += [*suggested(leaf, one), *asking(leaf, one)]
    return [*blocks, *leaf.unsuggested(), *links(leaf), *identity(leaf)]
