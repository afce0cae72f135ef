"""What proofs make of a part: its evidence, its verdict, and which holes in it nobody knew of."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from bot.domain.ladder.rungs import Hole, Outcome, Proof
from bot.domain.ladder.verdicts import STATIC, verdict
from bot.domain.plans import Plan
from bot.domain.requests import Evidence, PartRow


def weighed(row: PartRow, proofs: Iterable[Proof], now: datetime) -> PartRow:
    """Return the row with evidence and verdict; a rung that says what it said before keeps its time."""
    told = tuple(proofs)
    asked = {proof.rung for proof in told}
    before = {(e.rung, e.text, e.outcome): e for e in row.evidence if e.outcome}
    kept = tuple(e for e in row.evidence if not (e.rung in asked and e.rung != "L0"))
    fresh = tuple(before.get((p.rung, p.text, p.outcome)) or _evidence(p, now) for p in told)
    amounts = verdict(row.part.forecast, told)
    return msgspec.structs.replace(row, evidence=(*kept, *fresh), verdict=amounts)


def _evidence(proof: Proof, now: datetime) -> Evidence:
    holes = tuple(hole.about for hole in proof.holes)
    return Evidence(proof.rung, proof.text, now, proof.outcome, holes)


def known_holes(row: PartRow, plan: Plan) -> frozenset[str]:
    """Return what is known to pass: as last seen, or, where nobody looked yet, as the plan said."""
    seen = [e for e in row.evidence if e.rung == STATIC and e.outcome in {Outcome.HOLDS, Outcome.OPEN}]
    if not seen:
        return frozenset(finding.subject for finding in plan.residual)
    return frozenset(hole for e in row.evidence for hole in e.holes)


def new_holes(row: PartRow, plan: Plan, proofs: Iterable[Proof]) -> tuple[Hole, ...]:
    """Return what passes now and was not known to, worst first."""
    known = known_holes(row, plan)
    return tuple(hole for proof in proofs for hole in proof.holes if hole.about not in known)


def doubts(row: PartRow, proofs: Iterable[Proof]) -> bool:
    """Whether a rung that had an answer before has none now: which may pass by the next look."""
    answered = {e.rung for e in row.evidence if e.outcome in {Outcome.HOLDS, Outcome.OPEN}}
    return any(proof.outcome is Outcome.SILENT and proof.rung in answered for proof in proofs)
