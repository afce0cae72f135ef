"""After a rollback: what policies leave open for the pod now, held against what stood open before the containment."""

from typing import Final

from bot.domain.findings import Refusal
from bot.domain.ladder.rungs import Asking, Outcome, Proof
from bot.domain.plans import Part
from bot.domain.quarantine.outlook import charted, near, together
from bot.domain.quarantine.replicas import seen
from bot.domain.reading import cut

RUNG: Final = "L1"
MOST_SAID: Final = 3


def restored(part: Part) -> bool:
    """Whether it is known what stood open before."""
    return part.proving is not None and part.proving.before is not None


def returned(part: Part) -> Asking:
    """Ask again what was asked when it was planned, and compare."""
    looked = yield from seen(part.target)
    if isinstance(looked, Refusal):
        return _silent(looked.text)
    charts = charted(looked.scene)
    now = together(near(looked.scene, pod, charts) for pod in looked.scene.around.targets)
    before = part.proving.before if part.proving else None
    if now is None or before is None:
        return _silent("it could not be computed")
    return _compared(frozenset(before), frozenset(now))


def _compared(before: frozenset[str], now: frozenset[str]) -> Proof:
    """Both ways: what did not come back, and what is open that was not."""
    if before == now:
        count = f"{len(now)} kinds of traffic" if now else "nothing"
        return Proof(RUNG, Outcome.HOLDS, f"what is allowed is as it was before the containment: {count}")
    missing = _told("no longer allowed", before - now)
    new = _told("allowed now, and not before", now - before)
    told = "; ".join(filter(None, (missing, new)))
    return Proof(RUNG, Outcome.OPEN, f"what is allowed DIFFERS from before the containment: {told}")


def _told(word: str, lines: frozenset[str]) -> str:
    some = sorted(lines)[:MOST_SAID]
    more = f" and {len(lines) - MOST_SAID} more" if len(lines) > MOST_SAID else ""
    return f"{word}: {cut(', '.join(some))}{more}" if lines else ""


def _silent(why: str) -> Proof:
    return Proof(RUNG, Outcome.SILENT, f"whether all is allowed again that was before is not known: {why}")
