"""What people are told, as rows of the outbox, in the transaction that makes it true."""

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.letters import AnyLetter, encoded
from bot.domain.people import Principal
from bot.domain.requests import Request
from bot.engine.context import Context
from bot.engine.recording import Entry, append
from bot.engine.refusals import Place, Who
from bot.ports import Note, Transaction


class Attempt(msgspec.Struct, frozen=True):
    """What somebody tried: ``tried`` is the verb as the record names it, ``request`` what it was tried on."""

    tried: str
    request: Request | None
    target: str = ""


async def card(tx: Transaction, request: Request) -> None:
    """Have the request's card repainted from its rows."""
    await tx.outbox.put(Note(topic=request.id, kind="card", request_id=request.id))


async def notice(tx: Transaction, request: Request, text: str, *, mention: bool = False) -> None:
    """Say something in the thread of a request's card; ``mention`` calls those who may approve."""
    kind = "call" if mention else "notice"
    await tx.outbox.put(Note(topic=request.id, kind=kind, request_id=request.id, text=text))


async def answer(
    tx: Transaction, origin: str, reply: Reply, *, document: str = "", request_id: str = ""
) -> bool:
    """
    Answer whoever asked, privately, and finish the inbox row that asked.

    Returns False when that row was finished before: then this transaction must change nothing.
    """
    if not await tx.inbox.finish(origin):
        return False
    whisper = Note(
        topic=origin,
        kind="whisper",
        request_id=request_id,
        text=worded(reply),
        answer_to=origin,
        document=document,
    )
    await tx.outbox.put(whisper)
    return True


def worded(reply: Reply) -> str:
    """Return a reply as plain text: what happened, and what to do next."""
    match reply:
        case Done(text):
            return text
        case Refusal(_, text, remedy):
            end = "" if text.endswith((".", "!", "?", "\u2026")) else "."
            return f"Refused: {text}{end} {remedy}".strip()


async def refuse(
    context: Context,
    origin: str,
    actor: Principal,
    refusal: Refusal,
    *,
    target: str = "",
) -> Refusal:
    """Commit a refused attempt to the record, tell the person privately, and return the refusal."""
    entry = Entry(EventName.REFUSAL, actor, outcome=refusal.code, target=target[:500], note=refusal.text)
    return await _refused(context, origin, actor, refusal, entry)


async def refuse_attempt(
    context: Context,
    origin: str,
    actor: Principal,
    refusal: Refusal,
    attempt: Attempt,
    *,
    shown: bool = False,
) -> Refusal:
    """
    Commit a refused attempt as ``refuse`` does; the record names the request, and what was tried on it.

    ``shown``: a form says it to the person already, so nothing more is said.
    """
    entry = Entry(
        EventName.REFUSAL,
        actor,
        attempt.request,
        outcome=refusal.code,
        target=attempt.target[:500],
        note=refusal.text,
        details={"tried": attempt.tried},
    )
    return await _refused(context, origin, actor, refusal, entry, told=shown)


async def refuse_shown(
    context: Context, origin: str, actor: Principal, refusal: Refusal, *, target: str = ""
) -> Refusal:
    """Commit a refused attempt as ``refuse`` does; a form says it to the person already, so nothing more is said."""
    entry = Entry(EventName.REFUSAL, actor, outcome=refusal.code, target=target[:500], note=refusal.text)
    return await _refused(context, origin, actor, refusal, entry, told=True)


async def refuse_unnamed(context: Context, origin: str, user: str, refusal: Refusal) -> Refusal:
    """Refuse somebody of whom Slack does not say who they are: recorded with the bare user id, not as a person."""
    details = {"user": user[:32]}
    entry = Entry(EventName.REFUSAL, None, outcome=refusal.code, note=refusal.text, details=details)
    return await _refused(context, origin, user[:32], refusal, entry)


async def _refused(
    context: Context, origin: str, who: Who, refusal: Refusal, entry: Entry, *, told: bool = False
) -> Refusal:
    """Beyond the cap the person is still answered, and the record is left to the sum."""
    place: Place | None = None
    try:
        async with context.store.begin() as tx:
            if await (tx.inbox.finish(origin) if told else answer(tx, origin, refusal)):
                place = context.refusals.take(who, refusal.code, tx.now)
                if place.write:
                    await append(context, tx, entry)
    except BaseException:
        if place is not None:
            context.refusals.undo(place)
        raise
    return refusal


async def warning(tx: Transaction, request: Request, text: str) -> None:
    """Warn of a lease's end; whoever delivers it tells `expire.delivered`, or the end waits."""
    await tx.outbox.put(Note(topic=request.id, kind="warning", request_id=request.id, text=text))


async def call(tx: Transaction, request: Request, text: str, mention: tuple[str, ...]) -> None:
    """Say something in the thread of a request's card to groups of the policy and people (``team:user``)."""
    note = Note(topic=request.id, kind="call", request_id=request.id, text=text, mention=mention)
    await tx.outbox.put(note)


async def alarm(tx: Transaction, request: Request, text: str, mention: tuple[str, ...]) -> None:
    """Say something in the approval channel, as a message of its own that nobody overlooks."""
    topic = f"alarm:{request.id}"  # a card that cannot be posted holds no alarm back
    await tx.outbox.put(Note(topic=topic, kind="alarm", request_id=request.id, text=text, mention=mention))


async def direct(
    tx: Transaction,
    to: Principal,
    text: str,
    *,
    request_id: str = "",
    letter: AnyLetter | None = None,
    mention: tuple[str, ...] = (),
) -> None:
    """Say something to one person of our own by direct message; a letter is painted in the place of the text."""
    document = encoded(letter) if letter else ""
    note = Note(
        topic=f"direct:{to.key}",
        kind="direct",
        request_id=request_id,
        text=text,
        document=document,
        to=to.key,
        mention=mention,
    )
    await tx.outbox.put(note)
