"""Reading and writing outside: clusters, Azure. Whatever goes wrong has a name."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from bot.domain.changes import OwnChange
from bot.domain.queries import Answer, Query
from bot.domain.refs import ArmRef
from bot.domain.requests import Difference, Written


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


class Spot(msgspec.Struct, frozen=True):
    """Where something changed; without a namespace anywhere in the cluster."""

    cluster: str
    namespace: str


class Changes(Protocol):
    """Hears of changes outside as they happen. It may miss some: who looks on a schedule as well misses nothing."""

    async def heard(self, within: float) -> tuple[Spot, ...]:
        """Wait until something changed, and say where, each spot once; nothing after so many seconds without."""


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
