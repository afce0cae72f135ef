"""
Measures what stands, again and again: a policy that is new, or a label that changed, opens what was closed.

It reads outside any lane, and writes only where something is new: then in one transaction, and only if the part is
still as it was seen. Several parts of one cluster share what is read for them.
"""

import asyncio
from collections.abc import Awaitable

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.ladder.denying import ADDRESS
from bot.domain.ladder.rungs import Proof
from bot.domain.ladder.weighing import weighed
from bot.domain.queries import Answer, Query
from bot.domain.requests import PartRow
from bot.domain.states import PartState
from bot.engine.canaries import to_remove
from bot.engine.context import Context
from bot.engine.holes import tell
from bot.engine.recording import Entry, append
from bot.engine.steps import save
from bot.ports import World


class Once:
    """A world that is asked each question once: for one round of looking, not longer."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._asked: dict[bytes, asyncio.Task[Answer]] = {}

    async def answer(self, query: Query) -> Answer:
        """Answer as the world does, or did to whoever asked the same before."""
        key = msgspec.json.encode(query)
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.ensure_future(self._world.answer(query))
        return await asyncio.shield(task)  # whoever asked first may lose patience before the others

    async def aclose(self) -> None:
        """Give up what nobody waits for any more."""
        left: list[Awaitable[Answer]] = [task for task in self._asked.values() if not task.done()]
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def measurable(row: PartRow) -> bool:
    """
    Whether it stands, can be measured, and is not being measured in its lane right now.

    Canaries that cannot be removed keep a part due, and whoever keeps them there must not keep it from being measured.
    """
    can = row.part.proving is not None or row.part.target.kind == ADDRESS
    return row.state is PartState.APPLIED and can and (row.due_at is None or to_remove(row))


async def remeasured(context: Context, seen: PartRow, proofs: tuple[Proof, ...]) -> bool:
    """Keep what is new, say and record it; return whether anything was. A part that moved meanwhile is left alone."""
    async with context.store.begin() as tx:
        request = await tx.requests.get(seen.request_id, lock=True)
        rows = await tx.parts.of(seen.request_id)
        row = rows[seen.index]
        if request is None or not measurable(row) or row.evidence != seen.evidence:
            return False
        fresh = weighed(row, proofs, tx.now)
        if fresh == row:
            return False
        await save(tx, request, rows, fresh)
        await tell(context, tx, (request, row, fresh), proofs, again=True)
        await append(context, tx, Entry(EventName.EVIDENCE, None, request, fresh, outcome="measured-again"))
    return True
