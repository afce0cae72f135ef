"""Which ways past the quorum somebody has for a plan that they look at: an offer, judged anew when it is taken."""

from typing import Final

import msgspec

from bot.domain.findings import Refusal
from bot.domain.requests import Mode, Request
from bot.engine.alone import early_refusal, for_people, wish
from bot.engine.asking import ask_of
from bot.engine.context import Context
from bot.engine.propose import Proposal, needed

REASONED: Final = "a reason that is asked for later"
"""Stands for the reason of a break-glass, which whoever takes it is asked for."""


class Way(msgspec.Struct, frozen=True):
    """A way that is open to somebody, and how many seconds what runs so lasts."""

    mode: Mode
    lasts: int


async def ways(context: Context, proposal: Proposal, made: Request) -> tuple[Way, ...]:
    """Return the ways without a quorum that the policy leaves this person for this plan, asked now."""
    found: list[Way] = []
    for mode in (Mode.SOLO, Mode.BREAK_GLASS):
        alone = for_people(context.policy, mode)
        if alone is not None and await _open(context, _taken(proposal, mode), made):
            found.append(Way(mode, min(made.terms.lease, int(alone.lease_maximum))))
    return tuple(found)


def _taken(proposal: Proposal, mode: Mode) -> Proposal:
    return msgspec.structs.replace(proposal, mode=mode, reason=REASONED)


async def _open(context: Context, proposal: Proposal, made: Request) -> bool:
    asked = ask_of(proposal.action, proposal.lease)
    wished = wish(context, proposal.mode, asked, proposal.requester, proposal.reason)
    if await early_refusal(context, wished) is not None:
        return False
    return not isinstance(await needed(context, proposal, asked, made.plan, made.id), Refusal)
