"""How much of a request stands, and what is proved of it: one answer for every place that says a verdict of it."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from bot.domain.findings import Verdict
from bot.domain.requests import PartRow
from bot.domain.states import FINAL, PartState, of_request

WORST: Final = (Verdict.NOT_ENFORCED, Verdict.PARTIAL, Verdict.INCONCLUSIVE, Verdict.CONTAINED)
BARE: Final = "verdict"
STANDING: Final = "verdict of what stands"
MEASURED: Final = "verdict of what was measured"
LAST: Final = "last verdict"
"""Of what is not in its place any more, or not for certain."""


class Proved(msgspec.Struct, frozen=True):
    """
    The worst verdict of a request, the part that it is of, and ``said``: the words that go before it.

    They are ``BARE`` only where every part stands and has a verdict; all others say of how much it is one.
    """

    verdict: Verdict
    row: PartRow
    said: str

    @property
    def whole(self) -> bool:
        """Whether it is a verdict of all parts."""
        return self.said == BARE


def proved(rows: Iterable[PartRow]) -> Proved | None:
    """Return what is proved of a request's parts, or ``None`` where nothing that stands has a verdict."""
    every = tuple(rows)
    found = [(WORST.index(row.verdict), row.index, row) for row in every if row.active and row.verdict]
    if not found:
        return None
    rank, _, worst = min(found, key=lambda one: one[:2])
    return Proved(WORST[rank], worst, _said(every))


def _said(rows: tuple[PartRow, ...]) -> str:
    states = {row.state for row in rows}
    if PartState.APPLIED not in states:
        return LAST
    if states != {PartState.APPLIED}:
        return STANDING
    return BARE if all(row.verdict for row in rows) else MEASURED


def portion(states: Iterable[PartState]) -> str:
    """
    Return how many parts are in the request's own state, and how many are over in another one.

    Like ``2 of 4 parts, 1 CANCELLED, 1 FAILED``; empty where all are in one state.
    """
    found = Counter(states)
    state = of_request(found)
    if len(found) == 1:
        return ""
    others = sorted(other for other in found if other is not state and other in FINAL)
    named = [f"{found[other]} {other.value.replace('_', ' ').upper()}" for other in others]
    return ", ".join((f"{found[state]} of {found.total()} parts", *named))
