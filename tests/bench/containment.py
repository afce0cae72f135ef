"""From the approval to what was asked of the outside, beside the same reads and writes without the engine."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.actions.block_address import BlockAddress
from bot.actions.quarantine_pod import QuarantinePod
from bot.adapters.azure.client import SandboxEndpoint
from bot.adapters.azure.opening import open_azure
from bot.adapters.kubernetes import Cluster, Clusters, Connection
from bot.bootstrap.staging import azure_for
from bot.domain.actions import Action
from bot.domain.changes import Contribute, undo
from bot.domain.findings import Done
from bot.domain.plans import Plan
from bot.domain.requests import Decision
from bot.engine.context import Context
from bot.engine.decide import Ballot, decide
from bot.engine.planning import plan as make_plan
from bot.engine.propose import Proposal, propose
from bot.engine.routing import NoObjects, NoShared, Routes
from bot.engine.running import run
from bot.ports import Objects, SharedThings, World
from bot.sandbox.azure import Behaviour
from bot.sandbox.scene import scene
from tests.bench.bare import ALICE, BOB, Marked, MarkedThings, engine
from tests.bench.figures import Figure, figure, median
from tests.controlplane import binaries, objects
from tests.controlplane.api import connect
from tests.controlplane.server import running_control_plane
from tests.controlplane.world import World as Lab

ROUNDS = 12
NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def quarantine(folder: Path, rounds: int = ROUNDS) -> list[Figure]:
    """Approval to policy and label accepted by a real kube-apiserver; bare: the plan's reads, dry runs and writes."""
    programs = binaries.ensure(binaries.SERVER)
    with running_control_plane(programs, folder) as plane:
        async with connect(plane, "admin") as api:
            lab = Lab(api)
            space = await lab.namespace("bench")
            await lab.create(objects.node("node-1"))
            for n in range(2 * rounds):
                await lab.create(
                    objects.pod(
                        f"pod-{n}", space, node="node-1", ip=f"10.244.1.{n + 1}", labels={"app": f"a{n}"}
                    )
                )
        connection = Connection(
            "prod", kubeconfig=str(plane.kubeconfig("admin", context="prod")), context="prod"
        )
        clusters = Clusters({"prod": Cluster(connection, lambda: NOW)})
        marked = Marked(clusters)
        routes = Routes(clusters, ("prod",), None, lambda _: None, {})
        pairs = [(f"pod-{2 * n}", f"pod-{2 * n + 1}") for n in range(rounds)]
        async with engine(folder / "quarantine.db", routes, marked, NoShared()) as (context, _):
            asked, bare = await _rounds(context, routes, clusters, (marked, space, pairs))
        await clusters.close()
    return [figure("approval to both objects accepted, ms", median(asked), median(bare), 1.5)]


async def _rounds(
    context: Context, world: World, bare_objects: Objects, of: tuple[Marked, str, list[tuple[str, str]]]
) -> tuple[list[float], list[float]]:
    marked, space, pairs = of
    asked: list[float] = []
    bare: list[float] = []
    stop = asyncio.Event()
    work = asyncio.create_task(run(context, "bench", stop))
    for n, (ours, other) in enumerate(pairs):
        action = QuarantinePod("prod", space, (ours,))
        marked.accepted.clear()
        began = await _approved(context, action, f"k{n}")
        await _until(lambda: len(marked.accepted) == 2)
        asked.append((marked.accepted[-1] - began) * 1000)
        bare.append(await _bare(world, bare_objects, QuarantinePod("prod", space, (other,))))
    stop.set()
    context.store.woke()
    await work
    return asked, bare


async def _approved(context: Context, action: Action, key: str) -> float:
    """Ask and approve; return when the approval was given."""
    doorway = context.store.doorway  # type: ignore[attr-defined]  # the real store, which has a front door
    await doorway.accept(f"{key}/ask", "bench", b"")
    asked = await propose(context, Proposal(ALICE, action), f"{key}/ask")
    assert isinstance(asked, Done), asked
    async with context.store.begin() as tx:
        request = await tx.requests.get(asked.request_id)
    assert request is not None
    await doorway.accept(f"{key}/vote", "bench", b"")
    began = time.perf_counter()
    said = await decide(context, Ballot(BOB, request.id, request.digest, Decision.APPROVE), f"{key}/vote")
    assert isinstance(said, Done), said
    return began


async def _bare(world: World, writes: Objects, action: Action) -> float:
    began = time.perf_counter()
    plan = await make_plan(action, world, NOW, "FB-0BARE", timedelta(seconds=10))
    assert isinstance(plan, Plan), plan
    changes = [c for part in plan.parts for c in part.changes if not isinstance(c, Contribute)]
    for change in changes:
        await writes.apply(change)
    took = (time.perf_counter() - began) * 1000
    for change in undo(tuple(changes)):
        await writes.apply(change)
    return took


async def block(folder: Path, rounds: int = ROUNDS) -> list[Figure]:
    """Approval to the PUT taken by ARM; bare: the plan's reads, the group's read, and the PUT."""
    home = folder / "block"
    home.mkdir()
    async with scene(home, behaviour=Behaviour(speed=10_000)) as staged:
        endpoint = SandboxEndpoint(staged.arm.url, staged.arm.ca_file)
        async with open_azure(azure_for(staged), clusters=("prod",), sandbox=endpoint) as azure:
            routes = Routes(NoObjects(), (), azure.world, azure.world.firewall_facts, {})
            things = MarkedThings(azure.shared)
            async with engine(folder / "block.db", routes, NoObjects(), things) as (context, _):
                asked, bare = await _blocks(context, routes, things, rounds)
    return [figure("approval to PUT taken, ms", median(asked), median(bare), 1.5)]


async def _blocks(
    context: Context, world: World, things: MarkedThings, rounds: int
) -> tuple[list[float], list[float]]:
    asked: list[float] = []
    bare: list[float] = []
    stop = asyncio.Event()
    work = asyncio.create_task(run(context, "bench", stop))
    for n in range(rounds):
        things.sent.clear()
        began = await _approved(context, BlockAddress("prod", (f"203.0.113.{n + 1}",)), f"b{n}")
        await _until(lambda: bool(things.sent))
        asked.append((things.sent[0] - began) * 1000)
        await _settled(context)
        bare.append(await _bare_block(world, things.inner, BlockAddress("prod", (f"203.0.113.{n + 101}",))))
    stop.set()
    context.store.woke()
    await work
    return asked, bare


async def _bare_block(world: World, shared: SharedThings, action: BlockAddress) -> float:
    began = time.perf_counter()
    plan = await make_plan(action, world, NOW, "FB-0BARE", timedelta(seconds=10))
    assert isinstance(plan, Plan), plan
    change = plan.parts[0].changes[0]
    assert isinstance(change, Contribute)
    sight = await shared.read(change.thing)
    token = await shared.start(change.thing, (*sight.entries, change.entry), sight.version, "bench")
    took = (time.perf_counter() - began) * 1000
    await _polled(shared, token)
    sight = await shared.read(change.thing)
    left = tuple(entry for entry in sight.entries if entry != change.entry)
    await _polled(shared, await shared.start(change.thing, left, sight.version, "bench"))
    return took


async def _polled(shared: SharedThings, token: str) -> None:
    while not (await shared.poll(token)).done:
        await asyncio.sleep(0.01)


async def _settled(context: Context) -> None:
    async def applied() -> bool:
        async with context.store.begin() as tx:
            return "accepted" not in await tx.counts.states()

    while not await applied():
        await asyncio.sleep(0.02)


async def _until(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not check():
            await asyncio.sleep(0.001)
