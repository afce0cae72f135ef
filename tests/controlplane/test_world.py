"""What a test puts into the cluster looks healthy, can be photographed, and is gone afterwards."""

import json

import pytest

from tests.controlplane import objects
from tests.controlplane.api import ApiRefusedError
from tests.controlplane.waiting import eventually
from tests.controlplane.world import World

LABELS = {"app": "api"}


async def _shop(world: World) -> str:
    """Put one healthy workload of two pods, with all that belongs to it, into a new namespace."""
    namespace = await world.namespace()
    node = (await world.create(objects.node(f"node-{namespace}")))["metadata"]["name"]
    owner = await world.create(objects.replica_set("api", namespace, LABELS, replicas=2))
    pods = await world.create_all(
        objects.pod("api-1", namespace, labels=LABELS, node=node, ip="10.244.0.11", owner=owner),
        objects.pod("api-2", namespace, labels=LABELS, node=node, ip="10.244.0.12", owner=owner),
    )
    await world.create_all(
        objects.stateful_set("db", namespace, {"app": "db"}),
        objects.service("api", namespace, LABELS),
        objects.endpoint_slice("api", namespace, pods),
        objects.disruption_budget("api", namespace, LABELS, total=2),
        objects.network_policy("api", namespace, LABELS, ingress=[{"ports": [{"port": 8080}]}]),
    )
    return namespace


async def test_pods_run_and_are_ready_on_a_ready_node(world: World) -> None:
    namespace = await _shop(world)
    pod = await world.api.get(f"/api/v1/namespaces/{namespace}/pods/api-1")
    node = await world.api.get(f"/api/v1/nodes/{pod['spec']['nodeName']}")
    held = {one["type"] for one in (*pod["status"]["conditions"], *node["status"]["conditions"])}

    assert (pod["status"]["phase"], pod["status"]["podIP"]) == ("Running", "10.244.0.11")
    assert pod["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet"
    assert "taints" not in node["spec"]
    assert held >= {"Ready", "ContainersReady"}


async def test_two_photographs_of_an_untouched_namespace_are_the_same(world: World) -> None:
    namespace = await _shop(world)
    before = await world.snapshot(namespace)

    assert before == await world.snapshot(namespace)
    assert {"v1/pods/api-1", "v1/pods/api-2", "networking.k8s.io/v1/networkpolicies/api"} <= before.keys()
    assert "resourceVersion" not in json.loads(before["v1/pods/api-1"])["metadata"]


async def test_a_photograph_shows_one_changed_label_and_its_exact_undoing(world: World) -> None:
    namespace = await _shop(world)
    path = f"/api/v1/namespaces/{namespace}/pods/api-1"
    before = await world.snapshot(namespace)
    await world.api.patch(path, {"metadata": {"labels": {"lab": "changed"}}})
    during = await world.snapshot(namespace)
    await world.api.patch(path, {"metadata": {"labels": {"lab": None}}})

    assert [name for name in before if before[name] != during[name]] == ["v1/pods/api-1"]
    assert await world.snapshot(namespace) == before


async def test_a_photograph_shows_an_object_that_was_added(world: World) -> None:
    namespace = await world.namespace()
    before = await world.snapshot(namespace)
    await world.create(objects.network_policy("fb", namespace, LABELS, ingress=[], egress=[]))
    after = await world.snapshot(namespace)

    assert after.keys() - before.keys() == {"networking.k8s.io/v1/networkpolicies/fb"}


async def test_everything_is_gone_after_clearing_whatever_finalizers_it_has(world: World) -> None:
    namespace = await _shop(world)
    path = f"/api/v1/namespaces/{namespace}"
    await world.api.patch(f"{path}/pods/api-1", {"metadata": {"finalizers": ["lab.test/hold"]}})
    await world.clear()

    for gone in (path, f"{path}/pods/api-1", f"/api/v1/nodes/node-{namespace}"):
        with pytest.raises(ApiRefusedError) as refused:
            await world.api.get(gone)
        assert refused.value.status == 404


async def test_an_object_of_an_unknown_kind_is_an_error_of_the_test(world: World) -> None:
    with pytest.raises(LookupError, match="no Unicorn in"):
        await world.create({"apiVersion": "lab.test/v1", "kind": "Unicorn", "metadata": {"name": "x"}})


@pytest.mark.usefixtures("controller_manager")
async def test_real_controllers_replace_a_pod_that_loses_its_label(world: World) -> None:
    namespace = await world.namespace()
    await world.create(objects.deployment("api", namespace, LABELS, replicas=2))
    pods = f"/api/v1/namespaces/{namespace}/pods"

    async def names(count: int) -> list[str]:
        found = [pod["metadata"]["name"] for pod in (await world.api.get(pods))["items"]]
        return found if len(found) == count else []

    first = await eventually(lambda: names(2))
    await world.api.patch(f"{pods}/{first[0]}", {"metadata": {"labels": {"app": None}}})
    after = await eventually(lambda: names(3))
    detached = await world.api.get(f"{pods}/{first[0]}")

    assert set(first) < set(after)
    assert "ownerReferences" not in detached["metadata"]
