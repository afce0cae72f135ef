"""
Looks at what is active: drift is shown, a target that ended is loud, and never is anything changed here.

An object of ours that is missing or changed is drift, never an undo: a person chooses.
"""

import asyncio
from datetime import datetime

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.changes import Contribute, Patch
from bot.domain.errors import OutsideError
from bot.domain.lanes import normal
from bot.domain.queries import Each, Listing
from bot.domain.refs import POD
from bot.domain.requests import Difference, PartRow, Request
from bot.domain.states import PartState
from bot.domain.views import PodView
from bot.engine.context import Context
from bot.engine.recording import Entry, append
from bot.engine.saying import notice
from bot.engine.steps import save
from bot.ports import Sight

AT_ONCE = 8


async def watch(context: Context) -> int:
    """Hold every applied part against the world once; return how many had something new to tell."""
    async with context.store.begin() as tx:
        rows = [row for row in await tx.parts.active() if row.state is PartState.APPLIED]
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(row: PartRow) -> bool:
        async with gate:
            return await _look(context, row)

    return sum(await asyncio.gather(*(one(row) for row in rows)))


async def _look(context: Context, row: PartRow) -> bool:
    try:
        drift, gone = await _seen(context, row)
    except OutsideError:
        return False
    replaced = await _replacement(context, row) if gone else ""
    if drift == row.drift and (not replaced or replaced == row.trouble):
        return False
    return await _tell(context, row, drift, replaced)


async def _seen(context: Context, row: PartRow) -> tuple[tuple[Difference, ...], bool]:
    drift: list[Difference] = []
    gone = False
    for change in row.part.changes:
        if isinstance(change, Contribute):
            sight = await context.shared.read(change.thing)
            if normal(change.entry) not in {normal(e) for e in sight.entries}:
                drift.append(Difference(change.thing, "ipAddresses", change.entry, None))
            continue
        if change.ref in {d.ref for d in row.drift} and not _still_ours(row, change.ref):
            continue
        seen = await context.objects.observe(change)
        gone = gone or (seen.gone and isinstance(change, Patch))
        drift += _differences(seen, row, change)
    return tuple(drift), gone


def _still_ours(row: PartRow, ref: object) -> bool:
    """Adopted things have left the inverse: they are theirs, and no longer looked at."""
    return any(change.ref == ref for change in row.inverse)


def _differences(seen: Sight, row: PartRow, change: object) -> tuple[Difference, ...]:
    del row, change
    return () if seen.done or seen.gone else seen.differences


async def _replacement(context: Context, row: PartRow) -> str:
    """Name what took the place of a pod that ended: it runs uncontained."""
    target = row.part.target
    answer = await context.world.answer(Each(target.cluster, POD, target.namespace))
    ended = f"The pod {target.title} ended."
    if not isinstance(answer, Listing):
        return f"{ended} Whether a replacement runs could not be seen."
    owner = dict(target.details).get("owner uid", "")
    heirs = [
        pod.metadata.name
        for pod in answer.items
        if isinstance(pod, PodView) and pod.metadata.uid != target.uid and _heir(pod, target.name, owner)
    ]
    if not heirs:
        return f"{ended} No replacement was seen."
    return f"{ended} Its replacement runs UNCONTAINED: {', '.join(sorted(heirs)[:5])}. Quarantine it too if needed."


def _heir(pod: PodView, name: str, owner: str) -> bool:
    made_by = pod.metadata.controller
    return pod.metadata.name == name or (bool(owner) and made_by is not None and made_by.uid == owner)


async def _tell(context: Context, seen: PartRow, drift: tuple[Difference, ...], replaced: str) -> bool:
    async with context.store.begin() as tx:
        request = await tx.requests.get(seen.request_id, lock=True)
        rows = await tx.parts.of(seen.request_id)
        row = rows[seen.index]
        if request is None or row.state is not PartState.APPLIED or row.drift != seen.drift:
            return False
        row = _noted(row, drift, replaced, tx.now)
        await save(tx, request, rows, row)
        event = EventName.REPLACED if replaced else EventName.DRIFT
        await notice(tx, request, replaced or _drift_text(request, drift), mention=bool(drift or replaced))
        await append(context, tx, Entry(event, None, request, row, outcome="seen" if drift else "noted"))
    return True


def _noted(row: PartRow, drift: tuple[Difference, ...], replaced: str, now: datetime) -> PartRow:
    del now
    return msgspec.structs.replace(row, drift=drift, trouble=replaced or (row.trouble if drift else ""))


def _drift_text(request: Request, drift: tuple[Difference, ...]) -> str:
    if not drift:
        return f"The drift of {request.id} is gone: what we wrote stands again."
    first = drift[0]
    text = f"DRIFT: somebody changed what {request.id} wrote ({first.ref} {first.field})."
    return f"{text} Choose: /ir reapply {request.id} or /ir adopt {request.id}"
