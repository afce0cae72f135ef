"""What one source answered, and what of the truth it has lost or can't see."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from bot.domain.flows.flow import CONNECTION, Flow, Granularity
from bot.domain.numbers import few


class Capability(StrEnum):
    """
    What a source can know. Without it, that it told nothing means nothing.

    ``PODS`` and ``WORKLOADS``: it names them. ``ADDRESSES``: it tells the addresses of both ends. ``INSIDE``: it sees
    traffic that stays in the cluster; ``OUTSIDE``: what leaves or enters it. ``ALLOWED`` and ``DENIED``: which of the two it
    sees. ``POLICIES``: it names who denied. ``COUNTS``: packets or bytes. ``NAMES``: DNS or server names. ``PORTS``: ports
    of the side that connects too. ``HISTORY``: it keeps hours, rather than the last seconds or minutes. ``TOKENS``: it
    sees calls to the API server by identity.
    """

    PODS = "pods"
    WORKLOADS = "workloads"
    ADDRESSES = "addresses"
    INSIDE = "inside"
    OUTSIDE = "outside"
    ALLOWED = "allowed"
    DENIED = "denied"
    POLICIES = "policies"
    COUNTS = "counts"
    NAMES = "names"
    PORTS = "ports"
    HISTORY = "history"
    TOKENS = "tokens"


class Window(msgspec.Struct, frozen=True, order=True):
    """A stretch of time, UTC: from ``since`` (included) to ``until`` (not)."""

    since: datetime
    until: datetime


class Overrun(msgspec.Struct, frozen=True, tag="overrun"):
    """A buffer forgot flows before anyone read them. ``lost`` is ``None`` where it is not said how many."""

    where: str
    lost: int | None = None

    def __str__(self) -> str:
        """Say it for people."""
        many = "flows" if self.lost is None else f"{self.lost} flows"
        return f"{many} were overwritten before they were read ({self.where})"


class Unanswered(msgspec.Struct, frozen=True, tag="unanswered"):
    """These nodes (or firewalls) did not answer."""

    nodes: tuple[str, ...]
    why: str = ""

    def __str__(self) -> str:
        """Say it for people."""
        return f"no answer from {few(self.nodes, 3)}" + (f": {self.why}" if self.why else "")


class Partial(msgspec.Struct, frozen=True, tag="partial"):
    """It answered a part only: it ran out of time, broke off, or was throttled."""

    why: str

    def __str__(self) -> str:
        """Say it for people."""
        return f"a part of the answer only: {self.why}"


class Truncated(msgspec.Struct, frozen=True, tag="truncated"):
    """There is more than was taken."""

    most: int

    def __str__(self) -> str:
        """Say it for people."""
        return f"cut at {self.most} rows: there are more"


class Missing(msgspec.Struct, frozen=True, tag="missing"):
    """A table that is not there (no ``columns``), or columns of it that are not."""

    table: str
    columns: tuple[str, ...] = ()
    why: str = ""

    def __str__(self) -> str:
        """Say it for people."""
        what = (
            f"{self.table} has no {', '.join(self.columns)}" if self.columns else f"there is no {self.table}"
        )
        return what + (f": {self.why}" if self.why else "")


class Garbled(msgspec.Struct, frozen=True, tag="garbled"):
    """So many rows could not be understood and were left out."""

    rows: int

    def __str__(self) -> str:
        """Say it for people."""
        return f"{self.rows} rows could not be understood"


class Late(msgspec.Struct, frozen=True, tag="late"):
    """What happened in the last ``seconds`` may not have arrived yet."""

    seconds: int

    def __str__(self) -> str:
        """Say it for people."""
        return f"the last {self.seconds} s may still be on their way"


class Skewed(msgspec.Struct, frozen=True, tag="skewed"):
    """
    Clocks of nodes that differ from ours: by so many ``seconds`` at most they are ahead, or (less than 0) perhaps behind.

    What happened there last is then dated as still to come, or as over.
    """

    nodes: tuple[str, ...]
    seconds: int

    def __str__(self) -> str:
        """Say it for people."""
        named = few(self.nodes, 3)
        if self.seconds < 0:
            quiet = f"{named}: busy, and the newest event is {-self.seconds} s old"
            return f"{quiet}. Its clock is behind ours, or it tells late"
        return f"the clock of {named} is {self.seconds} s ahead of ours"


Loss = Overrun | Unanswered | Partial | Truncated | Missing | Garbled | Late | Skewed


def grave(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """Return those that leave out what was to be told: not what is still on its way, nor what a source never knows."""
    return tuple(loss for loss in losses if not isinstance(loss, Late | Missing))


class Taken(msgspec.Struct, frozen=True, tag="taken"):
    """
    What one source answered. No flows mean that there were none only as far as the rest of this allows.

    ``window`` is what it really covers, ``None`` where it covers nothing or does not know; ``newest`` the time of the
    newest row that it holds, of whomever. ``blind`` are sentences: what it cannot see at all. ``can`` is its declared
    capabilities, in order.
    """

    source: str
    flows: tuple[Flow, ...] = ()
    window: Window | None = None
    newest: datetime | None = None
    losses: tuple[Loss, ...] = ()
    blind: tuple[str, ...] = ()
    granularity: Granularity = CONNECTION
    can: tuple[Capability, ...] = ()


class Silent(msgspec.Struct, frozen=True, tag="silent"):
    """A source that gave no answer, and why."""

    source: str
    why: str
    can: tuple[Capability, ...] = ()
