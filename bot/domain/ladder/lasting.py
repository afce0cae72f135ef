"""What a look at flows leaves of the one before: what was shown stays shown, of the pods of which it was shown."""

from typing import Final

from bot.domain.ladder import denying
from bot.domain.ladder.rungs import Outcome, Proof
from bot.domain.ladder.verdicts import FLOWS
from bot.domain.ladder.witnessed import IDLE, SOME_IDLE, UNNAMED
from bot.domain.requests import Evidence, PartRow

NOTHING_TRIED: Final = frozenset({IDLE, UNNAMED, SOME_IDLE, denying.IDLE})
CAME_LATER: Final = (
    "a pod came later, and nothing of it was dropped by our policy yet: what was shown is shown of the others"
)
"""It is no word of pods that tried nothing again: of this one nothing was ever shown."""


def lasting(row: PartRow, proof: Proof) -> Proof | None:
    """
    Return what a look amounts to after those before; ``None`` where it tells nothing beyond the last.

    Where nothing tries, what was shown stays shown: of each pod that is there now, at one look or another. Other silence
    takes away that it holds, but never that something passed. Rungs that do not look at flows stand for themselves.
    """
    last = next((e for e in row.evidence if e.rung == proof.rung == FLOWS and e.outcome), None)
    if last is not None and last.outcome == Outcome.OPEN and proof.outcome is Outcome.SILENT:
        return None
    goes_on = last is not None and (last.outcome == Outcome.HOLDS or last.text == CAME_LATER)
    idle = proof.outcome is Outcome.HOLDS or proof.text in NOTHING_TRIED
    return _after(last, proof) if last is not None and goes_on and idle else proof


def _after(last: Evidence, proof: Proof) -> Proof | None:
    shown = proof.whom & (proof.shown | frozenset(last.shown))
    if shown < proof.whom:
        return Proof(FLOWS, Outcome.SILENT, CAME_LATER, whom=proof.whom, shown=shown)
    if last.outcome == Outcome.HOLDS and shown <= frozenset(last.shown):
        return None
    return proof if proof.outcome is Outcome.HOLDS else _each(proof, shown)


def _each(proof: Proof, shown: frozenset[str]) -> Proof:
    text = f"our policy dropped what each of its {len(shown)} pods tried, at one look or another, and none passed since"
    return Proof(FLOWS, Outcome.HOLDS, text, whom=proof.whom, shown=shown)
