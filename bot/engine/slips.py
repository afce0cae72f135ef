"""A wrong name typed into a form that asks for it: told at its field by the form, and recorded here."""

from typing import Final

from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.engine.asking import person_refusal
from bot.engine.context import Context
from bot.engine.saying import Attempt, refuse_attempt

NOT_THE_NAME: Final = Refusal(
    "name-needed",
    "What was typed into the form is not the name that this plan asks for, so nothing runs.",
    "Type it exactly as the plan shows it.",
)


async def slipped(context: Context, person: Principal, request_id: str, origin: str, tried: str) -> Refusal:
    """
    Record the refused attempt and finish its row. What was typed is not kept: people type secrets into wrong fields.

    Nothing is ever counted here, whatever the form carried: a right name that a tampered form calls wrong stays
    refused.
    """
    async with context.store.begin() as tx:
        request = await tx.requests.get(request_id)
    refusal = await person_refusal(context, person) or NOT_THE_NAME
    attempt = Attempt(tried, request, request_id[:40])
    return await refuse_attempt(context, origin, person, refusal, attempt, shown=True)
