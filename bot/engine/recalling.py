"""A world that also knows what we contain ourselves: a mark in a cluster is believed where our own records say the same."""

from collections.abc import Sequence

from bot.domain.effects import Known, known
from bot.domain.isolation import index_of, request_of
from bot.domain.queries import Answer, Contained, Each, Listing, Query, Recorded, SelfTested, SelfTests
from bot.domain.refs import NODE, POD
from bot.domain.requests import PartRow
from bot.domain.selftests import Outcome, Told, told
from bot.domain.states import PartState
from bot.domain.views import NodeView
from bot.engine.context import Context
from bot.ports import Store, Transaction, World


class Recalling:
    """A ``World`` that answers what is asked of our records, and hands on everything else."""

    def __init__(self, world: World, store: Store) -> None:
        self._world, self._store = world, store

    async def answer(self, query: Query) -> Answer:
        """Answer one query. What the store raises is raised: without our records nothing may be decided."""
        if isinstance(query, SelfTests):
            return SelfTested(await self_tests_of(self._store, self._world, query.cluster))
        if not isinstance(query, Contained):
            return await self._world.answer(query)
        async with self._store.begin() as tx:
            rows = await _rows(tx, query)
        return _recorded([known(row, marked=bool(query.mark)) for row in rows if _contains(row, query)])


def recalling(context: Context) -> Recalling:
    """Return the world as plans are to ask it."""
    return Recalling(context.world, context.store)


async def self_tests_of(store: Store, world: World, cluster: str) -> tuple[Told, ...]:
    """
    Return what the self-tests of a cluster showed: the newest of each node and engine, the newest first.

    Nodes come and go: one that failed on a node that is gone could never pass again, and says nothing any more.
    """
    async with store.begin() as tx:
        found = told(await tx.self_tests.of(cluster), tx.now)
    if all(one.outcome is not Outcome.FAILED for one in found):
        return found
    answer = await world.answer(Each(cluster, NODE))
    if not isinstance(answer, Listing):
        return found
    there = {item.metadata.name for item in answer.items if isinstance(item, NodeView)}
    return tuple(one for one in found if one.outcome is not Outcome.FAILED or one.node in there)


async def _rows(tx: Transaction, asked: Contained) -> Sequence[PartRow]:
    """Return the part that a mark names; without one, all that was begun where the pod is."""
    if not asked.mark:
        return await tx.parts.standing(asked.pod.cluster, asked.pod.namespace)
    index = index_of(asked.mark)
    return [row for row in await tx.parts.of(request_of(asked.mark)) if row.index == index]


def _recorded(found: Sequence[Known]) -> Recorded:
    """Of several requests the one that holds the pod best is told."""
    best = min(found, key=lambda each: each.effect, default=None)
    if best is None:
        return Recorded()
    return Recorded(best.request) if best.effect.holds else Recorded(best.request, best.text, best.remedy)


def _contains(row: PartRow, asked: Contained) -> bool:
    """Whether a part is about this very pod, and stands or is on its way."""
    target, pod = row.part.target, asked.pod
    same = (target.kind, target.cluster, target.namespace, target.name, target.uid) == (
        *(POD.kind, pod.cluster, pod.namespace, pod.name, asked.uid),
    )
    return same and (row.active or row.state is PartState.EXECUTING)
