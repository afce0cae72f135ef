"""
Open an incident, close it once nothing of it is left, and list what is open.

What must hold to close one: (1) whoever closes it may read here and says why; (2) nothing of it is active or waits
for a decision, and what ran without a quorum was reviewed, looked at behind the lock that keeps requests from joining;
(3) it is still open in that transaction.
"""

from typing import Final

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.errors import ConflictError
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.incidents import LONGEST_TITLE, Incident, IncidentState, of_place, unfinished
from bot.domain.people import Principal
from bot.domain.policy.acting_alone import visible
from bot.domain.requests import state_of
from bot.domain.states import FINAL
from bot.engine.asking import frozen_refusal
from bot.engine.context import Context
from bot.engine.reading import may_read
from bot.engine.recording import Entry, append
from bot.engine.saying import answer, refuse
from bot.ports import Note, Transaction

LISTED: Final = 20
NAMED: Final = 12  # things that are in the way of closing, in one answer
ROOM: Final = "room"
SAID: Final = "said"
WHICH: Final = "Name its id. See them: /ir incidents"


class Opening(msgspec.Struct, frozen=True):
    """Who opens an incident of which title, typed in which channel; ``private`` asks for a channel of its own."""

    person: Principal
    title: str
    place: str
    private: bool = False


class Closing(msgspec.Struct, frozen=True):
    """Who closes which incident, and why; without an id it is the one that the channel ``place`` means."""

    person: Principal
    incident_id: str
    reason: str
    place: str


async def open_incident(context: Context, asked: Opening, origin: str) -> Reply:
    """Open an incident; its own channel is made afterwards, and it is open even where that fails."""
    refusal = await may_read(context, asked.person) or _titled(asked.title)
    if refusal is None:
        async with context.store.begin() as tx:
            refusal = await frozen_refusal(tx, asked.person)
            if refusal is None:
                return await _open(context, tx, asked, origin)
    return await refuse(context, origin, asked.person, refusal)


def _titled(title: str) -> Refusal | None:
    remedy = "For example: /ir open payments beacons to 203.0.113.7"
    if not visible(title):
        return Refusal("title-needed", "An incident needs a title.", remedy)
    if len(title) > LONGEST_TITLE:
        return Refusal("title-too-long", f"A title has at most {LONGEST_TITLE} characters.", remedy)
    return None


async def _open(context: Context, tx: Transaction, asked: Opening, origin: str) -> Reply:
    made = Incident(
        id=context.entropy.incident_id(),
        title=asked.title,
        channel=asked.place,
        opened_by=asked.person,
        opened_at=tx.now,
        private=asked.private,
    )
    room = " Its own private channel is being made; you will be invited." if asked.private else ""
    reply = Done(
        f"{made.id} is open. What is asked for in this channel from now on belongs to it.{room}\n"
        f"Close it: /ir close {made.id} because <why>"
    )
    if not await answer(tx, origin, reply):
        return reply
    if not await tx.incidents.add(made):
        raise ConflictError("IdTaken", f"the id {made.id} is taken; asking again gets another")
    if made.private:  # and nothing is said aloud of what is private
        await tx.outbox.put(Note(topic=made.id, kind=ROOM, document=made.id, to=asked.person.key))
    else:
        await said(tx, made, f"{made.id} is open: {made.title}")
    details = {"channel": asked.place, "private": asked.private}
    entry = Entry(
        EventName.INCIDENT_OPENED, asked.person, outcome="by-hand", reason=asked.title, details=details
    )
    await append(context, tx, msgspec.structs.replace(entry, incident=made.id))
    return reply


async def said(tx: Transaction, incident: Incident, text: str) -> None:
    """Say something where an incident is talked about; of a private one without a channel of its own, nothing."""
    if incident.private and not incident.room:
        return
    await tx.outbox.put(Note(topic=incident.id, kind=SAID, text=text, document=incident.id))


async def roomed(context: Context, incident_id: str, room: str, why: str = "") -> bool:
    """Note that an incident got its own channel, or why it got none; return whether that is news."""
    async with context.store.begin() as tx:
        incident = await tx.incidents.get(incident_id, lock=True)
        if incident is None or incident.room:
            return False
        if room:
            await tx.incidents.put(msgspec.structs.replace(incident, room=room))
        outcome, details = ("room-made", {"channel": room}) if room else ("room-not-made", {"why": why[:200]})
        entry = Entry(EventName.INCIDENT_OPENED, outcome=outcome, details=details, incident=incident_id)
        await append(context, tx, entry)
    return True


