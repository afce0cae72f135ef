"""What is asked, what is known about it, and who has said yes so far."""

from collections.abc import Mapping

import msgspec

from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.policy.rules import Scope

Place = tuple[str | None, str]


class Ask(msgspec.Struct, frozen=True):
    """
    One action on one or more targets.

    ``targets`` are (namespace, name), the namespace ``None`` or empty for what has none, as an address.
    ``lease`` is in seconds; ``None`` means the policy's default. ``steps`` are there where several actions are asked for
    as one: each is governed by its own name, scope and targets, and all of them must be satisfied.
    """

    action: str
    cluster: str
    targets: tuple[Place, ...]
    scope: str = Scope.CLUSTER
    lease: int | None = None
    steps: tuple["Ask", ...] = ()

    @property
    def each(self) -> tuple["Ask", ...]:
        """What rules speak about: the steps, or this itself. The name of the whole means nothing to a rule."""
        return self.steps or (self,)

    @property
    def wide(self) -> bool:
        """Whether any of it reaches beyond one cluster."""
        return any(one.scope == Scope.ESTATE for one in (self, *self.steps))


class PlanFacts(msgspec.Struct, frozen=True):
    """
    What the plan found that the policy asks about.

    ``last_ready_replica`` is ``None`` where it could not be read, which counts as yes. ``flood`` says why it is too
    much at once (``flooding``), and is empty where it is not.
    """

    last_ready_replica: bool | None
    targets: int
    scope: str = Scope.CLUSTER
    protected: tuple[Refusal, ...] = ()
    flood: str = ""


class Vote(msgspec.Struct, frozen=True):
    """A yes, with the groups (of those that the policy asks for) that the voter was in when voting."""

    voter: Principal
    groups: tuple[str, ...]


class Ballot(msgspec.Struct, frozen=True):
    """
    A question before its approvers; ``asked_at`` is in seconds on the same clock as ``now``.

    ``holder`` answers for it once it was handed over, and counts as the requester does. ``requester`` is ``None`` where
    nobody asked.
    """

    ask: Ask
    facts: PlanFacts
    requester: Principal | None
    asked_at: float
    votes: tuple[Vote, ...] = ()
    holder: Principal | None = None


class Active(msgspec.Struct, frozen=True):
    """
    What is contained right now, counted in targets, and how much one person asked lately.

    ``in_cluster`` counts the asked cluster, ``in_namespaces`` its namespaces (a missing one has none), and
    ``asked_lately`` the person's requests in the last ``limits.REQUEST_WINDOW`` seconds.
    """

    total: int
    in_cluster: int
    in_namespaces: Mapping[str, int]
    asked_lately: int
