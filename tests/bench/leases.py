"""
Ten thousand active leases at rest: how much of a core the engine takes, beside the goal of one percent.

The world answers at once, and as written: what is measured is the engine and its store, not an HTTP client.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from bot.adapters.store import SqlStore
from bot.domain.actions import OnExpiry
from bot.domain.changes import Contribute, Create, KeyEdit, OwnChange, Patch, undo
from bot.domain.digests import Terms, digest
from bot.domain.documents import Document
from bot.domain.lanes import Contribution
from bot.domain.plans import Commands, Part, Plan, Target
from bot.domain.policy import Need, Requirements
from bot.domain.refs import NETWORK_POLICY, POD, ArmRef, KubeRef
from bot.domain.requests import PartRow, Request, Written, part_rows
from bot.domain.states import Event
from bot.engine.lease import refreshed
from bot.engine.routing import NoObjects
from bot.engine.running import run
from bot.ports import Progress, SharedSight, Sight, Transaction
from tests.bench.bare import ALICE, engine
from tests.bench.figures import Figure, figure

LEASES, SECONDS = 10_000, 30.0
GROUP = ArmRef("/subscriptions/0/resourceGroups/ir/providers/Microsoft.Network/ipGroups/ir-block-prod")
NEEDS = Requirements((Need(1, ("security",), "any"),), 1, ("security",), (), 1800, 14_400, 86_400, None)


class StandingObjects:
    """Every change stands as it was written."""

    async def apply(self, change: OwnChange) -> Written:
        return Written(change.ref, "1")

    async def restore(self, change: OwnChange) -> Written:
        return Written(change.ref, "1")

    async def observe(self, change: OwnChange) -> Sight:
        return Sight(done=True, version=change.ref.name)


class StandingThings:
    """A group that holds every address that was asked for."""

    def __init__(self) -> None:
        self._entries = tuple(_address(n) for n in range(1, LEASES, 2))

    async def read(self, thing: ArmRef) -> SharedSight:
        return SharedSight(self._entries, thing.name)

    async def start(self, thing: ArmRef, entries: Sequence[str], version: str, request_id: str) -> str:
        raise AssertionError(
            f"nothing is to be written at rest: {thing} {len(entries)} {version} {request_id}"
        )

    async def poll(self, token: str) -> Progress:
        raise AssertionError(token)

    async def settled(self, thing: ArmRef) -> SharedSight:
        return await self.read(thing)


def _address(n: int) -> str:
    return f"203.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"


def request_of(n: int) -> Request:
    """Return a quarantine for even numbers, a block for odd ones."""
    part = _block(n) if n % 2 else _pod(n)
    plan = Plan(
        action="block-address" if n % 2 else "quarantine-pod",
        parameters=Document.of({}),
        cluster="prod",
        cluster_uid="c",
        scope="cluster",
        strategy="bench",
        parts=(part,),
        summary="a containment at rest",
    )
    terms = Terms(14_400, OnExpiry.RELEASE if n % 2 else OnExpiry.HOLD, 1)
    made = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    return Request(
        id=f"FB-{n:05}",
        action=plan.action,
        parameters=plan.parameters,
        plan=plan,
        terms=terms,
        digest=digest(plan, terms),
        requester=ALICE,
        needs=NEEDS,
        policy_hash="0" * 64,
        created_at=made,
        expires_at=made,
    )


def _pod(n: int) -> Part:
    pod = KubeRef("prod", POD, "payments", f"pod-{n}")
    policy = KubeRef("prod", NETWORK_POLICY, "payments", f"firebreak-fb-{n}-0")
    label = KeyEdit(("metadata", "labels", "firebreak.dev/quarantine"), None, f"fb-{n}-0")
    changes = (Create(policy, Document.of({"spec": {}})), Patch(pod, f"u{n}", (label,)))
    target = Target("Pod", "prod", "payments", pod.name, f"u{n}")
    return Part(target, f"kubernetes:prod:payments/{pod.name}", changes, ("cut",), Commands((), ()))


def _block(n: int) -> Part:
    address = _address(n)
    target = Target("Address", "prod", "", address, address)
    return Part(target, "azure:root", (Contribute(GROUP, address),), ("block",), Commands((), ()))


async def rest(folder: Path) -> list[Figure]:
    """CPU seconds of the running engine over wall seconds; the goal is a hundredth of a core."""
    async with engine(folder / "leases.db", NoObjects(), StandingObjects(), StandingThings()) as (
        context,
        store,
    ):
        await _fill(store)
        stop = asyncio.Event()
        work = asyncio.create_task(run(context, "bench", stop))
        await asyncio.sleep(2)  # the first round of the watch
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.sleep(SECONDS)
        share = (time.process_time() - cpu) / (time.perf_counter() - began)
        stop.set()
        store.woke()
        await work
    return [figure(f"{LEASES} active leases at rest, percent of a core", share * 100, 1.0, 1.0)]


async def _fill(store: SqlStore) -> None:
    """Half are pods, half are addresses; all applied, with hours to go."""
    for start in range(0, LEASES, 200):
        async with store.begin() as tx:
            for n in range(start, start + 200):
                await _one(tx, n)


async def _one(tx: Transaction, n: int) -> None:
    request = request_of(n)
    rows = tuple(_applied(row, tx.now) for row in part_rows(request.id, request.plan, tx.now))
    accepted = msgspec.structs.replace(request, accepted_at=tx.now, lease_until=tx.now + timedelta(hours=4))
    await tx.requests.add(refreshed(accepted, rows, tx.now), rows)
    for row in rows:
        for index, change in enumerate(row.part.changes):
            if isinstance(change, Contribute):
                entry = Contribution(f"{row.id}#{index}", row.id, row.part.lane, change.thing, change.entry)
                await tx.contributions.put(msgspec.structs.replace(entry, sent=True, settled=True))
        await tx.lanes.wake(row.part.lane, tx.now + timedelta(days=1))


def _applied(row: PartRow, now: datetime) -> PartRow:
    row = msgspec.structs.replace(row, inverse=undo(row.part.changes))
    for event in (Event.APPROVE, Event.START, Event.ACCEPT, Event.APPLY):
        row = row.moved(event, now)
    return row
