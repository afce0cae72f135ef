"""Says and records what a measurement has changed: a hole that nobody knew of, one that is closed, another verdict."""

from bot.domain.audit.events import Event as EventName
from bot.domain.findings import OfferKind
from bot.domain.ladder.calling import MOST as MOST_CALLS
from bot.domain.ladder.calling import Call, called, hushed
from bot.domain.ladder.rungs import Hole, Proof
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
    quiet = hushed(after, tx.now)
    if opened:
        await _call(tx, request, after, opened)
        entry = Entry(EventName.EVIDENCE, None, request, after, outcome="hole")
        named = {"holes": [cut(hole.about) for hole in opened[:MOST]]}
        await append(context, tx, _with(entry, named))
    elif closed and not quiet:
        text = f"CLOSED: what was open of {after.part.target.title} is closed. Verdict: {after.verdict}."
        await notice(tx, request, text)
    elif again and not quiet and after.verdict is not before.verdict:
        why = cut(reason(after.verdict, after.evidence), LONGEST)
        told = f"{after.part.target.title} was measured again. Verdict: {after.verdict}"
        await notice(tx, request, f"{told}{f': {why}' if why else ''}.")
    if after.verdict is not None and after.verdict is not before.verdict:
        await append(context, tx, Entry(EventName.VERDICT, None, request, after, outcome=after.verdict.value))


async def _call(tx: Transaction, request: Request, row: PartRow, opened: tuple[Hole, ...]) -> None:
    """Call people for what is open, but not without end: the card counts what they are not called for."""
    noted, how = called(row, tx.now)
    await tx.parts.put(noted)
    if how is Call.QUIET:
        return
    if how is Call.LAST:
        text = (
            f"{request.id} has a new hole again, after {MOST_CALLS} calls within the hour: nobody is called for the next "
            "ones until the hour is over, and the card counts them. Look at who writes policies or labels there."
        )
        await notice(tx, request, text)
        return
    more = f" And {len(opened) - 1} more." if len(opened) > 1 else ""
    missed = f" {row.uncalled} were found before that nobody was called for." if row.uncalled else ""
    text = f"HOLE in {request.id}: {cut(opened[0].text, LONGEST)}.{more}{missed} Verdict: {row.verdict}."
    await notice(tx, request, f"{text} {remedy(request, opened)}", mention=True)


def remedy(request: Request, opened: tuple[Hole, ...]) -> str:
    """Say what would close it: a click that is possible now, or why there is none."""
    blocks = dict.fromkeys(o.value for hole in opened for o in hole.offers if o.kind is OfferKind.BLOCK)
    closable = sum(bool(hole.offers) for hole in opened)
    click = f"The card has a button that prepares /ir block {next(iter(blocks))}." if blocks else ""
    if closable == len(opened):
        return click
    rest = "What else is open: change" if click else "To close it, change"
    source = f"{rest} what opened it. A quarantine that stands is not made stronger in place"
    other = (
        f"by other means it takes /ir rollback {request.id} and a new request, and the pod is open in between"
    )
    return " ".join(filter(None, (click, f"{source}: {other}.")))


def _with(entry: Entry, details: dict[str, list[str]]) -> Entry:
    return Entry(entry.event, entry.actor, entry.request, entry.row, outcome=entry.outcome, details=details)


def _closed(request: Request, before: PartRow, after: PartRow) -> bool:
    """Whether something was seen open, and nothing is any more."""
    was = frozenset(hole for e in before.evidence for hole in e.holes)
    return bool(was) and not known_holes(after, request.plan)
