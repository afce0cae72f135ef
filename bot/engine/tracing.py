"""How far something may have come from a pod, and who anywhere talked to one address: several questions, one answer."""

import asyncio
from collections.abc import Iterable
from typing import Final

import msgspec

from bot.domain.findings import Refusal, Reply
from bot.domain.flows.asked import Asked
from bot.domain.flows.chosen import Spared, chosen, spared
from bot.domain.flows.flow import Being, Endpoint
from bot.domain.flows.following import NOT, following
from bot.domain.flows.hints import hints
from bot.domain.flows.holding import held
from bot.domain.flows.knowing import gaps
from bot.domain.flows.merging import Answer, accounts, merge
from bot.domain.flows.picturing import of_trace
from bot.domain.flows.taken import Window
from bot.domain.flows.telling import Swept, Traced, lean
from bot.domain.flows.tracing import Trace, traced
from bot.domain.flows.wish import Wish
from bot.domain.letters import Sweeping, Tracing
from bot.domain.numbers import many
from bot.domain.people import Principal
from bot.engine.context import Context
from bot.engine.flowed import Question, Told, attached, refused, taking_turns
from bot.engine.flowing import (
    Gathered,
    How,
    details,
    fitting,
    gather,
    made,
    may_see,
    reused,
    serving,
    window_of,
)
from bot.engine.flows import gathered
from bot.engine.planning import drive

FEWEST: Final = 1_000
"""Flows that a source of each cluster may tell of one sweep, or of each namespace of a trace, however many there are."""

NOWHERE: Final = Refusal(
    "no-cluster", "no cluster is configured.", "Ask whoever runs Firebreak to name one in firebreak.toml."
)


class Further(msgspec.Struct, frozen=True):
    """
    What was asked on about the pods that were reached: each question with what was told of it.

    ``barred`` are the namespaces that whoever asks may not see; ``notes`` what else was not told, or not asked.
    """

    told: tuple[tuple[Asked, tuple[Answer, ...]], ...] = ()
    barred: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def followed(self) -> tuple[str, ...]:
        """The namespaces that were asked about."""
        return tuple(asked.subject.namespace for asked, _ in self.told)


async def trace(context: Context, person: Principal, wish: Wish, origin: str) -> Reply:
    """Tell what a pod reached, and what that reached since."""
    question = Question(person, "trace", wish.target, origin)
    refusal = await may_see(context, person, wish.cluster, wish.namespace)
    if refusal is not None:
        return await refused(context, question, refusal)
    how = await fitting(context, person, wish, before=False)
    return await taking_turns(context, question, lambda: _traced(context, question, wish, how))


async def sweep(context: Context, person: Principal, wish: Wish, origin: str) -> Reply:
    """Tell who talked to an address, in every cluster whose flows this person may see as a whole."""
    question = Question(person, "sweep", wish.target, origin)
    judged = {cluster: await may_see(context, person, cluster, "") for cluster in context.clusters}
    allowed = tuple(cluster for cluster, refusal in judged.items() if refusal is None)
    if not allowed:
        return await refused(context, question, next(filter(None, judged.values()), NOWHERE))
    barred = tuple(cluster for cluster in judged if cluster not in allowed)
    return await taking_turns(context, question, lambda: _swept(context, question, wish, (allowed, barred)))


async def _traced(context: Context, question: Question, wish: Wish, how: How) -> Told | Refusal:
    span = await window_of(context, wish, serving(context, wish))
    if isinstance(span, Refusal):
        return span
    found = await gather(context, wish, span, how)
    start = Endpoint(being=Being.POD, namespace=wish.subject.namespace, pod=wish.subject.name)
    near = await asyncio.to_thread(traced, found.merged.talks, start, span.since)
    further = await _further(context, question.person, found, near)
    never = await drive(spared(context.policy.protected, wish.cluster), context.world, context.limits.call)
    return await asyncio.to_thread(tree, found, further, start, (question.origin, never))


