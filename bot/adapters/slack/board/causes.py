"""Of which suggestion a form comes, read from the stored suggestion: the form only says where to look."""

from typing import Final

from bot.adapters.slack.board.marks import Mark
from bot.adapters.slack.clicks import FORGED
from bot.adapters.slack.desk import Desk
from bot.domain.findings import Refusal
from bot.domain.suggestions import Cause

STRANGE_FORM: Final = Refusal(
    FORGED, "This form did not come from Firebreak.", "Start from the card: /ir alerts"
)


async def cause_of(desk: Desk, carried: str, action: str) -> Cause | Refusal | None:
    """
    Return what a form comes of that carries this mark; ``None`` for one without, and where another action was chosen in it.

    Whether the suggestion may still be taken is judged where the request is stored.
    """
    if not carried:
        return None
    mark = Mark.of(carried)
    async with desk.context.store.begin() as tx:
        one = await tx.suggestions.get(mark.suggestion) if mark else None
    step = one.step(mark.step) if one and mark else None
    if mark is None or one is None or step is None or one.group_id != mark.group:
        return STRANGE_FORM
    if step.action != action:
        return None
    return Cause(one.group_id, one.id, mark.step, one.playbook, one.version, one.sha256)
