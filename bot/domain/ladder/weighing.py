"""What proofs make of a part: its evidence, its verdict, and which holes in it nobody knew of."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from bot.domain.ladder.rungs import Hole, Outcome, Proof
from bot.domain.ladder.verdicts import FLOWS, PACKETS, STATIC, verdict
from bot.domain.plans import Plan
from bot.domain.requests import Evidence, PartRow

MOST_OFFERS: Final = 5
WITNESSES: Final = frozenset({FLOWS, PACKETS})


def weighed(row: PartRow, proofs: Iterable[Proof], now: datetime) -> PartRow:
    """
    Return the row with evidence and verdict; a rung that says what it said before keeps its time.

    A rung that is not asked again (canaries are not placed every few minutes) counts as it last answered.
    """
    told = tuple(proofs)
    asked = {proof.rung for proof in told}
    last = (
        Proof(e.rung, Outcome(e.outcome), e.text) for e in row.evidence if e.outcome and e.rung not in asked
    )
    before = {(e.rung, e.text, e.outcome): e for e in row.evidence if e.outcome}
    kept = tuple(e for e in row.evidence if not (e.rung in asked and e.rung != "L0"))
    fresh = tuple(before.get((p.rung, p.text, p.outcome)) or _evidence(p, now) for p in told)
    amounts = verdict(row.part.forecast, (*told, *last))
    ordered = sorted((*kept, *fresh), key=lambda e: e.rung)  # what says nothing new leaves the row as it is
    return msgspec.structs.replace(row, evidence=tuple(ordered), verdict=amounts)


def _evidence(proof: Proof, now: datetime) -> Evidence:
    holes = tuple(hole.about for hole in proof.holes)
    offers = dict.fromkeys(offer for hole in proof.holes for offer in hole.offers)
    return Evidence(proof.rung, proof.text, now, proof.outcome, holes, tuple(offers)[:MOST_OFFERS])


def known_holes(row: PartRow, plan: Plan) -> frozenset[str]:
    """Return what is known to pass: as last seen, or, where nobody looked yet, as the plan said."""
    seen = [e for e in row.evidence if e.rung == STATIC and e.outcome in {Outcome.HOLDS, Outcome.OPEN}]
    if not seen:
        return frozenset(finding.subject for finding in plan.residual)
    return frozenset(hole for e in row.evidence for hole in e.holes)


def new_holes(row: PartRow, plan: Plan, proofs: Iterable[Proof]) -> tuple[Hole, ...]:
    """Return what passes now and was not known to, worst first."""
    known, told = known_holes(row, plan), tuple(proofs)
    computed: list[str] = [proof.outcome for proof in told if proof.rung == STATIC]
    if Outcome.OPEN in (computed or [e.outcome for e in row.evidence if e.rung == STATIC]):
        told = tuple(
            proof for proof in told if proof.rung not in WITNESSES
        )  # policies say that they may pass
    return tuple(hole for proof in told for hole in proof.holes if hole.about not in known)


def answered(row: PartRow, rung: str) -> bool:
    """Whether a rung has an answer by now."""
    return any(e.rung == rung and e.outcome in {Outcome.HOLDS, Outcome.OPEN} for e in row.evidence)


def doubts(row: PartRow, proofs: Iterable[Proof]) -> bool:
    """Whether a rung that had an answer before has none now: which may pass by the next look."""
    return any(proof.outcome is Outcome.SILENT and answered(row, proof.rung) for proof in proofs)
