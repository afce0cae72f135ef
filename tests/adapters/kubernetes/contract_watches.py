"""Changes are heard of as they happen, and whoever comes too late is told so."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.adapters.kubernetes import Clusters, Watching
from bot.adapters.kubernetes.watching import FORGOTTEN
from bot.domain.errors import ConflictError
from bot.domain.isolation import LABEL
from bot.domain.refs import NETWORK_POLICY, POD
from bot.ports import Spot
from tests.adapters.kubernetes.stage import NAME, Stage
from tests.controlplane import objects

PATIENCE = 30.0


@asynccontextmanager
async def followed(clusters: Clusters) -> AsyncIterator[Watching]:
    """Follow for the length of the block."""
    stop = asyncio.Event()
    task = asyncio.create_task(clusters.watching.run(stop))
    try:
        yield clusters.watching
    finally:
        stop.set()
        await task


async def heard_of(watching: Watching, spot: Spot, change: Callable[[], Awaitable[Any]]) -> None:
    """Change something again and again until the watch that has begun meanwhile tells where."""
    async with asyncio.timeout(PATIENCE):
        await change()
        while spot not in await watching.heard(0.5):
            await change()


class WatchesContract:
    async def test_a_policy_that_comes_and_goes_is_heard_of_at_its_namespace(self, stage: Stage) -> None:
        body = objects.network_policy("new", stage.namespace, {})
        path = stage.path(kind=NETWORK_POLICY)
        there = False

        async def toggle() -> None:
            nonlocal there
            await (stage.api.delete(f"{path}/new") if there else stage.api.create(path, body))
            there = not there

        async with followed(stage.clusters) as watching:
            await heard_of(watching, Spot(NAME, stage.namespace), toggle)
            await watching.heard(0.5)
            await toggle()  # it is followed by now, so once is enough
            async with asyncio.timeout(PATIENCE):
                while Spot(NAME, stage.namespace) not in await watching.heard(0.5):
                    pass

    async def test_a_pod_that_loses_our_label_is_heard_of(self, stage: Stage) -> None:
        await stage.pod("api", labels={LABEL: "fb-7k3q-0"})
        marked = True

        async def relabel() -> None:
            nonlocal marked
            marked = not marked
            labels = {LABEL: "fb-7k3q-0" if marked else None}
            await stage.api.patch(stage.path("api"), {"metadata": {"labels": labels}})

        async with followed(stage.clusters) as watching:
            await heard_of(watching, Spot(NAME, stage.namespace), relabel)

    @pytest.mark.parametrize("kind", [POD, NETWORK_POLICY], ids=["pods", "policies"])
    async def test_what_the_server_has_forgotten_is_said_to_be(self, stage: Stage, kind: Any) -> None:
        await stage.pod("api", labels={LABEL: "fb-7k3q-0"})
        if stage.double is None:
            pytest.skip("the real server forgets only after minutes, when it compacts")
        stage.double.expire_watches()

        with pytest.raises(ConflictError) as told:
            await stage.clusters.watching.follow_once(NAME, kind, "1")
        assert told.value.code in FORGOTTEN

    async def test_what_may_not_be_watched_is_named_with_the_reason(self, stage: Stage) -> None:
        async with followed(stage.stranger) as watching, asyncio.timeout(PATIENCE):
            while len(watching.refused()) < 2:
                await watching.heard(0.1)
        assert all("forbidden" in why.lower() for why in watching.refused().values())
