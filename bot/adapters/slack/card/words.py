"""Our words for states, forecasts and verdicts. Each says in text what its sign says, so no sign stands alone."""

from typing import Final

from bot.domain.findings import Forecast, Verdict
from bot.domain.isolation import StrategyName
from bot.domain.ladder.rungs import Outcome
from bot.domain.states import PartState as S

STATE_WORDS: Final[dict[S, tuple[str, str, str]]] = {
    S.PROPOSED: ("⏳", "WAITING FOR APPROVAL", "nothing has been changed"),
    S.APPROVED: ("👍", "APPROVED", "it starts now; nothing has been changed yet"),
    S.EXECUTING: ("🔄", "BEING WRITTEN", "the changes are on their way"),
    S.ACCEPTED: ("📨", "ACCEPTED", "the API took the changes; they are not read back yet"),
    S.APPLIED: ("📌", "APPLIED", "read back as written, which is not yet proof of an effect"),
    S.UNDOING: ("⏪", "BEING UNDONE", "something failed half-way, and what was written is taken back"),
    S.ROLLING_BACK: ("⏪", "BEING ROLLED BACK", "the exact inverse is on its way"),
    S.ROLLED_BACK: ("🏁", "ROLLED BACK", "everything of ours is gone again"),
    S.DENIED: ("🚫", "DENIED", "nothing was changed"),
    S.EXPIRED: ("⌛", "EXPIRED", "nobody decided in time; nothing was changed"),
    S.CANCELLED: ("🚫", "CANCELLED", "nothing was changed"),
    S.FAILED: ("❌", "FAILED", "it does not stand; what was written was taken back"),
    S.NEEDS_HUMAN: ("🆘", "A PERSON IS NEEDED", "it can be neither finished nor undone from here"),
    S.TAMPERED: (
        "🔓",
        "OPENED AGAIN BY OTHERS",
        "what we wrote was undone again and again, so it does not stand now",
    ),
}
"""State of a request or part: sign, words, what it means."""

DONE_WORDS: Final[dict[S, str]] = {
    S.EXECUTING: "started",
    S.ACCEPTED: "accepted",
    S.APPLIED: "applied",
    S.UNDOING: "undoing since",
    S.ROLLING_BACK: "rolling back since",
    S.ROLLED_BACK: "rolled back",
    S.FAILED: "failed",
    S.NEEDS_HUMAN: "needs a person since",
    S.TAMPERED: "opened by others since",
    S.DENIED: "denied",
    S.EXPIRED: "expired",
    S.CANCELLED: "cancelled",
}
"""How a moment is told, before its time."""

FORECAST_WORDS: Final[dict[Forecast, str]] = {
    Forecast.FULL: "nothing is known that would stay open",
    Forecast.PARTIAL: "some traffic stays open",
    Forecast.UNKNOWN: "whether anything enforces it could not be found out",
    Forecast.NOT_ENFORCED: "nothing here will enforce it",
}

FORECAST_LEADS: Final[dict[Forecast, tuple[str, str]]] = {
    Forecast.FULL: ("🔒", "NOTHING KNOWN STAYS OPEN"),
    Forecast.PARTIAL: ("🚪", "STAYS OPEN"),
    Forecast.UNKNOWN: ("❔", "NOT KNOWN WHETHER IT WORKS"),
    Forecast.NOT_ENFORCED: ("❌", "STOPS NOTHING"),
}
"""Sign and words that a forecast is told with, before its reason."""

CLEAR: Final = frozenset({Forecast.FULL, Forecast.NOT_ENFORCED})
"""What their words say already."""

MEANS_WORDS: Final[dict[str, str]] = {
    StrategyName.CILIUM: "Cilium's own deny",
    StrategyName.CALICO: "Calico's own deny",
    StrategyName.CALICO_STORED: "Calico's own deny, through its storage",
    StrategyName.DETACH: "other labels and a NetworkPolicy (detach)",
    StrategyName.NETWORK_POLICY: "a NetworkPolicy",
}
"""By which means pods are cut."""

VERDICT_WORDS: Final[dict[Verdict, str]] = {
    Verdict.CONTAINED: "the evidence shows that the traffic has stopped",
    Verdict.PARTIAL: "the evidence shows that some traffic still passes",
    Verdict.INCONCLUSIVE: "there is no evidence either way, so do not count on it",
    Verdict.NOT_ENFORCED: "nothing enforces it: the traffic still passes",
}


RUNG_WORDS: Final[dict[str, str]] = {Outcome.OPEN: "something passes", Outcome.SILENT: "silent"}
"""Before what a rung says that did not hold."""

WHY: Final = 300
"""Characters of the reason for a verdict, beside the verdict at the top."""

VERDICT_SIGNS: Final[dict[Verdict, str]] = {
    Verdict.CONTAINED: "🔒",
    Verdict.PARTIAL: "🚪",
    Verdict.INCONCLUSIVE: "❔",
    Verdict.NOT_ENFORCED: "❌",
}
"""Before the word: what was proved leads, not that it was written."""


def lasting(seconds: float) -> str:
    """Return a length of time as people say it: ``3.1 s``, ``2 min 10 s``, ``1 h 5 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def lease(seconds: int) -> str:
    """Return a lease in its largest units that leave nothing over: ``4h``, ``1h30m``."""
    left, told = max(0, seconds), ""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        told += f"{count}{unit}" if count else ""
    return told or "0s"
