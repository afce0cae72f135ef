"""Which of the things that an alert names are cut off already, by which request: as our own records say, and of the very pod."""

from collections import defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from bot.domain import refs, views
from bot.domain.alerts import SubjectKind
from bot.domain.plans import Target
from bot.domain.playbooks.auto import ADDRESS, POD
from bot.domain.queries import Get, Rounds, kube
from bot.domain.reading import read
from bot.domain.requests import PartRow
from bot.domain.suggestions import Resolved, Standing
from bot.engine.context import Context
from bot.engine.planning import drive
from bot.engine.recalling import recalling

_KINDS = {SubjectKind.POD: POD, SubjectKind.ADDRESS: ADDRESS}
_Name = tuple[str, str, str, str]


async def with_held(context: Context, resolved: Sequence[Resolved]) -> tuple[Resolved, ...]:
    """Return the same, each with the request that cuts it off already. A pod that took the place of another is not cut."""
    sole = context.clusters[0] if len(context.clusters) == 1 else ""
    names = {each: _name(each, sole) for each in resolved}
    places = sorted({(name[1], name[2]) for name in names.values() if name})
    standing = defaultdict[_Name, list[PartRow]](list)
    async with context.store.begin() as tx:
        for place in places:
            for row in await tx.parts.standing(*place):
                standing[_named(row.part.target)].append(row)
    cut = [row.part.target for name in names.values() if name and name[0] == POD for row in standing[name]]
    there = await drive(_identities(cut), recalling(context), context.limits.names) if cut else frozenset()
    return tuple(_told(each, standing[name] if name else (), there) for each, name in names.items())


def _name(one: Resolved, sole: str) -> _Name | None:
    kind, cluster = _KINDS.get(one.subject.kind), one.subject.cluster or sole
    if kind is None or not cluster or one.standing is not Standing.FOUND:
        return None
    return (kind, cluster, one.subject.namespace if kind == POD else "", one.subject.name)


def _named(target: Target) -> _Name:
    return (target.kind, target.cluster, target.namespace, target.name)


def _identities(cut: Sequence[Target]) -> Rounds[frozenset[str]]:
    answers = yield tuple(Get(kube(each.cluster, refs.POD, each.namespace, each.name)) for each in cut)
    found = (read(answer, views.PodView) for answer in answers)
    return frozenset(each.metadata.uid for each in found if isinstance(each, views.PodView))


def _told(one: Resolved, rows: Sequence[PartRow], there: frozenset[str]) -> Resolved:
    by = [row for row in rows if row.part.target.kind == ADDRESS or row.part.target.uid in there]
    if not by:
        return one
    request, how = by[0].request_id, "blocked" if by[0].part.target.kind == ADDRESS else "cut off"
    return replace(one, held=request, text=f"{one.text}; {how} already by {request}")
