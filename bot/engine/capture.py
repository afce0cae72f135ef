"""
Captures evidence of what a containment is proposed for, while people think.

A row is due from the proposal on, in the same transaction. A worker takes it, keeps the contents first, then commits
row and record together; one that was killed half-way is taken again, and what it left is dropped. Nothing here ever
holds up or stops a containment: what is missing is said.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.errors import FirebreakError
from bot.domain.evidence import (
    ADDRESS,
    MOST_ADDRESSES,
    Capture,
    CaptureState,
    Item,
    address_of,
    captured_of,
    concluded,
    target_of,
)
from bot.domain.flows.noting import Noted
from bot.domain.requests import PartRow, Request
from bot.domain.states import PartState
from bot.engine.capturing import Camera
from bot.engine.context import Context, Evidence
from bot.engine.recording import Entry, append
from bot.engine.saying import card
from bot.engine.snapshots import shot, shot_after, sighted
from bot.ports import Transaction

log = logging.getLogger("firebreak.engine.evidence")
ATTEMPTS: Final = 4
LEASE: Final = timedelta(seconds=15)
RENEWED: Final = 5.0  # seconds: how often a worker says that it lives
BACKOFF: Final = timedelta(seconds=5)


async def begin(context: Context, tx: Transaction, request: Request, rows: Sequence[PartRow]) -> None:
    """Have the evidence of each pod captured from now on; what is captured already stays."""
    if context.evidence is None:
        return
    await _begin_addresses(context, tx, request, rows)
    plan = request.plan
    pods = (
        (row, f"{row.id}.{further}" if further else row.id, pod)
        for row in rows
        if row.part.target.kind != ADDRESS.kind
        for further, pod in enumerate(captured_of(row.part.target, plan.also_of(plan.step_of(row.index))))
    )
    for row, number, pod in pods:
        target = target_of(pod)
        assert target is not None
        fresh = Capture(number, request.id, row.index, target, pod.uid, tx.now, due_at=tx.now)
        await tx.captures.add(fresh)


async def _begin_addresses(
    context: Context, tx: Transaction, request: Request, rows: Sequence[PartRow]
) -> None:
    """Have the flows of blocked addresses kept, where anybody sees them: there is nothing else to capture of one."""
    told = ((row, address_of(row.part.target)) for row in rows)
    named = [(row, target) for row, target in told if target and sighted(context, target.cluster)]
    for row, target in named[:MOST_ADDRESSES]:
        fresh = Capture(f"{row.id}.flows", request.id, row.index, target, "", tx.now, due_at=tx.now)
        await tx.captures.add(fresh)


async def claim(context: Context) -> Capture | None:
    """Take one capture that is due, or one whose contents must go; ``None`` when there is none."""
    async with context.store.begin() as tx:
        return await tx.captures.claim(LEASE)


async def work(context: Context, evidence: Evidence, taken: Capture) -> None:
    """Do what a claimed row asks for. At shutdown it is given back, for the next program to take at once."""
    beat = asyncio.create_task(_heartbeat(context, taken))
    try:
        if taken.state is CaptureState.ENDING:
            await _end(context, evidence, taken)
        elif taken.running:
            await _capture(context, evidence, taken)
    except asyncio.CancelledError:
        beat.cancel()
        await asyncio.shield(_due_in(context, taken, timedelta()))
        raise
    finally:
        beat.cancel()
        await asyncio.gather(beat, return_exceptions=True)


async def _heartbeat(context: Context, taken: Capture) -> None:
    """A worker that was killed is missed after seconds, however long a capture may take."""
    while True:
        await asyncio.sleep(RENEWED)
        await _due_in(context, taken, LEASE)


async def _capture(context: Context, evidence: Evidence, taken: Capture) -> None:
    if taken.attempts > ATTEMPTS:
        await _fail(context, taken)
        return
    try:
        if taken.attempts > 1:
            await evidence.vault.drop(taken.id)  # what a worker that was killed has left, recorded nowhere
        items, flows = await (_later if taken.after else _first)(context, evidence, taken)
    except Exception as error:  # noqa: BLE001 - whatever a store or a library raises: no containment may feel it
        log.warning("capture_troubled", extra={"capture": taken.id, "error": type(error).__name__})
        await _trouble(context, taken, error)
        return
    await _finish(context, evidence, msgspec.structs.replace(taken, flows=flows), items)


Found = tuple[Sequence[Item], Noted | None]


async def _first(context: Context, evidence: Evidence, taken: Capture) -> Found:
    """All of a pod, and its flows at the same time: of all evidence they are forgotten first. Of an address, its flows."""
    if taken.of_address:
        alone = await shot(context, evidence, taken)
        return ((), None) if alone is None else ((alone[0],), alone[1])
    seen = asyncio.create_task(shot(context, evidence, taken))
    try:
        items = await Camera(evidence, taken).all()
        found = await seen
    finally:
        seen.cancel()
        await asyncio.gather(seen, return_exceptions=True)
    return (items, None) if found is None else ((*items, found[0]), found[1])


async def _later(context: Context, evidence: Evidence, taken: Capture) -> Found:
    item, flows = await shot_after(context, evidence, taken)
    return (item,), flows


async def _finish(context: Context, evidence: Evidence, taken: Capture, items: Sequence[Item]) -> None:
    """Commit row, record and card, and wake the lane that may be waiting. The fence decides who finishes."""
    async with context.store.begin() as tx:
        request = await tx.requests.get(taken.request_id, lock=True)
        stored = await tx.captures.get(taken.id, lock=True)
        ours = request is not None and stored is not None and _same(stored, taken)
        if request is not None and ours:
            done = concluded(taken, items, tx.now)
            await tx.captures.put(done)
            await _wake(tx, request, done)
            await card(tx, request)
            await append(context, tx, record(request, done, "flows-after" if done.after else "captured"))
    if not ours:
        await evidence.vault.drop(f"{taken.id}/{taken.attempts}")


async def _fail(context: Context, taken: Capture) -> None:
    async with context.store.begin() as tx:
        request = await tx.requests.get(taken.request_id, lock=True)
        stored = await tx.captures.get(taken.id, lock=True)
        if request is None or stored is None or not _same(stored, taken):
            return
        failed = msgspec.structs.replace(taken, state=CaptureState.FAILED, due_at=None, ended_at=tx.now)
        await tx.captures.put(failed)
        await _wake(tx, request, failed)
        await card(tx, request)
        await append(context, tx, record(request, failed, "capture-failed"))


async def _trouble(context: Context, taken: Capture, error: Exception) -> None:
    """The vault or the database did not keep it: tried again, a few times."""
    async with context.store.begin() as tx:
        stored = await tx.captures.get(taken.id, lock=True)
        if stored is not None and _same(stored, taken):
            due = tx.now + BACKOFF * taken.attempts
            why = str(error)[:300] if isinstance(error, FirebreakError) else type(error).__name__
            await tx.captures.put(msgspec.structs.replace(stored, due_at=due, trouble=why))


async def _due_in(context: Context, taken: Capture, wait: timedelta) -> None:
    async with context.store.begin() as tx:
        stored = await tx.captures.get(taken.id, lock=True)
        if stored is not None and _same(stored, taken):
            await tx.captures.put(msgspec.structs.replace(stored, due_at=tx.now + wait))


async def _wake(tx: Transaction, request: Request, done: Capture) -> None:
    rows = await tx.parts.of(request.id)
    part = rows[0] if len(rows) == 1 else next((row for row in rows if row.index == done.part), None)
    if part is not None and part.state is PartState.APPROVED:
        await tx.lanes.wake(part.part.lane, tx.now)


def _same(stored: Capture, taken: Capture) -> bool:
    return stored.attempts == taken.attempts and stored.state is taken.state


def record(request: Request, done: Capture, outcome: str) -> Entry:
    """Return what is recorded of a capture that is over."""
    told = {
        "capture": done.id,
        "evidence": done.state.value,
        "items": [_told(item) for item in done.items],
        **({"flows": done.flows.sentence} if done.flows else {}),
        **({"trouble": done.trouble} if done.trouble else {}),
    }
    return Entry(
        EventName.EVIDENCE, None, request, outcome=outcome, target=str(done.target)[:500], details=told
    )


def _told(item: Item) -> dict[str, object]:
    named: dict[str, object] = {"kind": item.kind.value, "name": item.name}
    if item.missing:
        return {**named, "missing": item.missing}
    cut = {"truncated": item.cut} if item.cut else {}
    return {**named, "sha256": item.sha256, "size": item.size, "key": item.key_id, "place": item.place, **cut}


# -- the end of its time --------------------------------------------------------------------------------------


async def retire(context: Context, evidence: Evidence) -> int:
    """Mark captures of requests that are over, and whose time is over, to be erased; recorded before it is done."""
    async with context.store.begin() as tx:
        old = await tx.captures.stale(tx.now - evidence.keep, 20)
    for capture in old:
        async with context.store.begin() as tx:
            request = await tx.requests.get(capture.request_id, lock=True)
            stored = await tx.captures.get(capture.id, lock=True)
            if request is None or stored != capture:
                continue
            ending = msgspec.structs.replace(stored, state=CaptureState.ENDING, due_at=tx.now)
            await tx.captures.put(ending)
            hashes = [item.sha256 for item in stored.kept]
            details = {"capture": stored.id, "erased": hashes, "because": "its time was over"}
            await append(
                context, tx, Entry(EventName.ERASED, None, request, outcome="evidence", details=details)
            )
    return len(old)


async def _end(context: Context, evidence: Evidence, taken: Capture) -> None:
    try:
        await evidence.vault.drop(taken.id)
    except FirebreakError:
        await _due_in(context, taken, timedelta(hours=1))
        raise
    async with context.store.begin() as tx:
        gone = msgspec.structs.replace(taken, state=CaptureState.ERASED, due_at=None)
        await tx.captures.put(gone)
