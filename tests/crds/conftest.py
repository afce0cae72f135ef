"""A real API server that has the real definitions of Cilium and Calico installed; it is this folder's own."""

import asyncio
import copy
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.domain.refs import ENGINE_KINDS, Kind
from tests.controlplane import binaries, fixtures
from tests.controlplane.api import Api, ApiRefusedError, connect
from tests.controlplane.server import ControlPlane, running_control_plane
from tests.controlplane.waiting import eventually
from tests.crds.fetch import CALICO, CILIUM, DefinitionsMissingError, definitions
from tests.crds.guarded import Guarded, guarded

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture(scope="session")
def control_plane(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControlPlane]:
    """Start a server beside the one of all other tests: definitions are for the whole cluster."""
    programs = fixtures.found(request.config, binaries.SERVER)
    made = _definitions()
    with running_control_plane(programs, tmp_path_factory.mktemp("engines")) as plane:
        with ThreadPoolExecutor(1) as aside:  # a test's loop may be running in this thread already
            aside.submit(lambda: asyncio.run(_install(plane, made))).result()
        yield plane


def _definitions() -> tuple[dict[str, Any], ...]:
    try:
        cilium = definitions(
            CILIUM, "ciliumnetworkpolicies", "ciliumclusterwidenetworkpolicies", "ciliumendpoints"
        )
        calico = definitions(CALICO, "networkpolicies", "globalnetworkpolicies")
    except DefinitionsMissingError as missing:
        if os.environ.get("TESTS_REQUIRE_CONTROLPLANE") == "1":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))
    return (*cilium, *calico, *native(calico))


def native(stored: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    """
    Return definitions of the user's API, ``projectcalico.org/v3``, with the schema of what Calico stores.

    Calico serves that API by a server of its own or, from 3.32, by definitions that no released Go module carries. Its
    policies have the same ``spec`` as the stored ones and, since 3.29, a ``tier``; a Tier has ``order`` and
    ``defaultAction``.
    """
    made = [_renamed(each) for each in stored]
    for each in made:
        _spec_of(each)["properties"]["tier"] = {"type": "string"}
    tier: dict[str, Any] = _renamed(stored[-1], plural="tiers", kind="Tier")
    spec = {
        "type": "object",
        "properties": {"order": {"type": "number"}, "defaultAction": {"type": "string"}},
    }
    tier["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"] = spec
    tier["spec"]["scope"] = "Cluster"
    return (*made, tier)


def _spec_of(definition: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"][
        "spec"
    ]
    return spec


def _renamed(stored: dict[str, Any], plural: str = "", kind: str = "") -> dict[str, Any]:
    group, names = "projectcalico.org", stored["spec"]["names"]
    plural, kind = plural or names["plural"], kind or names["kind"]
    (version,) = copy.deepcopy(stored["spec"]["versions"])
    named = {"plural": plural, "kind": kind, "singular": kind.lower(), "listKind": f"{kind}List"}
    return {
        "apiVersion": stored["apiVersion"],
        "kind": stored["kind"],
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": named,
            "scope": stored["spec"]["scope"],
            "versions": [{**version, "name": "v3"}],
        },
    }


async def _install(plane: ControlPlane, made: tuple[dict[str, Any], ...]) -> None:
    async with connect(plane, "admin") as api:
        for each in made:
            await api.create(DEFINITIONS, {k: each[k] for k in ("apiVersion", "kind", "metadata", "spec")})
        names = {each["metadata"]["name"] for each in made}
        kinds = tuple(kind for kind in ENGINE_KINDS if kind.resource in names)
        await eventually(lambda: _served(api, kinds))


async def _served(api: Api, kinds: tuple[Kind, ...]) -> bool:
    try:
        for kind in kinds:
            await api.get(f"/apis/{kind.api_version}/{kind.plural}")
    except ApiRefusedError:
        return False
    return True


@pytest.fixture
async def bot(control_plane: ControlPlane) -> AsyncIterator[Guarded]:
    """Give the bot its generated rights with everything that an operator may choose, and wait until its guards bite."""
    async with guarded(control_plane) as ready:
        yield ready
