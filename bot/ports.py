"""What the engine needs from outside, as small protocols. Adapters implement them; tests run them over both."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from bot.domain.audit.disclosure import Disclosure
from bot.domain.audit.record import Draft
from bot.domain.changes import OwnChange
from bot.domain.lanes import Contribution, Lane
from bot.domain.people import Person, Principal
from bot.domain.queries import Answer, Query, Unavailable
from bot.domain.refs import ArmRef
from bot.domain.requests import Difference, PartRow, Request, Vote, Written

# -- reading and writing outside ---------------------------------------------------------------------------


class World(Protocol):
    """Answers questions. Never raises for what may go wrong outside: that is ``Unavailable``."""

    async def answer(self, query: Query) -> Answer:
        """Answer one query. Batches are asked concurrently by the caller."""


class Sight(msgspec.Struct, frozen=True):
    """
    A change of ours held against the world: three-way, before, ours, now.

    Exactly one of: ``done`` (as the change leaves it), ``undone`` (as it was before), ``gone`` (the object that
    it is about does not exist, or is another of the same name), or none of them: then ``differences`` tell.
    """

    done: bool = False
    undone: bool = False
    gone: bool = False
    version: str = ""
    differences: tuple[Difference, ...] = ()


class Objects(Protocol):
    """Objects of our own, and named keys of others, in every cluster."""

    async def apply(self, change: OwnChange) -> Written:
        """
        Make one change, idempotently: what is done already is adopted and said so.

        Raises ``ConflictError`` where its precondition does not hold, ``DeniedError``, ``ThrottledError``,
        ``BusyError``, or ``UnknownOutcomeError`` when the answer was lost.
        """

    async def restore(self, change: OwnChange) -> Written:
        """
        Make it as the change leaves it even where others changed what we wrote: a person chose so.

        Only ever for objects that carry our mark and for the named keys. Raises as ``apply`` does.
        """

    async def observe(self, change: OwnChange) -> Sight:
        """Hold one change against what stands there now. Raises ``OutsideError`` when it cannot be read."""


class SharedSight(msgspec.Struct, frozen=True):
    """
    A shared thing as it stands.

    ``ready`` is False while it, or what it hangs on, is being updated. ``failed`` names what is in a failed state.
    """

    entries: tuple[str, ...]
    version: str
    ready: bool = True
    failed: tuple[str, ...] = ()


class Progress(msgspec.Struct, frozen=True):
    """How a running operation stands: ``done`` with success, ``failed`` with its text, or neither yet."""

    done: bool = False
    failed: str = ""
    retry_after: float = 0.0


class SharedThings(Protocol):
    """Things that many containments and people share, written as a whole by slow operations."""

    async def read(self, thing: ArmRef) -> SharedSight:
        """Read the thing. Raises ``OutsideError``."""

    async def start(self, thing: ArmRef, entries: Sequence[str], version: str, request_id: str) -> str:
        """
        Ask for exactly these entries; return the token of the operation once it was accepted.

        Everything else of the thing is kept as it is. ``version`` guards the write where the system honours it.
        Raises as ``Objects.apply`` does; after ``UnknownOutcomeError`` the caller reads before anything else.
        """

    async def poll(self, token: str) -> Progress:
        """
        Ask once how the operation stands; it survives a restart of this program.

        Raises ``UnknownOutcomeError`` when the operation is no longer known, ``ValueError`` for a token that
        names a host other than the configured one: the credential is never sent there.
        """

    async def settled(self, thing: ArmRef) -> SharedSight:
        """Read the thing and everything that must agree with it (policy, rule group, firewalls)."""


# -- people ------------------------------------------------------------------------------------------------


class Directory(Protocol):
    """Who people are, asked live. Whatever cannot be answered is ``Unavailable``, which means no."""

    async def person(self, principal: Principal) -> Person | Unavailable:
        """Return what the identity provider says of a person now."""

    async def members(self, usergroup: str) -> frozenset[Principal] | Unavailable:
        """Return who is in a Slack user group now."""


# -- chance and time ---------------------------------------------------------------------------------------


class Entropy(Protocol):
    """Randomness, passed in."""

    def request_id(self) -> str:
        """Return a fresh id like ``FB-7K3Q``: short enough to type, never proof of anything."""

    def salt(self) -> bytes:
        """Return 16 random bytes for a disclosure."""

    def operation_id(self) -> str:
        """Return a UUID that an outside system joins to its own logs."""


# -- state -------------------------------------------------------------------------------------------------


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


class Parts(Protocol):
    """Rows of parts."""

    async def of(self, request_id: str) -> tuple[PartRow, ...]:
        """Return a request's parts in order. Lock the request first: it guards them."""

    async def in_lane(self, lane: str) -> tuple[PartRow, ...]:
        """Return the lane's parts whose state asks for work, oldest first; their ``due_at`` may lie ahead."""

    async def active(self) -> tuple[PartRow, ...]:
        """Return all parts that are approved, on their way or active."""

    async def put(self, row: PartRow) -> None:
        """Save."""