async def _further(context: Context, person: Principal, found: Gathered, near: Trace) -> Further:
    """Ask on about the pods that were reached, namespace by namespace."""
    known = found.resolved.known
    wanted = following(near, known)
    seen = {
        subject: await may_see(context, person, found.asked.cluster, subject.namespace) is None
        for subject in wanted.subjects
    }
    asking = [subject for subject, may in seen.items() if may]
    most = max(FEWEST, found.asked.limit // max(len(asking), 1))  # together no more than one question holds
    questions = [msgspec.structs.replace(found.asked, subject=subject, limit=most) for subject in asking]
    within = context.limits.flows.total_seconds() / 2
    told = await asyncio.gather(*(gathered(context.flows, each, within) for each in questions))
    kept = [await asyncio.to_thread(held, *answered, known) for answered in zip(told, questions, strict=True)]
    return Further(
        tuple((asked, answers) for asked, (answers, _) in zip(questions, kept, strict=True)),
        tuple(subject.namespace for subject, may in seen.items() if not may),
        (*wanted.left, *reused(sum(left for _, left in kept))),
    )


def tree(found: Gathered, further: Further, start: Endpoint, by: tuple[str, Spared]) -> Told:
    """Return the answer: pure. ``by`` is who asked, as an origin, and what is never contained."""
    origin, never = by
    merged = merge(
        (*found.told, *(one for _, answers in further.told for one in answers)), found.resolved.known
    )
    whole = traced(merged.talks, start, found.asked.since)
    notes = (*found.resolved.notes, *further.notes)
    if further.barred:
        notes = (*notes, f"{NOT}you may not see the flows of {', '.join(further.barred)}")
    letter = Traced(
        asked=lean(found.asked),
        trace=_lean(whole),
        accounts=merged.accounts,
        incomplete=_incomplete((found.asked, found.told), *further.told),
        notes=notes,
        hints=hints(found.resolved.around, found.sources),
        talks=len(merged.talks),
        origin=origin,
        followed=further.followed,
        chosen=chosen(whole, never),
    )
    file = attached("trace", letter, merged.talks, of_trace(letter)) if merged.talks else None
    told = msgspec.structs.replace(found, merged=merged)
    return Told(_headline(found, whole, letter.incomplete), Tracing(letter), file, details((told,)))


def _incomplete(*questions: tuple[Asked, tuple[Answer, ...]]) -> tuple[tuple[str, str], ...]:
    """Return which sources may have missed something, of each question by itself: one covers no time for another."""
    found: dict[str, str] = {}
    for asked, answers in questions:
        for account in accounts(answers):
            for why in gaps(account, asked):
                found.setdefault(account.source, why)
    return tuple(sorted(found.items()))


def _headline(found: Gathered, whole: Trace, incomplete: tuple[tuple[str, str], ...]) -> str:
    subject = found.asked.subject
    if whole.reached:
        return f"{subject} reached {many(whole.reached, 'end')}, two hops outward, since {found.asked.since:%Y-%m-%d %H:%M} UTC."
    sure = [a.source for a in found.merged.accounts if a.source not in {source for source, _ in incomplete}]
    if sure:
        return f"{subject} reached nobody that {', '.join(sure)} saw, which covered the whole time and lost nothing."
    why = "; ".join(f"{source}: {text}" for source, text in incomplete) or "no source of flows was asked"
    return f"Cannot know whom {subject} reached: {why}."


def _lean(whole: Trace) -> Trace:
    replace = msgspec.structs.replace
    near = tuple(
        replace(
            hop,
            end=replace(hop.end, labels=()),
            next=tuple(replace(further, end=replace(further.end, labels=())) for further in hop.next[:20]),
            more=hop.more + max(0, len(hop.next) - 20),
        )
        for hop in whole.next
    )
    return replace(whole, start=replace(whole.start, labels=()), next=near)


async def _swept(
    context: Context, question: Question, wish: Wish, clusters: tuple[tuple[str, ...], tuple[str, ...]]
) -> Told | Refusal:
    allowed, barred = clusters
    span = await _widest(context, wish, allowed)
    if isinstance(span, Refusal):
        return span
    wishes = [msgspec.structs.replace(wish, cluster=cluster) for cluster in allowed]
    how = How(max(FEWEST, context.limits.rows // len(wishes)), before=False, shared=True)
    every = await asyncio.gather(*(gather(context, each, span, how) for each in wishes))
    return await asyncio.to_thread(_everywhere, question, every, (span, barred))


async def _widest(context: Context, wish: Wish, clusters: tuple[str, ...]) -> Window | Refusal:
    placed = (msgspec.structs.replace(wish, cluster=cluster) for cluster in clusters)
    sources = [source for each in placed for source in serving(context, each)]
    return await window_of(context, wish, sources)


def _everywhere(
    question: Question, every: Iterable[Gathered], around: tuple[Window, tuple[str, ...]]
) -> Told:
    span, barred = around
    every = tuple(every)
    seen = tuple(made(found, question.origin, before=False) for found in every)
    subject = every[0].asked.subject
    letter = Swept(str(subject), span.since, span.until, seen, barred, question.origin)
    replace = msgspec.structs.replace
    talks = tuple(
        replace(talk, source=f"{found.asked.cluster}/{talk.source}")
        for found in every
        for talk in found.merged.talks
    )
    file = attached("sweep", letter, talks) if talks else None
    return Told(_said(letter), Sweeping(letter), file, details(every))


def _said(letter: Swept) -> str:
    met = [one for one in letter.found if one.summary.peers]
    unsure = [
        one
        for one in letter.found
        if one not in met and not (one.summary.absence and one.summary.absence.sure)
    ]
    whom = f"{letter.address}, {letter.since:%Y-%m-%d %H:%M} to {letter.until:%Y-%m-%d %H:%M} UTC"
    parts = [f"{one.asked.cluster}: {len(one.summary.peers) + one.left} talked to it" for one in met]
    if unsure:
        parts.append(f"cannot know in {', '.join(one.asked.cluster for one in unsure)}")
    clear = [one.asked.cluster for one in letter.found if one not in met and one not in unsure]
    if clear:
        parts.append(f"nobody in {', '.join(clear)}")
    if letter.refused:
        parts.append(f"not asked in {', '.join(letter.refused)}: you may not see its flows")
    return f"{whom}. {'; '.join(parts)}."