async def named(tx: Transaction, incident_id: str, place: str) -> Incident | Refusal:
    """Return the incident of this id, or without one the open incident that a channel means."""
    if incident_id:
        found = await tx.incidents.get(incident_id)
        return found or Refusal("no-such-incident", f"There is no incident {incident_id[:40]}.", WHICH)
    meant = of_place(await tx.incidents.in_state(IncidentState.OPEN), place)
    text = "Which incident? This channel has none that is open, or more than one."
    return meant or Refusal("which-incident", text, WHICH)


async def close(context: Context, asked: Closing, origin: str) -> Reply:
    """Close an incident, or say what is in the way; refused attempts are recorded."""
    refusal = await may_read(context, asked.person)  # (1)
    if refusal is None:
        async with context.store.begin() as tx:
            reply = await _closed(context, tx, asked, origin)
        if isinstance(reply, Done):
            return reply
        refusal = reply
    return await refuse(context, origin, asked.person, refusal, target=asked.incident_id)


async def _closed(context: Context, tx: Transaction, asked: Closing, origin: str) -> Reply:
    found = await named(tx, asked.incident_id, asked.place)
    refusal = found if isinstance(found, Refusal) else await frozen_refusal(tx, asked.person)
    if refusal is not None or isinstance(found, Refusal):
        return refusal or Refusal("no-such-incident", "The incident is gone.", WHICH)
    incident = await tx.incidents.get(found.id, lock=True)
    if incident is None or not incident.open:  # (3)
        return Refusal("closed-already", f"{found.id} is closed already.", "Nothing more to do.")
    left = await _left(tx, incident)  # (2)
    if left:
        return left
    if not visible(asked.reason):
        remedy = f"Type: /ir close {incident.id} because <what was found and done>"
        return Refusal("reason-needed", "Closing an incident takes a reason.", remedy)
    reply = Done(f"{incident.id} is closed. Its report: /ir report {incident.id}")
    if not await answer(tx, origin, reply):
        return reply
    shut = msgspec.structs.replace(
        incident,
        state=IncidentState.CLOSED,
        closed_by=asked.person,
        closed_at=tx.now,
        reason=asked.reason,
    )
    await tx.incidents.put(shut)
    await said(tx, shut, f"{shut.id} is closed by {asked.person.key}: {asked.reason}")
    entry = Entry(EventName.INCIDENT_CLOSED, asked.person, outcome="closed", reason=asked.reason)
    await append(context, tx, msgspec.structs.replace(entry, incident=shut.id))
    return reply


async def _left(tx: Transaction, incident: Incident) -> Refusal | None:
    """Name each request that is in the way, with what to do about it; what stands outside first."""
    standing: list[str] = []
    others: list[str] = []
    for request in await tx.requests.of_incident(incident.id):
        rows = await tx.parts.of(request.id)
        text = unfinished(request, rows)
        if text:
            (standing if any(row.active for row in rows) else others).append(text)
    told = [*standing, *others]
    if not told:
        return None
    more = [f"and {len(told) - NAMED} more"] if len(told) > NAMED else []
    lines = "\n".join([f"{incident.id} cannot be closed yet.", *told[:NAMED], *more])
    return Refusal("not-over", lines, f"\nUndo all that is active: /ir rollback incident {incident.id}")


async def listing(context: Context, person: Principal, origin: str) -> Reply:
    """List the open incidents with what each still holds, and those that were closed last."""
    refusal = await may_read(context, person)
    if refusal is not None:
        return await refuse(context, origin, person, refusal)
    async with context.store.begin() as tx:
        opened = await tx.incidents.in_state(IncidentState.OPEN, LISTED)
        closed = await tx.incidents.in_state(IncidentState.CLOSED, 5)
        lines = [await _line(tx, incident) for incident in (*opened, *closed)]
    reply = Done("\n".join(lines) or "There is no incident. Open one: /ir open <title>")
    async with context.store.begin() as tx:
        if await answer(tx, origin, reply):
            await append(context, tx, Entry(EventName.COMMAND, person, outcome="read", target="incidents"))
    return reply


async def _line(tx: Transaction, incident: Incident) -> str:
    if incident.closed_at is not None:
        return f"{incident.id} closed {incident.closed_at:%m-%d %H:%M} UTC: {incident.title}"
    requests = await tx.requests.of_incident(incident.id)
    states = [state_of(await tx.parts.of(request.id)) for request in requests]
    open_ones = sum(state not in FINAL for state in states)
    unreviewed = sum(request.review is not None and request.review.open for request in requests)
    review = f", {unreviewed} to be reviewed" if unreviewed else ""
    return (
        f"{incident.id} open since {incident.opened_at:%m-%d %H:%M} UTC: {incident.title} "
        f"({len(requests)} requests, {open_ones} not over{review})"
    )
