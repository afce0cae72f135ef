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
from bot.domain.ladder.catalogue import PACKETS, RUNGS
from bot.domain.ladder.lasting import lasting
from bot.domain.ladder.rungs import Outcome, Proof, Rung
from bot.domain.ladder.verdicts import SELF_TEST
from bot.domain.ladder.weighing import answered, weighed
from bot.domain.plans import Part
from bot.domain.requests import PartRow
from bot.domain.states import PartState
from bot.engine.canaries import listen, remove, to_remove, trying_on
from bot.engine.context import Context
from bot.engine.holes import tell
from bot.engine.planning import drive
from bot.engine.recalling import Recalling
from bot.engine.steps import Turn, step
from bot.engine.witnessing import witnesses
from bot.ports import Transaction, World

PAUSE = timedelta(seconds=2)


async def measure(turn: Turn, row: PartRow) -> PartRow:
    """Ask every rung that suits the part, at once; the part keeps what is new, and is due again while one is silent."""
    if row.due_at is None:
        return row
    proofs = tuple(await asyncio.gather(*(_held(turn, row, rung) for rung in _open_questions(row))))
    row, heard = await listen(turn, row)
    proofs = proofs if heard is None else (*proofs, heard)
    also = partial(_say, turn, row, proofs)
    fresh = await step(turn, row, partial(_told, proofs), EventName.EVIDENCE, "ladder", also)
    if to_remove(fresh):
        return await remove(turn, fresh)
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


async def gathered(context: Context, row: PartRow, world: World) -> tuple[Proof, ...]:
    """
    Return the proofs of all rungs that suit, in their order, each bounded like any call; those of flows where they are new.

    Raises what the store raises.
    """
    part = row.part

    async def one(rung: Rung) -> Proof:
        try:
            async with asyncio.timeout(context.limits.call.total_seconds()):
                return await ask(context, part, rung, world)
        except TimeoutError:
            return late(rung)

    rungs = (*suiting(part), *await witnesses(context, row))
    proofs = await asyncio.gather(*map(one, rungs))
    return tuple(proof for told in proofs if (proof := lasting(row, told)) is not None)


async def ask(context: Context, part: Part, rung: Rung, world: World) -> Proof:
    """Let one rung ask what it needs to know."""
    return await drive(rung.examine(part), Recalling(world, context.store), context.limits.call)


def late(rung: Rung) -> Proof:
    """Return the proof of a rung that found no answer in time."""
    return Proof(rung.name, Outcome.SILENT, "it could not be read in time")


def _told(proofs: tuple[Proof, ...], fresh: PartRow, now: datetime) -> PartRow:
    if fresh.state is not PartState.APPLIED or fresh.due_at is None:
        return fresh
    overdue = _overdue(fresh, now)
    trying = trying_on(fresh, proofs, now, overdue=overdue)
    said = tuple(p for p in proofs if not (trying and p.rung == PACKETS.name and answered(fresh, p.rung)))
    asleep = any(p.outcome is Outcome.SILENT for p in proofs if p.rung not in {PACKETS.name, SELF_TEST})
    over = trying is None and not fresh.canaries and (overdue or not asleep)
    due = None if over else fresh.due_at
    return msgspec.structs.replace(weighed(fresh, said, now), due_at=due, trying_until=trying)


def _overdue(row: PartRow, now: datetime) -> bool:
    """Whether the engine must have acted by now."""
    since, proving = row.since(PartState.APPLIED), row.part.proving
    return since is None or proving is None or now >= since + timedelta(seconds=proving.settle)


def _open_questions(row: PartRow) -> tuple[Rung, ...]:
    """Return the rungs to ask: while only canaries are waited for, not again those that have answered."""
    suits = suiting(row.part)
    return tuple(rung for rung in suits if not answered(row, rung.name)) if row.part.probes else suits


async def _say(turn: Turn, row: PartRow, proofs: tuple[Proof, ...], tx: Transaction) -> None:
    """Record what it amounts to, and raise what nobody knew of, where that is new."""
    request = await tx.requests.get(row.request_id)
    if request is not None:
        fresh = (await tx.parts.of(row.request_id))[row.index]
        await tell(turn.context, tx, (request, row, fresh), proofs)
