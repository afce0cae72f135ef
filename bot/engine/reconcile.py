"""
Looks at what is active: drift is shown, a target that ended is loud.

An object of ours that is missing or changed is drift, never an undo. Where it lets traffic through again, ours is written
again under the original approval, a few times and then no more; everything else, and what happened while nobody looked,
a person chooses. What stands is measured anew: on a schedule, and at once where something is heard to have changed.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.changes import undo
from bot.domain.errors import OutsideError
from bot.domain.ladder.weighing import doubts
from bot.domain.lanes import Contribution, normal
from bot.domain.queries import Each, Listing
from bot.domain.refs import POD
from bot.domain.requests import Difference, PartRow, Request
from bot.domain.states import PartState
from bot.domain.tampering import reopens
from bot.domain.views import PodView
from bot.engine.context import Context
from bot.engine.measure import gathered
from bot.engine.recording import Entry, append
from bot.engine.remeasure import Once, measurable, remeasured
from bot.engine.reopened import reopened
from bot.engine.saying import notice
from bot.engine.steps import save
from bot.engine.witnessing import blocks_seen, due
from bot.ports import Spot, World

AT_ONCE = 8
PAGE = 25
LOGGED = 3  # blocks of which the firewall's log is asked in a turn: a workspace takes few questions at a time
MOST_HEARD = 100  # parts that one change may have looked at at once: the others have the schedule
SKEW = timedelta(
    seconds=60
)  # a cluster's clock may be behind ours: a sibling too many is named rather than none
OWN = "kubernetes:"
SHARED = "azure:"


class Watch:
    """
    Goes round what is active, a page of own objects and all shared things at a time.

    What it has seen standing whole since this program started, it saw change: only there is ours written again without
    asking. A shared thing is read once for all its entries; own objects are looked at ``PAGE`` parts a turn, so that
    ten thousand of them cost no more than twenty-five.
    """

    def __init__(self, context: Context) -> None:
        self._context, self._after = context, ""
        self._whole: set[str] = set()
        self._began: datetime | None = None
        self._block = ""
        self._measured: dict[str, datetime] = {}
        self._doubted: set[str] = set()

    async def turn(self) -> int:
        """Hold what this turn sees against the world; return how many parts had something new to tell."""
        async with self._context.store.begin() as tx:
            rows = await tx.parts.page(OWN, self._after, PAGE)
            lanes = await tx.counts.lanes(SHARED)
            blocks = await tx.parts.page(SHARED, self._block, PAGE) if blocks_seen(self._context) else ()
            self._began = self._began or tx.now
            now = tx.now
        self._after = rows[-1].id if len(rows) == PAGE else ""
        self._block = blocks[-1].id if len(blocks) == PAGE else ""
        logged = [row for row in blocks if self._due(row, now)][:LOGGED]
        told = sum(
            await asyncio.gather(
                self._each([(row, self._due(row, now)) for row in rows], now), self._logged(logged, now)
            )
        )
        for lane in lanes:
            told += await watch_shared(self._context, lane)
        return told

    async def hear(self, spots: Sequence[Spot]) -> int:
        """Look at once, and measure, where something changed; return how many parts had something new to tell."""
        rows: dict[str, PartRow] = {}
        async with self._context.store.begin() as tx:
            now = tx.now
            self._began = self._began or now
            for spot in spots:
                place = f"{OWN}{spot.cluster}:{spot.namespace}" + ("/" if spot.namespace else "")
                rows |= {row.id: row for row in await tx.parts.page(place, "", MOST_HEARD)}
        return await self._each([(row, True) for row in rows.values()], now)

    async def _each(self, rows: Sequence[tuple[PartRow, bool]], now: datetime) -> int:
        gate = asyncio.Semaphore(AT_ONCE)
        async with aclosing(Once(self._context.world)) as world:

            async def one(row: PartRow, *, due: bool) -> bool:
                async with gate:
                    return await self._look(row) or (due and await self._measure(row, world, now))

            return sum(await asyncio.gather(*(one(row, due=due) for row, due in rows)))

    async def _logged(self, rows: Sequence[PartRow], now: datetime) -> int:
        """Ask the firewall's log of a few blocks; the others have the next turns."""
        async with aclosing(Once(self._context.world)) as world:
            return sum(await asyncio.gather(*(self._measure(row, world, now) for row in rows)))

    def _due(self, row: PartRow, now: datetime) -> bool:
        return due(self._context, row, self._measured.get(row.id), now)

    async def _measure(self, row: PartRow, world: World, now: datetime) -> bool:
        """Measure anew. A rung that had an answer and has none now is asked once more before it counts as silent."""
        if not measurable(row):
            return False
        proofs = await gathered(self._context, row, world)
        if not proofs:
            self._measured[row.id] = now
            return False
        if doubts(row, proofs) and row.id not in self._doubted:
            self._doubted.add(row.id)
            return False
        self._doubted.discard(row.id)
        self._measured[row.id] = now
        return await remeasured(self._context, row, proofs)

    async def _look(self, row: PartRow) -> bool:
        try:
            drift, gone = await _seen(self._context, row)
        except OutsideError:
            return False
        seen_before = row.id in self._whole or self._applied_by_us(row)
        opened = not gone and any(reopens(row.part, one) for one in drift)
        keep = self._whole.discard if opened or gone else self._whole.add  # what opens nothing hides nothing
        keep(row.id)
        replaced = await _replacement(self._context, row) if gone else ""
        if drift == row.drift and (not replaced or replaced == row.trouble):
            return False
        if seen_before and opened:
            return await reopened(self._context, row, drift)
        return await _tell(self._context, row, drift, replaced)

    def _applied_by_us(self, row: PartRow) -> bool:
        """Read back as written since this program started, so whatever differs came after."""
        since = row.since(PartState.APPLIED)
        return since is not None and self._began is not None and since >= self._began


