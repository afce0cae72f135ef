"""What a plan found and says about itself, in words with a stable class."""

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


class Refusal(msgspec.Struct, frozen=True):
    """Why something was not done, and what to do next."""

    code: str
    text: str
    remedy: str = ""


class BlastRadius(msgspec.Struct, frozen=True):
    """
    What else is hit.

    ``services`` still send to the target; ``ready_left`` is the fewest Ready replicas that remain beside a
    target (``None``: no controller, or not known); ``pods`` counts the pods that lose traffic.
    ``last_ready_replica`` is ``None`` where it could not be seen, which the policy counts as yes. ``running`` is how
    many pods of the namespace have not ended, ``None`` where that could not be seen.
    """

    pods: int = 0
    services: tuple[str, ...] = ()
    ready_left: int | None = None
    last_ready_replica: bool | None = False
    addresses: int = 0
    running: int | None = None

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
