"""Fixtures of the real control plane. Programs that are missing are built after collection, before any timeout runs.

Without the programs the tests are skipped, or fail where `TESTS_REQUIRE_CONTROLPLANE=1` is set (CI).
"""

import os
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

import pytest

from tests.controlplane import binaries
from tests.controlplane.api import connect
from tests.controlplane.binaries import ProgramMissingError
from tests.controlplane.controllers import running_controllers
from tests.controlplane.server import ControlPlane, running_control_plane
from tests.controlplane.shell import Shell
from tests.controlplane.world import World

NEEDS = {
    "control_plane": binaries.SERVER,
    "controller_manager": binaries.CONTROLLERS,
    "kubectl": binaries.CLIENT,
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses one of our fixtures, so that `-m 'not controlplane'` can be relied on."""
    for item in items:
        if _programs_of(item):
            item.add_marker(pytest.mark.controlplane)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build here: a fixture's time counts towards the timeout of the first test that wants it."""
    wanted = {name for item in session.items for name in _programs_of(item)}
    missing = sorted(name for name in wanted if binaries.find(name) is None)
    if not missing or session.config.option.collectonly:
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"building {', '.join(missing)} (minutes, once) ...")
    try:
        binaries.ensure(missing)
    except ProgramMissingError as error:
        session.config.stash[_FAILED] = str(error)


_FAILED = pytest.StashKey[str]()


def _programs_of(item: pytest.Item) -> set[str]:
    names: Iterable[str] = getattr(item, "fixturenames", ())
    return {program for name in names for program in NEEDS.get(name, ())}


def found(config: pytest.Config, names: tuple[str, ...]) -> dict[str, Path]:
    """Return the programs, or end the test: skipped, or failed where they are required."""
    try:
        failed = config.stash.get(_FAILED, None)
        if failed is None:
            return binaries.ensure(names)
    except ProgramMissingError as missing:
        failed = str(missing)
    if os.environ.get("TESTS_REQUIRE_CONTROLPLANE") == "1":
        pytest.fail(failed, pytrace=False)
    pytest.skip(failed)


@pytest.fixture(scope="session")
def control_plane(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControlPlane]:
    """Start one etcd and kube-apiserver for the whole run: use a namespace of your own (`world.namespace()`)."""
    programs = found(request.config, binaries.SERVER)
    with running_control_plane(programs, tmp_path_factory.mktemp("controlplane")) as plane:
        yield plane


@pytest.fixture
def controller_manager(request: pytest.FixtureRequest, control_plane: ControlPlane) -> Iterator[None]:
    """Let real controllers act during this one test; for all other tests nothing reacts."""
    program = found(request.config, binaries.CONTROLLERS)["kube-controller-manager"]
    with running_controllers(program, control_plane):
        yield


@pytest.fixture
async def world(control_plane: ControlPlane) -> AsyncIterator[World]:
    """Give the test an admin's hands in the cluster; all that it makes is gone afterwards."""
    async with connect(control_plane, "admin") as api:
        made = World(api)
        try:
            yield made
        finally:
            await made.clear()


@pytest.fixture(scope="session")
def kubectl(request: pytest.FixtureRequest) -> Path:
    """Return the real kubectl, of the server's version."""
    return found(request.config, binaries.CLIENT)["kubectl"]


@pytest.fixture
def shell(kubectl: Path, tmp_path: Path) -> Shell:
    """Return a terminal in which `kubectl` is found."""
    return Shell(kubectl, tmp_path)
