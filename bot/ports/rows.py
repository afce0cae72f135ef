"""Rows of requests, parts, votes, lanes and contributions, within one transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from bot.domain.evidence import Capture
from bot.domain.handovers import Handover
from bot.domain.incidents import Incident, IncidentState
from bot.domain.lanes import Contribution, Lane
from bot.domain.people import Frozen, Principal
from bot.domain.requests import PartRow, Request, Vote
from bot.domain.roots import Root
from bot.domain.selftests import SelfTest


class Requests(Protocol):
    """Rows of requests."""

    async def add(self, request: Request, parts: Sequence[PartRow]) -> bool:
        """Insert; return False when the id is taken."""

    async def get(self, request_id: str, *, lock: bool = False) -> Request | None:
        """Return one request; ``lock`` holds its row until the transaction ends."""

    async def put(self, request: Request) -> None:
        """Save."""

    async def due(self, limit: int) -> tuple[str, ...]:
        """Return ids whose ``due_at`` has come, oldest first."""

    async def recent(self, *, open_only: bool, limit: int) -> tuple[Request, ...]:
        """Return requests, newest first; ``open_only`` leaves out those whose parts are all final."""

    async def unreviewed(self, limit: int) -> tuple[Request, ...]:
        """Return what ran without a quorum and is not signed off, oldest first."""

    async def held(self, holder: Principal, limit: int) -> tuple[Request, ...]:
        """Return what this person answers for and is not over, or not reviewed; oldest first."""

    async def of_incident(self, incident_id: str) -> tuple[Request, ...]:
        """Return the requests of an incident, by id."""

    async def of_root(self, root: Root) -> tuple[Request, ...]:
        """Return the requests that came of it and are not over, by id."""

    async def automatic(self, playbook: str, since: datetime) -> tuple[Request, ...]:
        """Return what a playbook did by itself since then, over or not."""

    async def undone(self, playbook: str, since: datetime, besides: str = "") -> bool:
        """Whether a person let go, since then, of what a playbook did by itself whenever; ``besides`` is left out."""


class Parts(Protocol):
    """Rows of parts."""

    async def of(self, request_id: str) -> tuple[PartRow, ...]:
        """Return a request's parts in order. Lock the request first: it guards them."""

    async def in_lane(self, lane: str) -> tuple[PartRow, ...]:
        """Return the lane's parts whose state asks for work, oldest first; their ``due_at`` may lie ahead."""

    async def page(self, prefix: str, after: str, limit: int) -> tuple[PartRow, ...]:
        """Return applied parts of lanes that begin with ``prefix``, by id, from beyond ``after``."""

    async def standing(self, cluster: str, namespace: str) -> tuple[PartRow, ...]:
        """
        Return what was begun in a place and is not over, oldest first; addresses have no namespace.

        It may not stand at all: opened by others, being let go of, stuck. Its state and verdict say (``domain.effects``).
        """

    async def put(self, row: PartRow) -> None:
        """Save."""


class Votes(Protocol):
    """Rows of votes, one for each person and digest."""

    async def add(self, vote: Vote) -> bool:
        """Insert; return False when this person has already voted on this digest."""

    async def of(self, request_id: str, digest: str) -> tuple[Vote, ...]:
        """Return the votes on one digest, in order; void ones too, which say so."""

    async def undecided(self, voter: Principal) -> tuple[str, ...]:
        """Return the ids of requests that this human, under whatever team id, voted on and that wait or have not begun."""

    async def by_receipt(self, receipt: str) -> Vote | None:
        """Return the vote whose receipt carries this token. An empty one is nobody's."""

    async def put(self, vote: Vote) -> None:
        """Save."""


class FrozenAccounts(Protocol):
    """Rows of accounts that may do nothing."""

    async def add(self, frozen: Frozen) -> bool:
        """Insert; return False when it is frozen already."""

    async def of(self, person: Principal) -> Frozen | None:
        """Return whether this human is frozen, under whatever team id."""

    async def every(self) -> tuple[Frozen, ...]:
        """Return all, oldest first."""

    async def drop(self, principal: Principal) -> bool:
        """Remove; return False when it was not there."""


class Handovers(Protocol):
    """Rows of offers to hand over."""

    async def add(self, handover: Handover) -> None:
        """Insert."""

    async def get(self, handover_id: str, *, lock: bool = False) -> Handover | None:
        """Return one; ``lock`` holds its row until the transaction ends. Lock requests first."""

    async def offered_by(self, giver: Principal) -> tuple[Handover, ...]:
        """Return this person's offers that nobody has answered, however old."""

    async def put(self, handover: Handover) -> None:
        """Save."""


