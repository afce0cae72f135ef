"""
Which of the things that an alert names a request has already, and whether that holds them: as our own records say.

Of pods the cluster is asked too: whether it is the very pod, and whether our mark is on it. A record alone cuts nothing off.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from bot.domain import refs, views
from bot.domain.alerts import SubjectKind
from bot.domain.effects import Known, known
from bot.domain.plans import Target
from bot.domain.playbooks.auto import ADDRESS, POD
from bot.domain.quarantine.claims import claims, recorded
from bot.domain.queries import Each, Get, Query, Rounds, kube
from bot.domain.reading import read
from bot.domain.requests import PartRow
from bot.domain.suggestions import Resolved, Standing
from bot.engine.context import Context
from bot.engine.planning import drive
from bot.engine.recalling import recalling

_KINDS: Final = {SubjectKind.POD: POD, SubjectKind.ADDRESS: ADDRESS}
_Name = tuple[str, str, str, str]


class Marks(msgspec.Struct, frozen=True):
    """Pods as they are now, by identity: those that are there, and whose mark is on them, as a plan believes it."""

    there: frozenset[str] = frozenset()
    by: Mapping[str, str] = {}


async def with_held(context: Context, resolved: Sequence[Resolved]) -> tuple[Resolved, ...]:
    """
    Return the same, each with the request that has it; those that one has and does not hold come first.

    A pod that took the place of another is nobody's.
    """
    sole = context.sole_cluster
    names = {each: _name(each, sole) for each in resolved}
    places = sorted({(name[1], name[2]) for name in names.values() if name})
    begun = defaultdict[_Name, list[PartRow]](list)
    async with context.store.begin() as tx:
        for place in places:
            for row in await tx.parts.standing(*place):
                begun[_named(row.part.target)].append(row)
    pods = [row.part.target for name in names.values() if name and name[0] == POD for row in begun[name]]
    marks = await drive(_marks(pods), recalling(context), context.limits.names) if pods else Marks()
    told = [had(each, begun[name] if name else (), marks) for each, name in names.items()]
    return tuple(sorted(told, key=lambda each: not each.loose))


def _name(one: Resolved, sole: str) -> _Name | None:
    kind, cluster = _KINDS.get(one.subject.kind), one.subject.cluster or sole
    if kind is None or not cluster or one.standing is not Standing.FOUND:
        return None
    return (kind, cluster, one.subject.namespace if kind == POD else "", one.subject.name)


def _named(target: Target) -> _Name:
    return (target.kind, target.cluster, target.namespace, target.name)


def _marks(pods: Sequence[Target]) -> Rounds[Marks]:
    """Ask as a plan asks, so that what is told here is what a plan would answer."""
    queries = tuple(query for space in _spaces(pods) for query in space)
    answers = yield queries
    asked = iter(zip(queries, answers, strict=True))
    each = [tuple(next(asked) for _ in space) for space in _spaces(pods)]
    claimed = tuple(claim for pairs in each for claim in claims(pairs))
    told = zip(claimed, (yield claimed) if claimed else (), strict=True)
    found = (
        read(answer, views.PodView)
        for query, answer in zip(queries, answers, strict=True)
        if isinstance(query, Get)
    )
    return Marks(
        frozenset(one.metadata.uid for one in found if isinstance(one, views.PodView)),
        {claim.uid: recorded(claim, answer).request for claim, answer in told if claim.mark},
    )


def _spaces(pods: Sequence[Target]) -> Iterator[tuple[Query, ...]]:
    """What is asked of each namespace: its policies, and the pods in question."""
    within = defaultdict[tuple[str, str], set[str]](set)
    for each in pods:
        within[each.cluster, each.namespace].add(each.name)
    for (cluster, namespace), names in within.items():
        named = (Get(kube(cluster, refs.POD, namespace, name)) for name in sorted(names))
        yield (Each(cluster, refs.NETWORK_POLICY, namespace), *named)


def had(one: Resolved, rows: Sequence[PartRow], marks: Marks) -> Resolved:
    """Return it with what is known of the best of the requests that have it: its words first, as what follows may be cut."""
    targets = [row.part.target for row in rows]
    best = min(
        (
            _known(row, marks)
            for row, each in zip(rows, targets, strict=True)
            if each.kind == ADDRESS or each.uid in marks.there
        ),
        key=lambda each: each.effect,
        default=None,
    )
    if best is None:
        return one
    said = f"{best.text}. {best.remedy}" if best.remedy else best.text
    return replace(
        one,
        text=f"{said}; {one.text}",
        held=best.request if best.effect.holds else "",
        loose="" if best.effect.holds else best.request,
        taken=any(marks.by.get(each.uid) for each in targets),
    )


def _known(row: PartRow, marks: Marks) -> Known:
    target = row.part.target
    return known(row, marked=target.kind == ADDRESS or marks.by.get(target.uid) == row.request_id)
