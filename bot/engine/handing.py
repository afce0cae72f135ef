"""Who is told what was captured, and who is handed it: recorded first, and only then do bytes leave."""

import asyncio
import hashlib
from typing import Final

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.errors import VaultError
from bot.domain.evidence import Capture, CaptureState, Item, ItemKind, places, size_of, summary
from bot.domain.findings import Done, Refusal, Reply, no_such_request
from bot.domain.people import Principal
from bot.domain.policy.membership import named
from bot.domain.redaction import displayed
from bot.domain.requests import Request
from bot.engine.asking import frozen_refusal, membership
from bot.engine.context import Context
from bot.engine.flowing import may_see
from bot.engine.reading import may_read
from bot.engine.recording import Entry, append
from bot.engine.saying import Attempt, answer, refuse, refuse_attempt
from bot.ports import Note

KIND: Final = "evidence"
LISTED: Final = 120
FLOWS: Final = frozenset({ItemKind.FLOWS, ItemKind.KEPT_FLOWS})
GONE: Final = (CaptureState.ENDING, CaptureState.ERASED)


class Handing(msgspec.Struct, frozen=True):
    """
    What somebody wants to be handed: ``item`` as the list numbers it, empty for the list itself.

    ``original`` asks for the bytes as they were, which the policy's key ``evidence`` allows.
    """

    person: Principal
    request_id: str
    item: str = ""
    original: bool = False


class Parcel(msgspec.Struct, frozen=True):
    """One item on its way to a person, as the document of a note."""

    capture: str
    item: Item
    original: bool = False

    @property
    def name(self) -> str:
        """The file's name: all of it ours."""
        return f"{self.capture}-{'original' if self.original else 'shown'}-{self.item.name}"


async def hand(context: Context, ask: Handing, origin: str) -> Reply:
    """List what was captured for a request, or have one item sent by direct message."""
    refusal = await may_read(context, ask.person)
    if refusal is None and ask.original:
        refusal = await _may_have(context, ask.person)
    if refusal is not None:
        return await refuse(context, origin, ask.person, refusal, target=ask.request_id)
    async with context.store.begin() as tx:
        request = await tx.requests.get(ask.request_id)
        captures = await tx.captures.of(ask.request_id)
    if request is None:
        missing = no_such_request(ask.request_id)
        return await refuse(context, origin, ask.person, missing, target=ask.request_id)
    if not ask.item:
        return await _listed(context, ask, request, captures, origin)
    found = _numbered(captures).get(ask.item)
    if found is None or found[1].missing:
        attempt = Attempt("evidence", request)
        return await refuse_attempt(context, origin, ask.person, _nothing(ask, found), attempt)
    if not ask.original and (unseen := await _may_see(context, ask.person, *found)):
        return await refuse_attempt(context, origin, ask.person, unseen, Attempt("evidence", request))
    return await _sent(context, ask, request, Parcel(found[0].id, found[1], ask.original), origin)


async def barred(context: Context, person: Principal, parcel: Parcel) -> Refusal | None:
    """
    Return why this parcel may not go to this person any more, asked at its delivery.

    Rights may have been taken away since it was asked for, and a row is no proof that anybody asked.
    """
    refusal = await may_read(context, person)
    if refusal is not None:
        return refusal
    if parcel.original:
        return await _may_have(context, person)
    async with context.store.begin() as tx:
        capture = await tx.captures.get(parcel.capture)
    return await _may_see(context, person, capture, parcel.item) if capture else None


async def _may_see(context: Context, person: Principal, capture: Capture, item: Item) -> Refusal | None:
    """Who may only read sees flows as evidence no more than by asking; originals are for whom `evidence` names."""
    if item.kind not in FLOWS:
        return None
    return await may_see(context, person, capture.target.cluster, capture.target.namespace)


async def _may_have(context: Context, person: Principal) -> Refusal | None:
    groups = context.policy.evidence
    known = await membership(context, None, groups)
    decision = named(groups, person, known, "take original evidence of")
    return decision if isinstance(decision, Refusal) else None


async def _listed(
    context: Context, ask: Handing, request: Request, captures: tuple[Capture, ...], origin: str
) -> Reply:
    reply = Done(_told(request, captures), request.id)
    async with context.store.begin() as tx:
        if await answer(tx, origin, reply):
            await append(context, tx, Entry(EventName.COMMAND, ask.person, request, outcome="evidence"))
    return reply


