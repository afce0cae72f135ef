"""
Who talked to whom, asked by a person: their permission, the cluster's names, every source at once, one answer.

It only looks. What was asked is recorded with what came of it, in the transaction that answers; refused questions too.
"""

import asyncio
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final

import msgspec

from bot.domain import policy as rules
from bot.domain.findings import Refusal, Reply
from bot.domain.flows.asked import Asked
from bot.domain.flows.hints import hints
from bot.domain.flows.holding import held
from bot.domain.flows.merging import merge
from bot.domain.flows.picturing import of_seen
from bot.domain.flows.resolving import Resolved, resolving, unshared
from bot.domain.flows.steps import steps
from bot.domain.flows.summing import summary
from bot.domain.flows.taken import Capability, Silent, Taken, Window
from bot.domain.flows.talks import Account, Merged
from bot.domain.flows.telling import Seen, bounded, lean, moments, thin_steps
from bot.domain.flows.wish import DAY, Wish, window
from bot.domain.letters import Flows
from bot.domain.people import Principal
from bot.engine.asking import membership
from bot.engine.context import Context
from bot.engine.flowed import Question, Told, attached, refused, taking_turns
from bot.engine.flows import gathered
from bot.engine.planning import drive
from bot.engine.reading import may_read
from bot.ports import FlowSource

NO_DAY_BEFORE: Final = "whether a peer is new is not known: no source that was asked keeps the day before"

REUSED: Final = (
    "not told: {} of the rows, of before its pods were there, of an address that others may have had then"
)


class How(msgspec.Struct, frozen=True):
    """
    How the sources are asked: for at most so many ``rows`` each.

    ``before``: for the day before too, where they keep it. ``shared``: also by the addresses of the subject's nodes, behind
    which a firewall sees the pods of all namespaces alike: for whoever may see all of them.
    """

    rows: int
    before: bool = True
    shared: bool = False


class Gathered(msgspec.Struct, frozen=True):
    """What the sources told of one question, merged, and the same subject a day before where that is kept."""

    asked: Asked
    resolved: Resolved
    merged: Merged
    earlier: Merged | None
    sources: tuple[str, ...]
    told: tuple[Taken | Silent, ...] = ()


async def flows(context: Context, person: Principal, wish: Wish, origin: str) -> Reply:
    """Tell whom something talked to."""
    question = Question(person, "flows", wish.target, origin)
    refusal = await may_see(context, person, wish.cluster, wish.namespace)
    if refusal is not None:
        return await refused(context, question, refusal)
    how = await fitting(context, person, wish)
    return await taking_turns(context, question, lambda: _told(context, wish, how, origin))


async def may_see(context: Context, person: Principal, cluster: str, namespace: str) -> Refusal | None:
    """Return why this person may not see the flows of a namespace (empty: of the whole cluster), asked now."""
    refusal = await may_read(context, person)
    if refusal is not None:
        return refusal
    named = rules.groups_for(context.policy, cluster, namespace)
    known = await membership(context, None, named)
    decision = rules.may_see(context.policy, (cluster, namespace), person, known)
    return decision if isinstance(decision, Refusal) else None


async def may_still(context: Context, person: Principal, places: Iterable[tuple[str, str]]) -> Refusal | None:
    """
    Return why this person may not have what an answer shows any more, asked at its delivery and at its buttons.

    Rights may have been taken away since it was asked for. ``places`` are clusters and namespaces (empty: the whole cluster).
    """
    told = [await may_see(context, person, cluster, namespace) for cluster, namespace in places]
    return next(filter(None, told), None)


async def fitting(context: Context, person: Principal, wish: Wish, *, before: bool = True) -> How:
    """Return how the sources may be asked for this person, who may see what it is about."""
    whole = not wish.namespace or await may_see(context, person, wish.cluster, "") is None
    return How(context.limits.rows, before=before, shared=whole)


def serving(context: Context, wish: Wish | Asked) -> tuple[FlowSource, ...]:
    """Return the sources that know the cluster and are among those that were named."""
    return tuple(
        one
        for one in context.flows
        if one.serves(wish.cluster) and (not wish.sources or one.name in wish.sources)
    )


async def window_of(context: Context, wish: Wish, sources: Iterable[FlowSource]) -> Window | Refusal:
    """Return the time that is meant, by the clock of the store, or why it cannot be asked."""
    async with context.store.begin() as tx:
        now = tx.now
    return window(wish, now, history=any(Capability.HISTORY in one.can for one in sources))


