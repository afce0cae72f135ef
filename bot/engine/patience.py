"""How long an approved containment waits for its evidence: a little, and never for ever."""

from datetime import datetime

from bot.domain.audit.events import Event as EventName
from bot.domain.evidence import Capture, summary
from bot.domain.requests import PartRow, Request
from bot.engine.context import Context
from bot.engine.recording import Entry, append
from bot.engine.saying import notice
from bot.ports import Transaction


async def held_until(context: Context, row: PartRow) -> datetime | None:
    """
    Return until when the part waits for a capture that is under way; ``None``: it may go on now.

    Nothing is held meanwhile: the lane is looked at again then, or as soon as the capture ends. An evidence store
    or a cluster that does not answer costs this much and no more.
    """
    if context.evidence is None:
        return None
    async with context.store.begin() as tx:
        captures = await _captures(tx, row)
        request = await tx.requests.get(row.request_id)
        now = tx.now
    running = any(capture.running for capture in captures)
    if not running or request is None or request.approved_at is None:
        return None
    until = request.approved_at + context.limits.evidence
    return until if now < until else None


async def tell_incomplete(context: Context, tx: Transaction, request: Request, row: PartRow) -> None:
    """Say and record, with the intent itself, that the containment goes on with less evidence than was wanted."""
    captures = await _captures(tx, row)
    if not any(map(lacking, captures)):
        return
    told = summary(captures).removeprefix("Evidence: ")
    text = f"Evidence incomplete for {row.part.target.title}: {told}. The containment does not wait for it."
    await notice(tx, request, text)
    await append(context, tx, Entry(EventName.EVIDENCE, None, request, row, outcome="incomplete", note=text))


async def _captures(tx: Transaction, row: PartRow) -> tuple[Capture, ...]:
    """Return what is captured for a part: of its pod, or of a few of those that a workload has."""
    every = await tx.captures.of(row.request_id)
    alone = len(await tx.parts.of(row.request_id)) == 1
    first = (capture for capture in every if not capture.after and not capture.by_hand)
    # A block changes nothing that is seen of an address before it: it need not wait.
    before = (capture for capture in first if not capture.of_address)
    return tuple(capture for capture in before if alone or capture.part == row.index)


def lacking(capture: Capture) -> bool:
    """Whether something is missing that should be there."""
    return capture.running or any(not item.normal for item in capture.missing) or not capture.items
