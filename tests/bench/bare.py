"""The engine without Slack: the real store, policy and use cases, people who are always there, and marks of time."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bot.adapters.policy import parse
from bot.adapters.store import SqlStore, migrate, open_store
from bot.bootstrap.entropy import SystemEntropy
from bot.domain.changes import OwnChange
from bot.domain.people import Person, Principal
from bot.domain.policy import Policy, policy_hash
from bot.domain.policy.limits import Caps, Flood
from bot.domain.queries import Unavailable
from bot.domain.refs import ArmRef
from bot.domain.requests import Written
from bot.engine.context import Context
from bot.ports import Objects, Progress, SharedSight, SharedThings, Sight, World
from bot.sandbox.scene import POLICY

ALICE, BOB = Principal("T0HOST", "U0ALICE"), Principal("T0HOST", "U0BOB")


class AlwaysThere:
    """A directory that answers at once: Slack's own time is not measured."""

    async def person(self, principal: Principal) -> Person | Unavailable:
        return Person(
            principal=principal,
            deleted=False,
            is_bot=False,
            is_app_user=False,
            is_restricted=False,
            is_ultra_restricted=False,
        )

    async def members(self, usergroup: str) -> frozenset[Principal] | Unavailable:
        return frozenset({ALICE, BOB})


@dataclass
class Marked:
    """``Objects`` that notes when each write was accepted."""

    inner: Objects
    accepted: list[float] = field(default_factory=list)

    async def apply(self, change: OwnChange) -> Written:
        written = await self.inner.apply(change)
        self.accepted.append(time.perf_counter())
        return written

    async def restore(self, change: OwnChange) -> Written:
        return await self.inner.restore(change)

    async def observe(self, change: OwnChange) -> Sight:
        return await self.inner.observe(change)


@dataclass
class MarkedThings:
    """``SharedThings`` that notes when each write was taken."""

    inner: SharedThings
    sent: list[float] = field(default_factory=list)

    async def read(self, thing: ArmRef) -> SharedSight:
        return await self.inner.read(thing)

    async def start(self, thing: ArmRef, entries: Sequence[str], version: str, request_id: str) -> str:
        token = await self.inner.start(thing, entries, version, request_id)
        self.sent.append(time.perf_counter())
        return token

    async def poll(self, token: str) -> Progress:
        return await self.inner.poll(token)

    async def settled(self, thing: ArmRef) -> SharedSight:
        return await self.inner.settled(thing)


def _unhindered(policy: Policy) -> Policy:
    """Containing one pod after another within seconds is what the caps and the flood guard are there to stop."""
    caps = Caps(
        active_total=1000, active_per_cluster=1000, active_per_namespace=1000, requests_per_person=1000
    )
    flood = Flood(pods=1000, namespace_percent=100)
    return msgspec.structs.replace(policy, caps=caps, flood=flood)


@asynccontextmanager
async def engine(
    file: Path, world: World, objects: Objects, shared: SharedThings
) -> AsyncIterator[tuple[Context, SqlStore]]:
    """Open an engine over an SQLite file of its own."""
    url = f"sqlite+aiosqlite:///{file}"
    await migrate(url)
    policy = _unhindered(parse(POLICY))
    async with open_store(url, clock=lambda: datetime.now(UTC)) as store:  # noqa: TID251 - a benchmark reads the clock
        yield (
            Context(
                store=store,
                world=world,
                objects=objects,
                shared=shared,
                directory=AlwaysThere(),
                entropy=SystemEntropy(),
                policy=policy,
                policy_hash=policy_hash(policy),
                home_teams=lambda: frozenset({"T0HOST"}),
                clusters=("prod",),
                channels={"*": "C0INCIDENT"},
            ),
            store,
        )
