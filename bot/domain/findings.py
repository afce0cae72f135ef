"""What a plan found and says about itself, in words with a stable class."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

AGAIN: Final = "Try again in a moment."
SILENT: Final = "Try again in a moment; whoever runs Firebreak sees why with `firebreak check`."


class Forecast(StrEnum):
    """What the plan expects before anything is written; best first."""

    FULL = "FULL"
    PARTIAL = "PARTIAL"
    UNKNOWN = "UNKNOWN"
    NOT_ENFORCED = "NOT_ENFORCED"


class Verdict(StrEnum):
    """What the evidence shows afterwards. No evidence is INCONCLUSIVE, never success."""

    CONTAINED = "CONTAINED"
    PARTIAL = "PARTIAL"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_ENFORCED = "NOT_ENFORCED"


FORECAST_RANK = {Forecast.FULL: 0, Forecast.PARTIAL: 1, Forecast.UNKNOWN: 2, Forecast.NOT_ENFORCED: 3}


class OfferKind(StrEnum):
    """What would close an opening; best first."""

    DENY = "deny"
    """The same quarantine by the engine's own deny; the value is what people type after ``using``."""
    DETACH = "detach"
    """The same quarantine with other labels; the value is what people type after ``using``."""
    BLOCK = "block"
    """A block of one address at the firewall; the value is that address."""


OFFER_RANK: Final = {kind: at for at, kind in enumerate(OfferKind)}


class Offer(msgspec.Struct, frozen=True, order=True):
    """A command that exists and is possible here."""

    kind: OfferKind
    value: str


class Finding(msgspec.Struct, frozen=True, order=True):
    """
    One thing worth saying: its class, what it is about, and the sentence.

    ``code`` and ``subject`` are compared by the no-worse rule; ``text`` and ``offers``, which would close it, are only
    shown. Subject and text may hold names from outside: whoever shows them escapes them.
    """

    code: str
    subject: str
    text: str
    offers: tuple[Offer, ...] = ()


def one_each(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the first of each class about each subject, in their order: replicas differ in words alone."""
    found: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        found.setdefault((finding.code, finding.subject), finding)
    return tuple(found.values())


class Refusal(msgspec.Struct, frozen=True):
    """Why something was not done, and what to do next."""

    code: str
    text: str
    remedy: str = ""


GONE: Final = Refusal("no-such-request", "The request is gone.", "See the ids: /ir list")
"""It was there a moment ago."""


def no_such_request(request_id: str) -> Refusal:
    """Say that nothing has this id, which somebody typed."""
    return Refusal("no-such-request", f"There is no request {request_id[:40]}.", "See the ids: /ir list")


class BlastRadius(msgspec.Struct, frozen=True):
    """
    What else is hit.

    ``services`` still send to the target; ``ready_left`` is the fewest Ready replicas that remain beside a
    target (``None``: no controller, or not known); ``pods`` counts the pods that lose traffic.
    ``last_ready_replica`` is ``None`` where it could not be seen, which the policy counts as yes. ``running`` is how
    many pods of the namespace have not ended, ``None`` where that could not be seen. ``flows`` says whom recent traffic
    shows to be cut off, with names from outside; empty where nobody was there to ask.
    """

    pods: int = 0
    services: tuple[str, ...] = ()
    ready_left: int | None = None
    last_ready_replica: bool | None = False
    addresses: int = 0
    running: int | None = None
    flows: str = ""

    @property
    def size(self) -> int:
        """One number to compare by: pods, services and addresses together."""
        return self.pods + len(self.services) + self.addresses


class Unseen(msgspec.Struct, frozen=True):
    """A question that got no answer: the plan says what it could not see."""

    question: str
    why: str


class Done(msgspec.Struct, frozen=True):
    """What was done, for the person who asked."""

    text: str
    request_id: str = ""


Reply = Done | Refusal
