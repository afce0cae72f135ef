"""
Keeps flows that somebody was shown as evidence of a request, so that they outlive the answer.

Which request is never guessed: it is one of the incident whose channel this is, or an open one about the subject itself.
The contents are kept first; then row, record and answer stand together, in one transaction.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from bot.domain.evidence import ADDRESS, Capture, CaptureState, Item, ItemKind
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.flows.asked import About, Subject
from bot.domain.flows.summing import Noted
from bot.domain.flows.telling import Seen
from bot.domain.incidents import IncidentState, of_place
from bot.domain.people import Principal
from bot.domain.plans import Target
from bot.domain.reading import cut
from bot.domain.refs import POD, KubeRef
from bot.domain.requests import Request
from bot.engine.asking import frozen_refusal
from bot.engine.capture import record
from bot.engine.capturing import whole
from bot.engine.context import Context, Evidence
from bot.engine.flowing import may_see
from bot.engine.recording import append
from bot.engine.saying import Attempt, answer, card, refuse_attempt
from bot.ports import Transaction

LOOKED: Final = 200
"""Open requests that are looked through for one about the subject."""

MOST: Final = 50
"""Answers that are kept by hand of one request."""

OFF: Final = Refusal(
    "evidence-off",
    "Evidence is switched off here.",
    "Ask whoever runs Firebreak to set evidence.enabled in firebreak.toml.",
)


def nothing_to_keep_for(title: str) -> Refusal:
    """Return why nothing is kept: it would be evidence of nothing."""
    return Refusal(
        "nothing-to-keep-for",
        f"There is no open request about {cut(title, 200)}, and no incident with a request in this channel.",
        "Ask for a containment first, then press again.",
    )


class Keeping(msgspec.Struct, frozen=True):
    """Who keeps what of which answer: one peer, or ``None`` for all of it; ``place`` is the channel where it was clicked."""

    person: Principal
    seen: Seen
    peer: Noted | None
    place: str

    @property
    def title(self) -> str:
        """What it is about; it holds names from outside."""
        subject = str(self.seen.asked.subject)
        return f"{subject} and {self.peer.peer}" if self.peer else subject


async def keep(context: Context, ask: Keeping, origin: str) -> Reply:
    """Keep what somebody was shown."""
    asked = ask.seen.asked
    refusal = await may_see(context, ask.person, asked.cluster, asked.subject.namespace)
    evidence = context.evidence
    if refusal is None and evidence is None:
        refusal = OFF
    request = None if refusal else await _request(context, ask)
    if refusal is None:
        refusal = await _full(context, request) if request else nothing_to_keep_for(ask.title)
    if refusal is not None or request is None or evidence is None:
        assert refusal is not None
        return await _refused(context, ask, refusal, origin)
    return await _kept(context, evidence, ask, request, origin)


async def _request(context: Context, ask: Keeping) -> Request | None:
    async with context.store.begin() as tx:
        incident = of_place(await tx.incidents.in_state(IncidentState.OPEN), ask.place)
        if incident is not None and (found := await tx.requests.of_incident(incident.id)):
            return max(found, key=lambda request: request.created_at)
        return _about(ask.seen, await tx.requests.recent(open_only=True, limit=LOOKED))


async def _full(context: Context, request: Request) -> Refusal | None:
    """Clicks cost nothing and what they keep stays: it is bounded."""
    async with context.store.begin() as tx:
        kept = sum(one.by_hand for one in await tx.captures.of(request.id))
    if kept < MOST:
        return None
    text = f"{MOST} answers are kept of {request.id} already, as many as may be."
    return Refusal("kept-enough", text, "Keep it with a request of its own.")


def _about(seen: Seen, newest_first: Sequence[Request]) -> Request | None:
    """Return the newest request about the subject itself: its pod, or its address."""
    subject, cluster = seen.asked.subject, seen.asked.cluster
    for request in newest_first:
        targets = (*(part.target for part in request.plan.parts), *request.plan.also)
        if request.plan.cluster == cluster and any(_is(subject, target) for target in targets):
            return request
    return None


def _is(subject: Subject, target: Target) -> bool:
    """Whether a target is whom an answer is about: a Deployment is not the pod of the same name."""
    if target.namespace != subject.namespace:
        return False
    match subject.about:
        case About.POD:
            return (target.kind, target.name) == (POD.kind, subject.name)
        case About.WORKLOAD:
            return f"{target.kind.lower()}/{target.name}" == subject.name
        case About.ADDRESS | About.NETWORK:
            return (target.kind, target.name) == (ADDRESS.kind, subject.name)
        case _:
            return False


async def _kept(context: Context, evidence: Evidence, ask: Keeping, request: Request, origin: str) -> Reply:
    """
    Keep the contents, then say so in one transaction.

    Two workers may have the same click, where the first was slow: each has a place of its own, and removes no other's.
    """
    number = f"{request.id}.kept-{hashlib.sha256(origin.encode()).hexdigest()[:12]}"
    done = await _there(context, number)
    if done is not None:
        return _said(request, done.items[0])
    body = await asyncio.to_thread(_body, ask)
    folder = f"{number}/{context.entropy.operation_id()}"
    kept = await evidence.vault.put(f"{folder}/flows", whole(body))
    item = Item(
        ItemKind.KEPT_FLOWS,
        "flows-kept.json",
        cut(f"flows of {ask.title}", 200),
        place=f"{folder}/flows",
        size=kept.size,
        sha256=kept.sha256,
        key_id=kept.key_id,
    )
    reply = _said(request, item)
    async with context.store.begin() as tx:
        refusal = await frozen_refusal(tx, ask.person)
        stored = refusal is None and await _stored(context, tx, (ask, request, item, number), reply, origin)
    if not stored:
        await evidence.vault.drop(folder)
    if refusal is None:
        return reply
    refused = await _refused(context, ask, refusal, origin)
    if (
        await _there(context, number) is None
    ):  # from now on nobody can keep it: what a try that was cut off left goes too
        await evidence.vault.drop(number)
    return refused


def _said(request: Request, item: Item) -> Done:
    text = f"Kept as evidence of {request.id}: {item.title}, SHA-256 {item.sha256}. See it: /ir evidence {request.id}"
    return Done(text, request.id)


async def _there(context: Context, number: str) -> Capture | None:
    async with context.store.begin() as tx:
        return await tx.captures.get(number)


async def _stored(
    context: Context, tx: Transaction, what: tuple[Keeping, Request, Item, str], reply: Reply, origin: str
) -> bool:
    ask, request, item, number = what
    if not await answer(tx, origin, reply):
        return False
    subject = ask.seen.asked.subject
    target = KubeRef(ask.seen.asked.cluster, POD, subject.namespace, subject.name)
    item = msgspec.structs.replace(item, captured_at=tx.now)
    done = Capture(
        number,
        request.id,
        0,
        target,
        "",
        tx.now,
        state=CaptureState.COMPLETE,
        items=(item,),
        ended_at=tx.now,
        by_hand=True,
    )
    await tx.captures.add(done)
    await card(tx, request)
    entry = record(request, done, "kept-by-hand")
    await append(context, tx, msgspec.structs.replace(entry, actor=ask.person))
    return True


def _body(ask: Keeping) -> bytes:
    """Return the answer as it was given; of one peer only what is said of it and of who told it."""
    seen = ask.seen
    if ask.peer is not None:
        found = seen.summary
        key = ask.peer.peer.key
        denials = tuple(one for one in found.denials if any(peer.key == key for peer in one.peers))
        alone = msgspec.structs.replace(found, peers=(ask.peer,), denials=denials)
        seen = msgspec.structs.replace(seen, summary=alone, steps=(), moments=())
    return msgspec.json.format(msgspec.json.encode(msgspec.structs.replace(seen, origin="", hints=())))


async def _refused(context: Context, ask: Keeping, refusal: Refusal, origin: str) -> Refusal:
    attempt = Attempt("keep-flows", None, ask.title)
    return await refuse_attempt(context, origin, ask.person, refusal, attempt)
