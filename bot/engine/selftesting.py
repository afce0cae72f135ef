"""When a self-test is run: asked for at the command line, or by the bot's own schedule; and what killed ones left."""

import asyncio
from datetime import datetime

import msgspec

from bot.domain.engines.detection import engine_on
from bot.domain.engines.engine import Engine
from bot.domain.engines.questions import asking
from bot.domain.errors import FencedError
from bot.domain.findings import AGAIN, SILENT, Refusal
from bot.domain.queries import Each, Listing, Unavailable
from bot.domain.refs import NODE
from bot.domain.selftests import Outcome, SelfTest, Site, chosen, unpoliced
from bot.domain.views import NodeView
from bot.engine.bench import Bench
from bot.engine.planning import drive
from bot.engine.resting import rest
from bot.engine.selftest import Run, record


async def self_test(
    bench: Bench, cluster: str, node: str = "", *, scheduled: bool = False
) -> SelfTest | Refusal:
    """
    Test one cluster, by default on the node whose last test is the oldest; return the test as it ended.

    Raises ``FencedError`` where another program took it over meanwhile, and what the store raises.
    """
    site = bench.sites.get(cluster)
    if site is None:
        remedy = f"Set clusters.{cluster[:60]}.self_test_namespace and canary_image in firebreak.toml"
        return Refusal("no-self-test", f"No self-test of {cluster[:60]} is set up.", remedy)
    await sweep(bench)
    where = await _node(bench, cluster, node)
    if isinstance(where, Refusal):
        return where
    evidence = await drive(asking(cluster, (where,)), bench.world, bench.call)
    engine = engine_on(where, evidence)
    begun = unpoliced(engine) or await _begun(bench, (cluster, site), engine, scheduled=scheduled)
    return begun if isinstance(begun, Refusal) else await Run(bench, begun).all()


async def sweep(bench: Bench) -> int:
    """Take away what self-tests left whose programs are gone; return how many there were."""
    count = 0
    while (left := await _taken(bench)) is not None:
        count += 1
        await Run(bench, left).take_away()
    return count


class Scheduler:
    """Tests each cluster as often as the settings say, one at a time, and sweeps."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def turn(self, stop: asyncio.Event) -> None:
        """Do what is due, or wait. A test that is under way when the program stops is ended, not waited for."""
        work = asyncio.create_task(self._due())
        ending = asyncio.create_task(stop.wait())
        await asyncio.wait((work, ending), return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        work.cancel()  # of no effect on one that is done
        await asyncio.gather(work, ending, return_exceptions=True)
        if not work.cancelled() and (error := work.exception()) is not None:
            raise error
        await rest(stop, self._bench.pace.look.total_seconds())

    async def _due(self) -> None:
        await sweep(self._bench)
        for cluster, site in self._bench.sites.items():
            if site.every is None:
                continue
            async with self._bench.store.begin() as tx:
                waits = _not_yet(await tx.self_tests.of(cluster, 1), site, tx.now)
            if not waits:
                try:
                    await self_test(self._bench, cluster, scheduled=True)
                except FencedError:
                    continue  # another replica went on with it


def _not_yet(newest: tuple[SelfTest, ...], site: Site, now: datetime) -> bool:
    return any(one.stands or site.every is None or now < one.began + site.every for one in newest)


async def _node(bench: Bench, cluster: str, wanted: str) -> str | Refusal:
    answer = await bench.world.answer(Each(cluster, NODE))
    if not isinstance(answer, Listing):
        why = answer.why if isinstance(answer, Unavailable) else "the answer was of another kind"
        return Refusal("nodes-unseen", f"The nodes of {cluster} could not be listed: {why}.", SILENT)
    async with bench.store.begin() as tx:
        tests = await tx.self_tests.of(cluster)
    last = {test.node: test.began for test in reversed(tests)}
    return chosen((item for item in answer.items if isinstance(item, NodeView)), last, wanted)


async def _begun(
    bench: Bench, where: tuple[str, Site], engine: Engine, *, scheduled: bool
) -> SelfTest | Refusal:
    cluster, site = where
    async with bench.store.begin() as tx:
        newest = await tx.self_tests.of(cluster, 1)
        if scheduled and _not_yet(newest, site, tx.now):
            return Refusal("not-yet", f"A self-test of {cluster} was begun already.", AGAIN)
        test = SelfTest(
            id=bench.entropy.request_id().replace("FB-", "ST-", 1),
            cluster=cluster,
            namespace=site.namespace,
            node=engine.node,
            engine=engine.name.value,
            title=engine.title,
            image=site.image,
            by=bench.operator,
            owner=bench.entropy.operation_id(),
            began=tx.now,
            due_at=tx.now + bench.pace.lease,
        )
        if not await tx.self_tests.add(test):
            return _under_way(next((one for one in newest if one.stands), test))
        await record(tx, test, "started", {})
    return test


def _under_way(test: SelfTest) -> Refusal:
    text = f"A self-test of {test.cluster} stands since {test.began:%Y-%m-%d %H:%M} UTC."
    named = ", ".join(str(create.ref) for create in test.creates)
    left = f" If it can't end, see what is left of it: {named}." if named and test.outcome else ""
    return Refusal("self-test-under-way", text, f"Wait until it has ended.{left}")


async def _taken(bench: Bench) -> SelfTest | None:
    """Take over one whose program is gone. One that had no outcome yet has shown nothing."""
    async with bench.store.begin() as tx:
        found = await tx.self_tests.due()
        if found is None:
            return None
        now = tx.now
        taken = msgspec.structs.replace(
            found, owner=bench.entropy.operation_id(), due_at=now + bench.pace.lease
        )
        if not found.outcome:
            text = "its program ended before it did"
            taken = msgspec.structs.replace(taken, outcome=Outcome.INCONCLUSIVE, text=text, ended_at=now)
        await tx.self_tests.put(taken)
        await record(tx, taken, "taken-over", {})
    return taken
