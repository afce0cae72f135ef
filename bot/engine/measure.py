"""
Gathers evidence of an applied part, rung by rung, until the engine must have acted; then says what it amounts to.

It runs in the part's lane, so that nobody else writes meanwhile, and goes on where it was after a restart: a part that
is being measured has a time at which it is due. An attempt that tells nothing new is not recorded. How it stands later
is measured by `remeasure`.
"""

import asyncio
from datetime import datetime, timedelta
from functools import partial

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.errors import UnknownOutcomeError
from bot.domain.ladder.catalogue import RUNGS
from bot.domain.ladder.rungs import Outcome, Proof, Rung
from bot.domain.ladder.weighing import weighed
from bot.domain.plans import Part
from bot.domain.requests import PartRow
from bot.domain.states import PartState
from bot.engine.context import Context
from bot.engine.holes import tell
from bot.engine.planning import drive
from bot.engine.steps import Turn, step
from bot.ports import Transaction, World

PAUSE = timedelta(seconds=2)


async def measure(turn: Turn, row: PartRow) -> PartRow:
    """Ask every rung that suits the part, at once; the part keeps what is new, and is due again while one is silent."""
    if row.due_at is None:
        return row
    proofs = tuple(await asyncio.gather(*(_held(turn, row, rung) for rung in suiting(row.part))))
    also = partial(_say, turn, row, proofs)
    fresh = await step(turn, row, partial(_told, proofs), EventName.EVIDENCE, "ladder", also)
    if fresh.due_at is None or fresh.state is not PartState.APPLIED:
        return fresh
    async with turn.context.store.begin() as tx:
        return msgspec.structs.replace(fresh, due_at=tx.now + PAUSE)  # not stored: nothing was learned


async def _held(turn: Turn, row: PartRow, rung: Rung) -> Proof:
    """One rung, for no longer than a call may take while the lane is ours."""
    try:
        return await turn.call(ask(turn.context, row.part, rung, turn.context.world))
    except UnknownOutcomeError:
        return late(rung)


def suiting(part: Part) -> tuple[Rung, ...]:
    """Return the rungs that can say anything about a part, lowest first."""
    return tuple(rung for rung in RUNGS if rung.suits(part))


async def gathered(context: Context, part: Part, world: World) -> tuple[Proof, ...]:
    """Return the proofs of all rungs that suit, in their order, each bounded like any call. Never raises."""

    async def one(rung: Rung) -> Proof:
        try:
            async with asyncio.timeout(context.limits.call.total_seconds()):
                return await ask(context, part, rung, world)
        except TimeoutError:
            return late(rung)

    return tuple(await asyncio.gather(*(one(rung) for rung in suiting(part))))


async def ask(context: Context, part: Part, rung: Rung, world: World) -> Proof:
    """Let one rung ask what it needs to know."""
    return await drive(rung.examine(part), world, context.limits.call)


def late(rung: Rung) -> Proof:
    """Return the proof of a rung that found no answer in time."""
    return Proof(rung.name, Outcome.SILENT, "it could not be read in time")


def _told(proofs: tuple[Proof, ...], fresh: PartRow, now: datetime) -> PartRow:
    if fresh.state is not PartState.APPLIED or fresh.due_at is None:
        return fresh
    due = None if _over(fresh, proofs, now) else fresh.due_at
    return msgspec.structs.replace(weighed(fresh, proofs, now), due_at=due)


def _over(row: PartRow, proofs: tuple[Proof, ...], now: datetime) -> bool:
    """Over once nobody is silent, or the engine must have acted by now."""
    since, proving = row.since(PartState.APPLIED), row.part.proving
    overdue = since is None or proving is None or now >= since + timedelta(seconds=proving.settle)
    return overdue or all(proof.outcome is not Outcome.SILENT for proof in proofs)


async def _say(turn: Turn, row: PartRow, proofs: tuple[Proof, ...], tx: Transaction) -> None:
    """Record what it amounts to, and raise what nobody knew of, where that is new."""
    request = await tx.requests.get(row.request_id)
    if request is not None:
        fresh = (await tx.parts.of(row.request_id))[row.index]
        await tell(turn.context, tx, (request, row, fresh), proofs)
