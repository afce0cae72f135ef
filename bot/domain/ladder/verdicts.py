"""From proofs to a verdict. No evidence is INCONCLUSIVE, never success."""

from collections.abc import Iterable

from bot.domain.findings import Forecast, Verdict
from bot.domain.ladder.rungs import Outcome, Proof

STATIC = "L1"
SEEN_TO_WORK = frozenset({"L2", "L3", "L4"})
"""Rungs by which an engine, or packets, show that the cut bites; what is only computed does not."""


def verdict(forecast: Forecast, proofs: Iterable[Proof]) -> Verdict:
    """
    Return what the proofs amount to.

    Contained takes both: that the policies leave nothing open, and that something beside them shows the cut to work.
    One rung that saw traffic pass outweighs all that saw none.
    """
    told = tuple(proofs)
    if forecast is Forecast.NOT_ENFORCED:
        return Verdict.NOT_ENFORCED
    if any(proof.outcome is Outcome.OPEN for proof in told):
        return Verdict.PARTIAL
    held = {proof.rung for proof in told if proof.outcome is Outcome.HOLDS}
    return Verdict.CONTAINED if STATIC in held and held & SEEN_TO_WORK else Verdict.INCONCLUSIVE
