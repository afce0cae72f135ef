"""Fixtures of the journeys: the cluster's rights stand for all of them, the incident is each test's own."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.controlplane.server import ControlPlane
from tests.controlplane.world import World
from tests.journeys.outfit import Outfitted, outfit, rights_in_force


@pytest.fixture(scope="package")
def bound(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """
    Keep the bot's generated rights and guards in force: it takes seconds until an admission policy bites.

    The fixture's own loop stands still between its two ends; the connections it keeps open wait for it.
    """
    with asyncio.Runner() as runner:
        standing = rights_in_force(control_plane)
        runner.run(standing.__aenter__())
        try:
            yield control_plane
        finally:
            runner.run(standing.__aexit__(None, None, None))


@pytest.fixture
async def outfitted(bound: ControlPlane, world: World) -> Outfitted:
    """Stage the incident in a namespace of its own in the real cluster."""
    return await outfit(bound, world)