async def gather(context: Context, wish: Wish, span: Window, how: How) -> Gathered:
    """Ask the cluster who is meant, then every source."""
    limit = min(context.limits.call, context.limits.names)
    resolved = await drive(resolving(wish), context.world, limit)
    if not how.shared:
        resolved = unshared(resolved)
    asked = Asked(
        cluster=wish.cluster,
        subject=resolved.subject,
        since=span.since,
        until=span.until,
        peer=resolved.peer,
        port=wish.port,
        verdict=wish.verdict,
        sources=wish.sources,
        limit=how.rows,
    )
    within = context.limits.flows.total_seconds()
    told = await gathered(context.flows, asked, within)
    told, earlier_owners = await asyncio.to_thread(held, told, asked, resolved.known)
    resolved = msgspec.structs.replace(resolved, notes=(*resolved.notes, *reused(earlier_owners)))
    merged = await _merged(told, resolved)
    earlier = await _earlier(context, asked, resolved, within / 2) if how.before else None
    there = tuple(one.name for one in serving(context, wish))
    return Gathered(asked, resolved, merged, earlier, there, told)


def reused(rows: int) -> tuple[str, ...]:
    """Return what is said of rows that were not told, since others may have had the address then."""
    return (REUSED.format(rows),) if rows else ()


async def _merged(told: Collection[Taken | Silent], resolved: Resolved) -> Merged:
    """Pure, so it runs beside the loop: a hundred thousand flows take a quarter of a second."""
    return await asyncio.to_thread(merge, told, resolved.known)


async def _earlier(context: Context, asked: Asked, resolved: Resolved, within: float) -> Merged | None:
    """Return what was seen in the day before; ``None`` where nobody who was asked keeps it."""
    keeping = [one for one in serving(context, asked) if Capability.HISTORY in one.can]
    if not keeping:
        return None
    named = tuple(one.name for one in keeping)
    day = msgspec.structs.replace(
        asked, since=asked.since - DAY, until=asked.since, sources=named, verdict=None
    )
    told = await gathered(keeping, day, within)
    told, _ = await asyncio.to_thread(held, told, day, resolved.known)
    return await _merged(told, resolved)


def made(found: Gathered, origin: str, *, before: bool = True) -> Seen:
    """
    Return the answer of one cluster: pure, and slow enough to be run beside the loop.

    ``before``: the day before was asked for, and where nobody keeps it that is said.
    """
    whole = summary(found.merged, found.asked, found.earlier)
    kept, left = bounded(whole)
    when, thinned = moments(found.merged, found.asked)
    notes = found.resolved.notes
    if before and whole.before is None and whole.peers:
        notes = (*notes, NO_DAY_BEFORE)
    return Seen(
        asked=lean(found.asked),
        summary=kept,
        steps=thin_steps(steps(whole)),
        accounts=found.merged.accounts,
        left=left,
        moments=when,
        thinned=thinned,
        notes=notes,
        hints=hints(found.resolved.around, found.sources),
        talks=len(found.merged.talks),
        origin=origin,
    )


async def _told(context: Context, wish: Wish, how: How, origin: str) -> Told | Refusal:
    span = await window_of(context, wish, serving(context, wish))
    if isinstance(span, Refusal):
        return span
    found = await gather(context, wish, span, how)
    return await asyncio.to_thread(_answered, found, origin)


def _answered(found: Gathered, origin: str) -> Told:
    seen = made(found, origin)
    file = None
    if found.merged.talks:
        file = attached("flows", seen, found.merged.talks, of_seen(seen))
    return Told(seen.headline, Flows(seen), file, details((found,)))


def details(every: Iterable[Gathered]) -> dict[str, Any]:
    """Return what the record keeps of a question: the time, and what each source came to."""
    told: dict[str, Any] = {"sources": {}}
    for found in every:
        asked = found.asked
        told["since"], told["until"] = _stamp(asked.since), _stamp(asked.until)
        for account in found.merged.accounts:
            name = f"{asked.cluster}/{account.source}"
            told["sources"][name] = _recorded(account, found.merged)
    return told


def _recorded(account: Account, merged: Merged) -> dict[str, Any]:
    if account.silent:
        return {"silent": [why[:200] for why in account.silent[:3]]}
    seen = [talk.connections for talk in merged.talks if talk.source == account.source]
    return {
        "rows": len(seen),
        "connections": sum(seen),
        "covers": [f"{_stamp(w.since)} to {_stamp(w.until)}" for w in account.windows[:5]],
        "losses": [str(loss)[:200] for loss in account.losses[:10]],
    }


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
