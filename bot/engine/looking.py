"""Holds a part that rests against the world, for a person who asks: what of ours is left, and does it stand as written."""

import asyncio

import msgspec

from bot.domain.changes import Contribute, OwnChange, Patch, undo
from bot.domain.errors import BusyError, OutsideError, UnknownOutcomeError
from bot.domain.lanes import Contribution, Lane, normal
from bot.domain.requests import Difference, PartRow
from bot.engine.context import Context
from bot.ports import SharedSight, Sight


class Look(msgspec.Struct, frozen=True):
    """
    What was seen of one part.

    ``left`` names what of ours may still stand there, object by object; ``whole``: all of it stands as written;
    ``drift`` is what differs in objects of our own; ``unread`` says why it could not be looked at, and then
    the others say nothing.
    """

    row: PartRow
    left: tuple[str, ...] = ()
    whole: bool = False
    drift: tuple[Difference, ...] = ()
    unread: str = ""


async def look(context: Context, row: PartRow) -> Look:
    """Look at all that a part wrote. Never raises for what cannot be read: that is told, as ``unread``."""
    limit = context.limits.call.total_seconds()
    try:
        async with asyncio.timeout(limit):
            return await (_shared(context, row) if _contributions(row) else _own(context, row))
    except TimeoutError:
        return Look(row, unread=str(UnknownOutcomeError("NoAnswer", f"no answer within {limit:.0f} s")))
    except OutsideError as error:
        return Look(row, unread=str(error))


def _contributions(row: PartRow) -> tuple[Contribute, ...]:
    return tuple(change for change in row.part.changes if isinstance(change, Contribute))


async def _own(context: Context, row: PartRow) -> Look:
    """What was adopted has left the inverse, and is theirs."""
    back = [await context.objects.observe(change) for change in row.inverse]
    left = [
        _named(change, sight)
        for change, sight in zip(row.inverse, back, strict=True)
        if not sight.done and not sight.gone
    ]
    left += [str(back.ref) for back in undo(row.canaries) if not (await context.objects.observe(back)).done]
    sights = [await context.objects.observe(change) for change in undo(row.inverse)]
    drift = tuple(d for sight in sights if not sight.done and not sight.gone for d in sight.differences)
    return Look(row, tuple(left), bool(sights) and all(sight.done for sight in sights), drift)


def _named(inverse: OwnChange, sight: Sight) -> str:
    """Name an object, and of one that is not ours the keys that are not as before."""
    keys = ", ".join(difference.field for difference in sight.differences)
    return f"{inverse.ref} {keys}" if isinstance(inverse, Patch) and keys else str(inverse.ref)


async def _shared(context: Context, row: PartRow) -> Look:
    async with context.store.begin() as tx:
        lane = await tx.lanes.get(row.part.lane)
        standing = await tx.contributions.in_lane(row.part.lane)
    if lane is None or lane.operation is not None:
        raise BusyError(
            "Updating", "an update is running there, whose end will be told: check again after it"
        )
    left: list[str] = []
    whole = True
    for change in _contributions(row):
        sight = await context.shared.read(change.thing)
        if not sight.ready:
            raise BusyError("Updating", "it is being updated by somebody else: check again after it")
        inside = normal(change.entry) in {normal(entry) for entry in sight.entries}
        whole = whole and inside and not sight.failed
        if inside and not _of_others(change, row, lane, standing):
            left.append(_told(change, sight))
    return Look(row, tuple(left), whole, row.drift)  # what differs in a shared thing, its watch tells


def _of_others(change: Contribute, row: PartRow, lane: Lane, standing: tuple[Contribution, ...]) -> bool:
    """Whether the entry stands there for another containment, or was put there by others."""
    entry = normal(change.entry)
    wanted = {normal(c.entry) for c in standing if c.thing == change.thing and c.wanted and c.part != row.id}
    return entry in wanted or entry in lane.ledger(change.thing).foreign


def _told(change: Contribute, sight: SharedSight) -> str:
    failed = f" (not everything agrees: {', '.join(sight.failed)})" if sight.failed else ""
    return f"{change.entry} in {change.thing}{failed}"
