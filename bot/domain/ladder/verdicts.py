"""From proofs to a verdict, and to the reason for it. No evidence is INCONCLUSIVE, never success."""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from bot.domain.findings import Forecast, Verdict
from bot.domain.ladder.rungs import Outcome, Proof

STATIC: Final = "L1"
FLOWS: Final = "L3"
PACKETS: Final = "L4"
SELF_TEST: Final = "L5"
"""It is about the cluster and not about the pod: nobody waits for it, and it makes no verdict."""
SEEN_TO_WORK: Final = frozenset({"L2", FLOWS, PACKETS})
"""Rungs by which an engine, or packets, show that the cut bites; what is only computed does not."""


class Told(Protocol):
    """What a rung said, as a proof or as the evidence that was kept of one."""

    @property
    def rung(self) -> str:
        """Its name."""

    @property
    def outcome(self) -> str:
        """What it saw."""

    @property
    def text(self) -> str:
        """How it says so."""


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


def reason(reached: Verdict | None, told: Iterable[Told]) -> str:
    """
    Say why a verdict is no better: the hole, or which rung is missing and why; empty where nothing was measured.

    What the rungs say may hold names from outside.
    """
    said = tuple(one for one in told if one.outcome)
    match reached:
        case Verdict.PARTIAL:
            holes = [one.text for one in said if one.outcome == Outcome.OPEN]
            shown = any(one.rung in SEEN_TO_WORK and one.outcome == Outcome.HOLDS for one in said)
            return "; ".join(holes if shown else (*holes, "nothing shows yet that the rest is enforced"))
        case Verdict.INCONCLUSIVE if any(one.rung != "L0" for one in said):
            return "; ".join(_missing(said))
        case _:
            return ""


def _missing(said: tuple[Told, ...]) -> Iterator[str]:
    static = [one for one in said if one.rung == STATIC]
    if any(one.outcome == Outcome.HOLDS for one in static):
        yield "its policies leave nothing open (L1)"
    yield from (f"L1 is missing: {one.text}" for one in static if one.outcome == Outcome.SILENT)
    working = [one for one in said if one.rung in SEEN_TO_WORK]
    yield from (f"{one.rung} is missing: {one.text}" for one in working if one.outcome == Outcome.SILENT)
    if not working:
        yield "nothing here shows that its engine enforces them: it does not say so in the API (L2), and no canary tried it (L4: `canary_image` in the settings switches that on)"