async def watch_shared(context: Context, lane: str) -> int:
    """Compare each shared thing of a lane with what we have in it; only parts that differ are read."""
    async with context.store.begin() as tx:
        settled = [c for c in await tx.contributions.in_lane(lane) if c.wanted and c.settled]
        running = await tx.lanes.get(lane)
    if running is not None and running.operation is not None:
        return 0
    told = 0
    for thing in dict.fromkeys(c.thing for c in settled):
        try:
            sight = await context.shared.read(thing)
        except OutsideError:
            continue
        standing = {normal(entry) for entry in sight.entries}
        for contribution in settled:
            if contribution.thing == thing and sight.ready:
                told += await _entry(context, contribution, inside=normal(contribution.entry) in standing)
    return told


async def _entry(context: Context, contribution: Contribution, *, inside: bool) -> bool:
    """Tell what changed since the last look; the contribution remembers, so that nothing is read for the rest."""
    if inside is not contribution.missing:
        return False
    request_id, _, index = contribution.part.rpartition(".")
    async with context.store.begin() as tx:
        row = (await tx.parts.of(request_id))[int(index)]
    lost = Difference(contribution.thing, "ipAddresses", contribution.entry, None)
    drift = tuple(d for d in row.drift if d != lost) if inside else (*row.drift, lost)
    noted = msgspec.structs.replace(contribution, missing=not inside)
    return await _tell(context, row, drift, "", noted)


async def _seen(context: Context, row: PartRow) -> tuple[tuple[Difference, ...], bool]:
    """Look at what is still ours: what was adopted has left the inverse, and is theirs."""
    drift: list[Difference] = []
    gone = False
    for change in undo(row.inverse):
        seen = await context.objects.observe(change)
        gone = gone or seen.gone
        drift += () if seen.done or seen.gone else seen.differences
    return tuple(drift), gone


async def _replacement(context: Context, row: PartRow) -> str:
    """Name what took the place of a pod that ended: it runs uncontained."""
    target = row.part.target
    answer = await context.world.answer(Each(target.cluster, POD, target.namespace))
    ended = f"The pod {target.title} ended."
    if not isinstance(answer, Listing):
        return f"{ended} Whether a replacement runs could not be seen."
    owner = dict(target.details).get("owner", "")
    cut = row.since(PartState.ACCEPTED)
    heirs = [
        pod.metadata.name
        for pod in answer.items
        if isinstance(pod, PodView) and pod.metadata.uid != target.uid and _heir(pod, target.name, owner, cut)
    ]
    if not heirs:
        return f"{ended} No replacement was seen."
    return f"{ended} Its replacement runs UNCONTAINED: {', '.join(sorted(heirs)[:5])}. Quarantine it too if needed."


def _heir(pod: PodView, name: str, owner: str, cut: datetime | None) -> bool:
    """The same name, or made by the same controller since the cut: siblings that stood there before are none."""
    if pod.metadata.name == name:
        return True
    made_by = pod.metadata.controller
    return made_by is not None and f"{made_by.kind} {made_by.name}" == owner and _since(pod, cut)


def _since(pod: PodView, cut: datetime | None) -> bool:
    try:
        made = datetime.fromisoformat(pod.metadata.creation_timestamp)
    except ValueError:
        return True
    return cut is None or made >= cut - SKEW


async def _tell(
    context: Context,
    seen: PartRow,
    drift: tuple[Difference, ...],
    replaced: str,
    noted: Contribution | None = None,
) -> bool:
    async with context.store.begin() as tx:
        request = await tx.requests.get(seen.request_id, lock=True)
        rows = await tx.parts.of(seen.request_id)
        row = rows[seen.index]
        if request is None or row.state is not PartState.APPLIED or row.drift != seen.drift:
            return False
        row = _noted(row, drift, replaced)
        await save(tx, request, rows, row)
        if noted is not None:
            await tx.contributions.put(noted)
        event = EventName.REPLACED if replaced else EventName.DRIFT
        await notice(tx, request, replaced or _drift_text(request, drift), mention=bool(drift or replaced))
        await append(context, tx, Entry(event, None, request, row, outcome="seen" if drift else "noted"))
    return True


def _noted(row: PartRow, drift: tuple[Difference, ...], replaced: str) -> PartRow:
    return msgspec.structs.replace(row, drift=drift, trouble=replaced or (row.trouble if drift else ""))


def _drift_text(request: Request, drift: tuple[Difference, ...]) -> str:
    if not drift:
        return f"The drift of {request.id} is gone: what we wrote stands again."
    first = drift[0]
    text = f"DRIFT: somebody changed what {request.id} wrote ({first.ref} {first.field})."
    return f"{text} Choose: /ir reapply {request.id} or /ir adopt {request.id}"