async def _sent(context: Context, ask: Handing, request: Request, parcel: Parcel, origin: str) -> Reply:
    """The note and the record stand together: no byte leaves that is not recorded."""
    what = "The original" if parcel.original else "What may be shown"
    reply = Done(
        f"{what} of {parcel.item.title} comes as a file by direct message. That is recorded.", request.id
    )
    note = Note(
        topic=f"{KIND}:{ask.person.key}",
        kind=KIND,
        text=f"{request.id}: {parcel.item.title}, SHA-256 of the original {parcel.item.sha256}",
        document=msgspec.json.encode(parcel).decode(),
        to=ask.person.key,
    )
    details = {"capture": parcel.capture, "item": parcel.item.name, "sha256": parcel.item.sha256}
    outcome = "original" if parcel.original else "displayed"
    async with context.store.begin() as tx:
        refusal = await frozen_refusal(tx, ask.person)
        if refusal is None and await answer(tx, origin, reply):
            await tx.outbox.put(note)
            entry = Entry(EventName.EVIDENCE_ACCESS, ask.person, request, outcome=outcome, details=details)
            await append(context, tx, entry)
    if refusal is not None:
        return await refuse_attempt(context, origin, ask.person, refusal, Attempt("evidence", request))
    return reply


async def contents(context: Context, parcel: Parcel) -> bytes:
    """
    Return the bytes of a parcel: the original, or what may be shown of it.

    Raises ``VaultError`` where they are not those whose hash was recorded, and the errors of the vault.
    """
    if context.evidence is None:
        raise VaultError("evidence is switched off: nothing can be read")
    body = bytearray()
    async for piece in context.evidence.vault.get(parcel.item.place):
        body += piece
        if len(body) > parcel.item.size:
            break
    if _hash(bytes(body)) != parcel.item.sha256:
        raise VaultError(f"{parcel.item.title} is not what was captured: its hash is another one")
    if parcel.original:
        return bytes(body)
    return await asyncio.to_thread(displayed, parcel.item.kind, bytes(body))


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _nothing(ask: Handing, found: tuple[Capture, Item] | None) -> Refusal:
    remedy = f"What there is: /ir evidence {ask.request_id}"
    if found is not None:
        return Refusal(
            "evidence-missing", f"Nothing was kept of {found[1].title}: {found[1].missing}", remedy
        )
    return Refusal("no-such-evidence", f"{ask.request_id} has no item {ask.item}.", remedy)


def _numbered(captures: tuple[Capture, ...]) -> dict[str, tuple[Capture, Item]]:
    """Number the items: by themselves where there is one pod, else behind the number of the pod."""
    numbers = places(captures)
    alone = len(set(numbers.values())) == 1
    found: dict[str, tuple[Capture, Item]] = {}
    for place in dict.fromkeys(numbers.values()):
        of = (capture for capture in captures if numbers[capture.id] == place)
        kept = (capture for capture in of if capture.state not in GONE)
        items = ((capture, item) for capture in kept for item in capture.items)
        for number, each in enumerate(items, 1):
            found[f"{number}" if alone else f"{place}.{number}"] = each
    return found


def _told(request: Request, captures: tuple[Capture, ...]) -> str:
    if not captures:
        why = "evidence is about pods, and about addresses where flows are seen; it is on where evidence.enabled says so"
        return f"Nothing was captured for {request.id}: {why}."
    every, numbers = _numbered(captures), places(captures)
    lines = [f"{request.id}. {summary(captures)}"]
    for capture in captures:
        if len(captures) > 1 or capture.running:
            later = "flows after it was contained: " if capture.after else ""
            later = "flows that somebody kept: " if capture.by_hand else later
            lines.append(f"{numbers[capture.id]}: {later}{capture.target} ({capture.state.value})")
        lines += [_line(number, item) for number, (of, item) in every.items() if of is capture]
    shown = lines[:LISTED]
    more = [f"and {len(lines) - LISTED} more lines"] if len(lines) > LISTED else []
    how = [f"Have one sent: /ir evidence {request.id} <number> [original]"] if every else []
    return "\n".join((*shown, *more, *how))


def _line(number: str, item: Item) -> str:
    if item.missing:
        return f"  {number}  {item.title}: missing: {item.missing}"
    cut = f", cut: {item.cut}" if item.cut else ""
    return f"  {number}  {item.title}: {size_of(item.size)}, SHA-256 {item.sha256[:12]}{cut}"