class Incidents(Protocol):
    """Rows of incidents. Lock order: the incident before its requests, and requests by id."""

    async def add(self, incident: Incident) -> bool:
        """Insert; return False when the id is taken."""

    async def get(self, incident_id: str, *, lock: bool = False) -> Incident | None:
        """Return one incident; ``lock`` holds its row until the transaction ends, so that no request joins it."""

    async def in_state(self, state: IncidentState, limit: int = 500) -> tuple[Incident, ...]:
        """Return incidents in one state, newest first."""

    async def gather(self) -> None:
        """Wait until no other transaction looks for the incident to join, and keep others waiting until this one ends."""

    async def put(self, incident: Incident) -> None:
        """Save."""


class Lanes(Protocol):
    """Rows of lanes."""

    async def wake(self, key: str, at: datetime) -> None:
        """Have the lane worked at ``at`` or earlier; a new one is made."""

    async def claim(self, owner: str, lease: timedelta) -> Lane | None:
        """
        Take one lane that is due and free: lease set, fence raised. ``None`` when there is none.

        A lane whose row is of a newer version is passed over.
        """

    async def hold(self, lane: Lane) -> Lane:
        """
        Lock the claimed lane's row for this transaction and return it as stored.

        Raises ``FencedError`` when somebody else has claimed it since.
        """

    async def put(self, lane: Lane) -> None:
        """Save a lane that this transaction holds."""

    async def get(self, key: str) -> Lane | None:
        """Read a lane, without any claim to it."""


class Contributions(Protocol):
    """Rows of entries in shared things."""

    async def in_lane(self, lane: str) -> tuple[Contribution, ...]:
        """Return all contributions of a lane that are wanted or not yet settled out."""

    async def put(self, contribution: Contribution) -> None:
        """Insert or save."""

    async def drop(self, contribution_id: str) -> None:
        """Remove one that is settled out."""


class Captures(Protocol):
    """Rows of evidence captures, one for each part that is a pod."""

    async def add(self, capture: Capture) -> None:
        """Insert; one that is there already stays as it is."""

    async def get(self, capture_id: str, *, lock: bool = False) -> Capture | None:
        """Return one capture; ``lock`` holds its row until the transaction ends."""

    async def of(self, request_id: str) -> tuple[Capture, ...]:
        """Return a request's captures by part."""

    async def put(self, capture: Capture) -> None:
        """Save."""

    async def claim(self, lease: timedelta) -> Capture | None:
        """Take one that is due: nobody else is given it before the lease ends. Its attempt is counted."""

    async def stale(self, before: datetime, limit: int) -> tuple[Capture, ...]:
        """Return captures that ended and were begun before a time, of requests all of whose parts are final."""


class SelfTests(Protocol):
    """Rows of self-tests."""

    async def add(self, test: SelfTest) -> bool:
        """Insert; return False when the id is taken, or one stands in that cluster already."""

    async def get(self, test_id: str, *, lock: bool = False) -> SelfTest | None:
        """Return one; ``lock`` holds its row until the transaction ends."""

    async def put(self, test: SelfTest) -> None:
        """Save."""

    async def due(self) -> SelfTest | None:
        """Return one that stands and whose time has come, locked: whoever worked on it is gone."""

    async def of(self, cluster: str, limit: int = 200) -> tuple[SelfTest, ...]:
        """Return a cluster's, newest first, those that stand too."""


class Tally(msgspec.Struct, frozen=True):
    """How many parts of one place are approved, on their way or active."""

    cluster: str
    namespace: str
    parts: int


class Gathering(msgspec.Struct, frozen=True):
    """How many pods of one namespace are approved, on their way or cut, and how many were approved since a time."""

    cluster: str
    namespace: str
    pods: int
    lately: int


class Sums(msgspec.Struct, frozen=True):
    """Rows that came in and are not finished, notes that are not said yet, and records in the audit log."""

    inbox: int
    outbox: int
    records: int


class Counts(Protocol):
    """What is counted by the database, so that ten thousand rows cost nothing here."""

    async def tally(self) -> tuple[Tally, ...]:
        """Count the parts that take room under the policy's caps, by cluster and namespace."""

    async def crowd(self, since: datetime, besides: str) -> tuple[Gathering, ...]:
        """
        Count the pods of other requests that take room, by cluster and namespace, and those approved since then.

        What was approved since then and let go meanwhile takes no room, but was cut lately all the same.
        """

    async def floodgate(self) -> None:
        """
        Wait until no other transaction counts pods to approve some, and keep others waiting until this one ends.

        Lock order: after the request, before lanes and the audit head.
        """

    async def automatic(self, since: datetime) -> int:
        """Count what all playbooks did by themselves since then."""

    async def asked_since(self, requester: str, since: datetime) -> int:
        """Count the requests of one human (``team:user``) since then, under whatever team."""

    async def states(self) -> dict[str, int]:
        """Count all parts by state, for the metrics."""

    async def sums(self) -> Sums:
        """Count what waits to be worked, and the audit log, for the metrics."""

    async def lanes(self, prefix: str) -> tuple[str, ...]:
        """Return the keys of the lanes that begin with ``prefix``."""
