"""A request joins the open incident of the place where it was asked, or opens one of its own: in its own transaction."""

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.errors import ConflictError
from bot.domain.incidents import LONGEST_TITLE, Incident, IncidentState, of_place
from bot.domain.requests import Request
from bot.engine.context import Context
from bot.engine.recording import Entry
from bot.ports import Transaction


async def joined(
    context: Context, tx: Transaction, request: Request, place: str = ""
) -> tuple[Request, tuple[Entry, ...]]:
    """
    Return the request as part of an incident, and what is to be recorded of an incident that it opened.

    ``place`` is the channel where it was asked. Which incident is meant is never guessed: where several are open in
    one channel, the request opens its own.
    """
    await tx.incidents.gather()
    found = of_place(await tx.incidents.in_state(IncidentState.OPEN), place, request.channel)
    held = await tx.incidents.get(found.id, lock=True) if found else None
    if held is not None and held.open:
        return msgspec.structs.replace(request, incident=held.id), ()
    made = Incident(
        id=context.entropy.incident_id(),
        title=request.plan.summary[:LONGEST_TITLE],
        channel=request.channel,
        opened_by=request.requester,
        opened_at=tx.now,
        request_id=request.id,
    )
    if not await tx.incidents.add(made):
        raise ConflictError("IdTaken", f"the id {made.id} is taken; asking again gets another")
    request = msgspec.structs.replace(request, incident=made.id)
    details = {"channel": made.channel}
    entry = Entry(
        EventName.INCIDENT_OPENED,
        request.requester,
        request,
        outcome="by-request",
        reason=made.title,
        details=details,
    )
    return request, (entry,)