class Votes(Protocol):
    """Rows of votes, one for each person and digest."""

    async def add(self, vote: Vote) -> bool:
        """Insert; return False when this person has already voted on this digest."""

    async def of(self, request_id: str, digest: str) -> tuple[Vote, ...]:
        """Return the votes on one digest, in order."""


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


class Note(msgspec.Struct, frozen=True):
    """
    Something to say, as a row. ``topic`` orders: notes of one topic are said one after the other.

    ``kind`` is ``card`` (repaint the request's card), ``whisper`` (privately to whoever sent the inbox row
    ``answer_to``), ``notice`` (in the thread of the request's card), ``call`` (the same, mentioning those who
    may approve) or ``warning`` (a notice whose delivery is told to the engine). ``text`` is plain text;
    whoever shows it escapes it. A whisper shows beside its text the card of ``request_id``, or that of the
    unstored request that ``document`` holds as JSON.
    """

    topic: str
    kind: str
    request_id: str = ""
    text: str = ""
    answer_to: str = ""
    document: str = ""


class Outbox(Protocol):
    """What must be said, surviving the process."""

    async def put(self, note: Note) -> None:
        """Queue; a card that is queued already is not queued twice."""


class Inbox(Protocol):
    """Rows of what came in."""

    async def finish(self, key: str) -> bool:
        """Mark as done in this transaction; return False when it was done before."""


class Log(Protocol):
    """The audit log. Append is the last thing in a transaction: its head row is locked last."""

    async def append(
        self, draft: Draft, disclosures: Sequence[Disclosure] = (), blobs: Sequence[bytes] = ()
    ) -> int:
        """
        Append one record with the time taken under the head's lock; return its sequence number.

        ``blobs`` are kept by their SHA-256, which the draft names. Raises ``AuditError``: then nothing of this
        transaction may stand.
        """


class Transaction(Protocol):
    """
    One transaction: all of it stands or none. ``now`` is the database's clock on PostgreSQL.

    Lock order: request, part, lane, audit head.
    """

    @property
    def now(self) -> datetime:
        """The time of this transaction, UTC."""

    requests: Requests
    parts: Parts
    votes: Votes
    lanes: Lanes
    contributions: Contributions
    inbox: Inbox
    outbox: Outbox
    log: Log


class Store(Protocol):
    """Durable state."""

    def begin(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction; leaving the block commits, an exception undoes all of it."""

    async def wait(self, seconds: float) -> None:
        """Return when something may be due, or after ``seconds`` at the latest."""

    def woke(self) -> None:
        """Tell local workers that something may be due. The poll is the truth; this saves its second."""


# -- the front door: what came in, what must be said ---------------------------------------------------------


class InboxRow(msgspec.Struct, frozen=True):
    """What came in, as it came. ``attempts`` counts how often it was taken; ``done`` once a use case finished it."""

    key: str
    kind: str
    payload: bytes
    received_at: datetime
    attempts: int = 0
    done: bool = False


class Doorway(Protocol):
    """What came in, surviving the process. Each call is a transaction of its own."""

    async def accept(self, key: str, kind: str, payload: bytes) -> bool:
        """Keep it; return False when the key is known already. All that happens before an ``ack``."""

    async def take(self, owner: str, lease: timedelta, limit: int) -> tuple[InboxRow, ...]:
        """Return rows that are not finished, oldest first; nobody else is given them before the lease ends."""

    async def get(self, key: str) -> InboxRow | None:
        """Return one row, finished or not."""


class OutboxRow(msgspec.Struct, frozen=True):
    """A note that is being said. ``attempts`` counts from 1 and fences: only its newest taker may close the row."""

    id: int
    note: Note
    owner: str
    attempts: int
    created_at: datetime


class Sending(Protocol):
    """The sender's side of the outbox. Each call is a transaction of its own."""

    async def take(self, owner: str, lease: timedelta) -> OutboxRow | None:
        """Return the oldest note that may be said now; one that waits holds back the later ones of its topic."""

    async def done(self, row: OutboxRow) -> bool:
        """It was said; return False when the lease was over and another sender has it."""

    async def later(self, row: OutboxRow, at: datetime) -> bool:
        """Have it said again at ``at``; return False when another sender has it."""


class Painted(msgspec.Struct, frozen=True):
    """Where a request's card is, and the hash of what it shows."""

    channel: str
    ts: str
    hash: str = ""


class Cards(Protocol):
    """Where the cards are. Each call is a transaction of its own."""

    async def get(self, request_id: str) -> Painted | None:
        """Return where a request's card is, if it was posted."""

    async def put(self, request_id: str, painted: Painted) -> None:
        """Insert or save."""
