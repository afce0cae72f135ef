"""Fixtures of the packet lab: one lab for the whole run, pods and rights for each test.

Where the machine lacks something the tests are skipped with the reason, or fail where `TESTS_REQUIRE_PACKETLAB=1` is
set (CI). Programs that are missing are built after collection, before any timeout runs.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.engine.rbac import Width
from tests.controlplane.api import connect
from tests.controlplane.world import World
from tests.crds.fetch import Manifest
from tests.goprograms import ProgramMissingError
from tests.journeys.outfit import rights_in_force
from tests.packetlab.kubelet import IMAGE, Kubelet, kubelet
from tests.packetlab.lab import PacketLab, Packets, running_lab
from tests.packetlab.requirements import ensured, lacking


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the lab, so that `-m 'not packetlab'` can be relied on."""
    for item in items:
        if _uses_the_lab(item):
            item.add_marker(pytest.mark.packetlab)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build here: a fixture's time counts towards the timeout of the first test that wants it."""
    if session.config.option.collectonly or lacking() or not any(map(_uses_the_lab, session.items)):
        return
    try:
        ensured()
    except ProgramMissingError as error:
        session.config.stash[_FAILED] = str(error)


_FAILED = pytest.StashKey[str]()


def _uses_the_lab(item: pytest.Item) -> bool:
    return "packet_lab" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def packet_lab(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PacketLab]:
    """Start one API server with one real Calico for the whole run: use namespaces of your own."""
    programs, crds = _found(request.config)
    with running_lab(programs, crds, tmp_path_factory.mktemp("packetlab")) as lab:
        yield lab


def _found(config: pytest.Config) -> tuple[dict[str, Path], tuple[Manifest, ...]]:
    """Return the programs and Calico's CRDs, or end the test: skipped, or failed where they are required."""
    failed = config.stash.get(_FAILED, "")
    try:
        if not failed:
            return ensured()
    except ProgramMissingError as missing:
        failed = str(missing)
    if os.environ.get("TESTS_REQUIRE_PACKETLAB") == "1":
        pytest.fail(failed, pytrace=False)
    pytest.skip(failed)


@pytest.fixture
async def packets(packet_lab: PacketLab) -> AsyncIterator[Packets]:
    """Give the test an admin's hands in the lab; all that it makes is gone afterwards."""
    async with connect(packet_lab.plane, "admin") as api:
        made = Packets(packet_lab, World(api))
        try:
            yield made
        finally:
            await made.clear()


@pytest.fixture
async def canaries(packet_lab: PacketLab, packets: Packets) -> AsyncIterator[Kubelet]:
    """Run whatever canary comes to the lab's node."""
    async with kubelet(packet_lab, packets.world.api) as made:
        yield made


@pytest.fixture(scope="session")
def bound_lab(packet_lab: PacketLab) -> Iterator[PacketLab]:
    """Keep the bot's generated rights and guards in force: with Calico's deny in its storage, Deployments and canaries."""
    with asyncio.Runner() as runner:
        standing = rights_in_force(packet_lab.plane, Width(("calico-stored",), workloads=True, canary=IMAGE))
        runner.run(standing.__aenter__())
        try:
            yield packet_lab
        finally:
            runner.run(standing.__aexit__(None, None, None))
