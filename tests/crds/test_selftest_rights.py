"""A self-test at a real API server: its rights are enough, they end at its namespace, and without them it says so."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.store import migrate, open_store
from bot.bootstrap.entropy import SystemEntropy
from bot.domain.canary import Canary, Role, pod
from bot.domain.changes import Create
from bot.domain.errors import DeniedError
from bot.domain.isolation import REQUEST
from bot.domain.refs import NETWORK_POLICY, POD, Kind
from bot.domain.selftests import Outcome, SelfTest, Site
from bot.engine.bench import Bench
from bot.engine.context import Pace
from bot.engine.rbac import SMALLEST, self_test
from bot.engine.selftesting import self_test as run
from tests.controlplane import objects
from tests.controlplane.server import ControlPlane
from tests.controlplane.waiting import eventually
from tests.crds.guarded import Guarded, guarded, refusal

IMAGE = "registry.example.com/firebreak@sha256:" + "0" * 64
HASTY = Pace(start=timedelta(seconds=1), look=timedelta(seconds=0.1))


@pytest.fixture
async def bot(control_plane: ControlPlane) -> AsyncIterator[Guarded]:
    async with guarded(control_plane, SMALLEST) as made:
        await made.world.create(objects.node(f"node-{made.namespace}"))
        yield made


@pytest.fixture
async def space(bot: Guarded) -> str:
    """Give the bot what it may do in a namespace of the self-tests, and wait until its guard bites."""
    name = f"{bot.namespace}-test"
    made = self_test(name, IMAGE, (bot.namespace, "firebreak", ""))
    await bot.world.create_all(*made)

    stranger = _canary(name, "registry.example.com/other:1").body.value

    async def bites() -> bool:
        path = f"/api/v1/namespaces/{name}/pods?dryRun=All"
        return "Firebreak may" in await refusal(bot.hands.create(path, stranger))

    await eventually(bites)
    return name


def _canary(space: str, image: str = IMAGE) -> Create:
    return pod(Canary("prod", space, "firebreak-canary-x", "n", image, "ST-1", Role.OUTSIDE))


async def _tested(bot: Guarded, space: str, folder: Path) -> SelfTest:
    """Run a self-test where there is no kubelet: its pods are taken, and never start."""
    url = f"sqlite+aiosqlite:///{folder / 'firebreak.db'}"
    await migrate(url)
    async with open_store(url, clock=lambda: datetime.now(UTC)) as store:  # noqa: TID251 - the test's own
        ports = (store, bot.clusters, bot.clusters, SystemEntropy())
        found = await run(Bench(*ports, {"prod": Site(space, IMAGE)}, pace=HASTY), "prod")
    assert isinstance(found, SelfTest), found
    return found


async def _left(bot: Guarded, space: str) -> list[str]:
    kinds: tuple[Kind, ...] = (POD, NETWORK_POLICY)
    paths = [f"{bot.path(kind).replace(bot.namespace, space)}?labelSelector={REQUEST}" for kind in kinds]
    found = [await bot.world.api.get(path) for path in paths]
    return [item["metadata"]["name"] for each in found for item in each["items"]]


async def test_its_rights_are_enough_to_make_its_pods_and_to_take_them_away(
    bot: Guarded, space: str, tmp_path: Path
) -> None:
    test = await _tested(bot, space, tmp_path)

    assert (test.outcome, test.stands) == (Outcome.INCONCLUSIVE, False)
    assert test.text.startswith("its pods did not start in time")
    assert len(test.creates) == 2
    assert await _left(bot, space) == []


async def test_the_policy_that_it_writes_is_taken_there_too(bot: Guarded, space: str) -> None:
    body = objects.network_policy(
        "firebreak-st-1-0", space, {"firebreak.dev/quarantine": "st-1-0"}, ingress=[]
    )
    body["spec"]["policyTypes"] = ["Ingress", "Egress"]
    path = f"/apis/networking.k8s.io/v1/namespaces/{space}/networkpolicies"
    await bot.hands.create(path, body)
    await bot.hands.delete(f"{path}/firebreak-st-1-0")


async def test_they_end_at_its_namespace(bot: Guarded, space: str) -> None:
    with pytest.raises(DeniedError, match="Forbidden"):
        await bot.clusters.apply(_canary(bot.namespace))
    with pytest.raises(DeniedError, match="Firebreak may"):
        await bot.clusters.apply(_canary(space, "registry.example.com/other:1"))


async def test_without_them_it_says_what_prints_them(bot: Guarded, tmp_path: Path) -> None:
    space = await bot.world.namespace()
    test = await _tested(bot, space, tmp_path)

    assert (test.outcome, test.stands) == (Outcome.INCONCLUSIVE, False)
    assert "the cluster refuses: Forbidden" in test.text
    assert f"firebreak rbac --self-test-namespace {space}" in test.text
