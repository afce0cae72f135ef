"""``firebreak check --self-test``: does the engine of a cluster enforce at all? Tried with pods of our own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.adapters.store import open_store
from bot.bootstrap.entropy import SystemEntropy
from bot.bootstrap.thawing import operator
from bot.domain.errors import FencedError
from bot.domain.findings import Refusal
from bot.domain.reading import cut
from bot.domain.selftests import Outcome, SelfTest, Site
from bot.engine.bench import Bench
from bot.engine.recalling import self_tests_of
from bot.engine.selftesting import self_test
from bot.ports import Store, World
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.bootstrap.house import Laboratory
    from bot.bootstrap.outside import Outside


def sites(settings: Settings) -> dict[str, Site]:
    """Return the clusters that the settings have tested, and where."""
    return {
        name: Site(
            given.self_test_namespace,
            given.canary_image,
            timedelta(seconds=given.self_test_every) if given.self_test_every else None,
        )
        for name, given in settings.clusters.items()
        if given.self_test_namespace
    }


def wanted(settings: Settings, cluster: str) -> tuple[str, ...]:
    """Return the clusters to be tested: the one that was named, or all that are set up."""
    return (cluster,) if cluster else tuple(sites(settings))


async def tested(bench: Bench, cluster: str, node: str) -> tuple[bool, str]:
    """Test one cluster; return whether it enforces, and what to tell of it."""
    try:
        found = await self_test(bench, cluster, node)
    except FencedError as error:
        return False, str(error)
    if isinstance(found, Refusal):
        return False, f"{found.text} {found.remedy}".rstrip()
    text = _told(found)
    left = " What it made could not be taken away yet: the bot goes on with it." if found.stands else ""
    return found.outcome is Outcome.PASSED, f"{text}{left}"


async def last(store: Store, world: World, cluster: str) -> tuple[bool, str]:
    """Return how the newest self-test of a cluster ended; fine unless the last on any of its nodes failed."""
    async with store.begin() as tx:
        ended = [one for one in await tx.self_tests.of(cluster) if one.outcome]
        now = tx.now
    if not ended:
        return True, "never run: firebreak check --self-test"
    wrong = [one for one in await self_tests_of(store, world, cluster) if one.outcome is Outcome.FAILED]
    newest = ended[0].outcome, ended[0].node, ended[0].engine
    others = [cut(str(one)) for one in wrong if (one.outcome, one.node, one.engine) != newest]
    return not wrong, "; ".join((f"{ago(now, ended[0])}: {_told(ended[0])}", *others))


def ago(now: datetime, test: SelfTest) -> str:
    """Say how long ago a test ended, in hours or days."""
    hours = int((now - (test.ended_at or test.began)).total_seconds() // 3600)
    if hours < 1:
        return "within the last hour"
    return f"{hours} h ago" if hours < 48 else f"{hours // 24} days ago"


@asynccontextmanager
async def bench(settings: Settings, around: "Outside", lab: "Laboratory") -> AsyncIterator[Bench]:
    """Open what an operator's self-test needs. The bot may run meanwhile: rows are all it shares."""
    async with open_store(settings.database, clock=lab.clock) as store:
        yield Bench(
            store=store,
            world=around.world,
            objects=around.objects,
            entropy=SystemEntropy(),
            sites=sites(settings),
            channels=dict(settings.slack.channels),
            pace=lab.pace,
            call=timedelta(seconds=settings.engine.call),
            operator=operator(),
        )


def _told(test: SelfTest) -> str:
    return f"{test.outcome.value} on node {test.node} ({test.title}): {test.text}"
