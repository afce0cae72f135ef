"""Who takes a report or a proof out of the log: recorded first, with which records, and only then do bytes leave."""

from itertools import pairwise
from typing import Final

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.people import Principal
from bot.engine.asking import frozen_refusal
from bot.engine.context import Context
from bot.engine.incidents import WHICH, named
from bot.engine.notary import Notary, TooMuchError, records_of
from bot.engine.reading import may_read
from bot.engine.recording import Entry, append
from bot.engine.saying import answer, refuse
from bot.ports import Note

KIND: Final = "papers"
REPORT: Final = "report"
PROOF: Final = "proof"
RANGES: Final = 400  # stated in a record; more are counted
NO_NOTARY: Final = Refusal(
    "no-record", "The record cannot be read from here.", "Where Firebreak runs: firebreak audit export"
)


class Taking(msgspec.Struct, frozen=True):
    """Who wants what of which request or incident; without a ``subject`` it is the incident of the channel ``place``."""

    person: Principal
    subject: str
    place: str


class Papers(msgspec.Struct, frozen=True):
    """What is to be handed out, as the document of a note: exactly the records that were recorded as taken."""

    what: str
    subject: str
    seqs: tuple[int, ...]
    place: str = ""


async def report(context: Context, ask: Taking, origin: str) -> Reply:
    """Have the report of a request or incident posted where it is talked about."""
    refusal = await may_read(context, ask.person)
    subject: str | Refusal = ask.subject
    if refusal is None and not ask.subject:
        async with context.store.begin() as tx:
            found = await named(tx, "", ask.place)
            subject = found if isinstance(found, Refusal) else found.id
    if refusal is not None or isinstance(subject, Refusal):
        return await refuse(context, origin, ask.person, refusal or _of(subject), target=ask.subject)
    where = await _where(context, subject)
    reply = Done(
        f"The report of {subject} comes as two files, Markdown and HTML, {where[1]}. That is recorded."
    )
    return await _take(context, ask, Papers(REPORT, subject, (), where[0]), reply, origin)


async def prove(context: Context, ask: Taking, origin: str) -> Reply:
    """Have the records of a request sent to whoever asks, each with its proof."""
    refusal = await may_read(context, ask.person)
    if refusal is not None:
        return await refuse(context, origin, ask.person, refusal, target=ask.subject)
    reply = Done(
        f"The records of {ask.subject} with their proofs come as a file by direct message. That is recorded."
    )
    return await _take(context, ask, Papers(PROOF, ask.subject, ()), reply, origin)


def _of(subject: str | Refusal) -> Refusal:
    return subject if isinstance(subject, Refusal) else NO_NOTARY


async def _where(context: Context, subject: str) -> tuple[str, str]:
    """Return the channel that a report goes to, and how to say that; a request's goes below its card."""
    if not subject.startswith("IN-"):
        return "", "below its card"
    async with context.store.begin() as tx:
        incident = await tx.incidents.get(subject)
    return (incident.home if incident else ""), "where the incident is talked about"


async def _take(context: Context, ask: Taking, papers: Papers, reply: Done, origin: str) -> Reply:
    found = await _records(context.notary, papers.subject)
    if isinstance(found, Refusal):
        return await refuse(context, origin, ask.person, found, target=papers.subject)
    note = Note(
        topic=f"{KIND}:{papers.subject}",
        kind=KIND,
        document=msgspec.json.encode(msgspec.structs.replace(papers, seqs=found)).decode(),
        to=ask.person.key,
        request_id=papers.subject if papers.subject.startswith("FB-") else "",
    )
    async with context.store.begin() as tx:
        refusal = await frozen_refusal(tx, ask.person)
        if refusal is None and await answer(tx, origin, reply):
            await tx.outbox.put(note)
            request = await tx.requests.get(note.request_id) if note.request_id else None
            entry = Entry(
                EventName.EXPORT,
                ask.person,
                request,
                outcome=papers.what,
                target=papers.subject,
                details=_stated(found),
                incident="" if request else papers.subject,
            )
            await append(context, tx, entry)
    if refusal is not None:
        return await refuse(context, origin, ask.person, refusal, target=papers.subject)
    return reply


async def _records(notary: Notary | None, subject: str) -> tuple[int, ...] | Refusal:
    if notary is None:
        return NO_NOTARY
    try:
        found = await records_of(notary, subject)
    except TooMuchError as error:
        kind = "--incident" if subject.startswith("IN-") else "--request"
        remedy = f"Where Firebreak runs: firebreak audit export --format html {kind} {subject}"
        return Refusal("too-much", f"{error}.", remedy)
    remedy = WHICH if subject.startswith("IN-") else "See the ids: /ir list"
    return found or Refusal("nothing-recorded", f"The log has nothing about {subject}.", remedy)


def _stated(seqs: tuple[int, ...]) -> dict[str, object]:
    """Say which records were taken, as ranges: all of them as far as a record holds them."""
    starts = [seqs[0], *(after for before, after in pairwise(seqs) if after != before + 1)]
    ends = [*(before for before, after in pairwise(seqs) if after != before + 1), seqs[-1]]
    ranges = [f"{a}-{b}" if a != b else f"{a}" for a, b in zip(starts, ends, strict=True)]
    return {"count": len(seqs), "records": ranges[:RANGES]}
