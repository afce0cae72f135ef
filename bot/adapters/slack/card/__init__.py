"""The card of a request, painted from its rows and from nothing else."""

import msgspec

from bot.adapters.slack.card.alone import alone
from bot.adapters.slack.card.buttons import buttons
from bot.adapters.slack.card.byhand import asking
from bot.adapters.slack.card.details import details
from bot.adapters.slack.card.evidence import evidence
from bot.adapters.slack.card.explaining import deny_modal, review_modal
from bot.adapters.slack.card.flows import flows
from bot.adapters.slack.card.folded import folded
from bot.adapters.slack.card.headline import fallback, headline
from bot.adapters.slack.card.kit import compact, stamped
from bot.adapters.slack.card.painted import Block, Page, Painted
from bot.adapters.slack.card.parts import drift, standing, trouble
from bot.adapters.slack.card.people import approval, asked, identity
from bot.adapters.slack.card.plan import differs, impact
from bot.adapters.slack.card.staying import proofs, residual
from bot.adapters.slack.card.steps import steps
from bot.domain.requests import Request, part_rows
from bot.domain.states import FINAL, PartState
from bot.engine.reading import Shown

__all__ = ["Painted", "deny_modal", "details", "paint", "paint_preview", "review_modal"]

WHOLE = 12_000
"""
Bytes of all blocks together. Slack refuses more than about 13,000 with msg_blocks_too_long, and says so nowhere
but in its own trackers (slackapi/bolt-js issues 2509 and 2867).
"""

SCALES = (1.0, 0.7, 0.45, 0.3, 0.2, 0.1, 0.05)


def paint(shown: Shown, approvers: tuple[str, ...] = ()) -> Painted:
    """
    Return the card as it should stand now, within Slack's limits whatever is in it.

    ``approvers`` are mentions: ``<!subteam^S1>`` or ``<@U1>``; anything else among them is shown as text.
    """
    return _painted(Page(shown, approvers))


def paint_preview(request: Request) -> Painted:
    """Return the card of a request that is not stored: nobody is called, nothing can be clicked."""
    rows = part_rows(request.id, request.plan, request.created_at)
    shown = Shown(request, rows, (), PartState.PROPOSED, False, None, request.created_at)
    return _painted(Page(shown, preview=True))


def _painted(page: Page) -> Painted:
    blocks: tuple[Block, ...] = ()
    for scale, bare in (*((scale, False) for scale in SCALES), (SCALES[-1], True)):
        scaled = msgspec.structs.replace(page, scale=scale, bare=bare)
        blocks = stamped(_sections(scaled))
        if len(compact(blocks).encode()) <= WHOLE:
            break
    return Painted(fallback(page), blocks)


def _sections(page: Page) -> list[Block]:
    """What happens, what it won't stop, the decision; everything else is one click away."""
    over = page.shown.state in FINAL
    return [
        *headline(page),
        *alone(page),
        *steps(page),
        *differs(page),
        *trouble(page),
        *drift(page),
        *([] if over else [*standing(page), *proofs(page), *residual(page), *impact(page)]),
        *flows(page),
        *evidence(page),
        *asked(page),
        *approval(page),
        *asking(page),
        *buttons(page),
        *folded(page),
        *identity(page),
    ]
