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
    before = {_said(e): e for e in row.evidence if e.outcome}
    kept = tuple(e for e in row.evidence if not (e.rung in asked and e.rung != "L0"))
    allowed = _allowed(row, told)
    made = (_evidence(proof, now, allowed) for proof in told)
    fresh = tuple(before.get(_said(one), one) for one in made)
    amounts = verdict(row.part.forecast, (*told, *last))
    ordered = sorted((*kept, *fresh), key=lambda e: e.rung)  # what says nothing new leaves the row as it is
    return msgspec.structs.replace(row, evidence=tuple(ordered), verdict=amounts)


def _said(one: Evidence) -> tuple[object, ...]:
    """What makes it news; in which order holes are told does not."""
    return (one.rung, one.text, one.outcome, frozenset(one.holes), one.allowed, one.shown)


def _evidence(proof: Proof, now: datetime, allowed: frozenset[str]) -> Evidence:
    holes = tuple(hole.about for hole in proof.holes)
    offers = dict.fromkeys(offer for hole in proof.holes for offer in hole.offers)
    known = Evidence(proof.rung, proof.text, now, proof.outcome, holes, tuple(offers)[:MOST_OFFERS])
    may = tuple(sorted(allowed.intersection(holes)))
    return msgspec.structs.replace(known, allowed=may, shown=tuple(sorted(proof.shown)))


def _allowed(row: PartRow, told: tuple[Proof, ...]) -> frozenset[str]:
    """
    Return which holes that flows saw are none of their own: policies let just that through, which L1 tells.

    Where it has no answer now, the last one counts.
    """
    computed = [proof for proof in told if proof.rung == STATIC and proof.outcome is not Outcome.SILENT]
    if not computed:
        return _allowed_before(row)
    seen = {h.about: h.passing for p in told if p.rung == FLOWS for h in p.holes if h.passing is not None}
    every = zip(seen, *(proof.left.permitted(seen.values()) for proof in computed if proof.left), strict=True)
    return frozenset(about for about, *may in every if any(may))


def _allowed_before(row: PartRow) -> frozenset[str]:
    return frozenset(hole for e in row.evidence for hole in e.allowed)


def known_holes(row: PartRow, plan: Plan) -> frozenset[str]:
    """Return what is known to pass: as last seen, or, where nobody looked yet, as the plan said."""
    seen = [e for e in row.evidence if e.rung == STATIC and e.outcome in {Outcome.HOLDS, Outcome.OPEN}]
    if not seen:
        return frozenset(finding.subject for finding in plan.residual)
    return frozenset(hole for e in row.evidence for hole in e.holes)


def new_holes(row: PartRow, plan: Plan, proofs: Iterable[Proof]) -> tuple[Hole, ...]:
    """
    Return what passes now and was not known to, worst first.

    What policies let through is said of them, once, and not again of the flows. What canaries got through names no peer:
    it is none of its own where policies leave anything open.
    """
    told = tuple(proofs)
    known = (known_holes(row, plan) - _allowed_before(row)) | _allowed(row, told)
    computed: list[str] = [proof.outcome for proof in told if proof.rung == STATIC]
    if Outcome.OPEN in (computed or [e.outcome for e in row.evidence if e.rung == STATIC]):
        told = tuple(proof for proof in told if proof.rung != PACKETS)
    return tuple(hole for proof in told for hole in proof.holes if hole.about not in known)


def answered(row: PartRow, rung: str) -> bool:
    """Whether a rung has an answer by now."""
    return any(e.rung == rung and e.outcome in {Outcome.HOLDS, Outcome.OPEN} for e in row.evidence)


def doubts(row: PartRow, proofs: Iterable[Proof]) -> bool:
    """Whether a rung that had an answer before has none now: which may pass by the next look."""
    return any(proof.outcome is Outcome.SILENT and answered(row, proof.rung) for proof in proofs)
