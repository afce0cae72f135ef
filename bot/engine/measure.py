"""
Gathers evidence of an applied part, rung by rung, until the engine must have acted; then says what it amounts to.

It runs in the part's lane, so that nobody else writes meanwhile, and goes on where it was after a restart: a part that
is being measured has a time at which it is due. An attempt that tells nothing new is not recorded.
"""

import asyncio
from datetime import datetime, timedelta
from functools import partial

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.ladder.catalogue import RUNGS
from bot.domain.ladder.rungs import Outcome, Proof, Rung
from bot.domain.ladder.verdicts import verdict
from bot.domain.requests import Evidence, PartRow
from bot.domain.states import PartState
from bot.engine.planning import drive
from bot.engine.recording import Entry, append
from bot.engine.steps import Turn, step
from bot.ports import Transaction

PAUSE = timedelta(seconds=2)


async def measure(turn: Turn, row: PartRow) -> PartRow:
    """Ask every rung that suits the part, at once; the part keeps what is new, and is due again while one is silent."""
    if row.due_at is None:
        return row
    proofs = await gathered(turn, row)
    fresh = await step(
        turn, row, partial(_told, proofs), EventName.EVIDENCE, "ladder", partial(_say, turn, row, proofs)
    )
    if fresh.due_at is None or fresh.state is not PartState.APPLIED:
        return fresh
    async with turn.context.store.begin() as tx:
        return msgspec.structs.replace(fresh, due_at=tx.now + PAUSE)  # not stored: nothing was learned


async def gathered(turn: Turn, row: PartRow) -> tuple[Proof, ...]:
    """Return the proofs of all rungs that suit, in their order. Each question is bounded like any call."""
    limit = turn.context.limits.call
    suiting = [rung for rung in RUNGS if rung.suits(row.part)]
    asked = (turn.call(_one(rung, turn, row, limit)) for rung in suiting)
    return tuple(await asyncio.gather(*asked))


async def _one(rung: Rung, turn: Turn, row: PartRow, limit: timedelta) -> Proof:
    return await drive(rung.examine(row.part), turn.context.world, limit)


def _told(proofs: tuple[Proof, ...], fresh: PartRow, now: datetime) -> PartRow:
    """Return the row with what is new; a rung that still holds as before is not told again."""
    if fresh.state is not PartState.APPLIED or fresh.due_at is None:
        return fresh
    kept = {proof.rung for proof in proofs}
    before = {(e.rung, e.text): e for e in fresh.evidence if e.rung in kept}
    told = tuple(before.get((p.rung, p.text)) or Evidence(p.rung, p.text, now) for p in proofs)
    evidence = (*(e for e in fresh.evidence if e.rung not in kept), *told)
    return msgspec.structs.replace(
        fresh,
        evidence=evidence,
        verdict=verdict(fresh.part.forecast, proofs),
        due_at=None if _over(fresh, proofs, now) else fresh.due_at,
    )


def _over(row: PartRow, proofs: tuple[Proof, ...], now: datetime) -> bool:
    """Over once nobody is silent, or the engine must have acted by now."""
    since, proving = row.since(PartState.APPLIED), row.part.proving
    late = since is None or proving is None or now >= since + timedelta(seconds=proving.settle)
    return late or all(proof.outcome is not Outcome.SILENT for proof in proofs)


async def _say(turn: Turn, row: PartRow, proofs: tuple[Proof, ...], tx: Transaction) -> None:
    """Record what it amounts to, where that is new."""
    amounts = verdict(row.part.forecast, proofs)
    request = await tx.requests.get(row.request_id)
    if request is None or amounts is row.verdict:
        return
    fresh = (await tx.parts.of(row.request_id))[row.index]
    await append(turn.context, tx, Entry(EventName.VERDICT, None, request, fresh, outcome=amounts.value))
