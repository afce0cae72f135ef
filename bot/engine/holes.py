"""Says and records what a measurement has changed: a hole that nobody knew of, one that is closed, another verdict."""

from bot.domain.audit.events import Event as EventName
from bot.domain.ladder.rungs import Proof
from bot.domain.ladder.verdicts import reason
from bot.domain.ladder.weighing import known_holes, new_holes
from bot.domain.reading import cut
from bot.domain.requests import PartRow, Request
from bot.engine.context import Context
from bot.engine.recording import Entry, append
from bot.engine.saying import notice
from bot.ports import Transaction

LONGEST = 600
MOST = 20  # holes that a record names

Measured = tuple[Request, PartRow, PartRow]
"""The request, its part before the measurement, and as it is now."""


async def tell(
    context: Context, tx: Transaction, measured: Measured, proofs: tuple[Proof, ...], *, again: bool = False
) -> None:
    """
    Call those who may approve for a new hole, say in the thread what else is new, and record it.

    ``again``: it was measured before, so people are told that the verdict is another one, too.
    """
    request, before, after = measured
    opened = new_holes(before, request.plan, proofs)
    closed = not opened and _closed(request, before, after)
    if opened:
        more = f" And {len(opened) - 1} more." if len(opened) > 1 else ""
        text = f"HOLE in {request.id}: {cut(opened[0].text, LONGEST)}.{more} Verdict: {after.verdict}."
        await notice(tx, request, text, mention=True)
        entry = Entry(EventName.EVIDENCE, None, request, after, outcome="hole")
        named = {"holes": [cut(hole.about) for hole in opened[:MOST]]}
        await append(context, tx, _with(entry, named))
    elif closed:
        text = f"CLOSED: what was open of {after.part.target.title} is closed. Verdict: {after.verdict}."
        await notice(tx, request, text)
    elif again and after.verdict is not before.verdict:
        why = cut(reason(after.verdict, after.evidence), LONGEST)
        told = f"{after.part.target.title} was measured again. Verdict: {after.verdict}"
        await notice(tx, request, f"{told}{f': {why}' if why else ''}.")
    if after.verdict is not None and after.verdict is not before.verdict:
        await append(context, tx, Entry(EventName.VERDICT, None, request, after, outcome=after.verdict.value))


def _with(entry: Entry, details: dict[str, list[str]]) -> Entry:
    return Entry(entry.event, entry.actor, entry.request, entry.row, outcome=entry.outcome, details=details)


def _closed(request: Request, before: PartRow, after: PartRow) -> bool:
    """Whether something was seen open, and nothing is any more."""
    was = frozenset(hole for e in before.evidence for hole in e.holes)
    return bool(was) and not known_holes(after, request.plan)
