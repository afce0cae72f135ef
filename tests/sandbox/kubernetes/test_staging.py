"""The staged cluster looks like one that controllers and kubelets keep."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from kubernetes.aio import client

from bot.sandbox.kubernetes.access import User
from bot.sandbox.kubernetes.double import ClusterDouble
from bot.sandbox.kubernetes.incident import BEACON, stage_incident
from bot.sandbox.kubernetes.objects import Json, labels_of, metadata_of, name_of
from bot.sandbox.kubernetes.resources import (
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    NETWORK_POLICIES,
    NODES,
    PODS,
    REPLICA_SETS,
)
from bot.sandbox.kubernetes.statuses import ApiError
from bot.sandbox.kubernetes.workloads import PodShape, is_ready


@pytest.fixture
def payments(cluster: ClusterDouble) -> ClusterDouble:
    cluster.add_node("node-1")
    cluster.add_node("node-2")
    cluster.add_namespace("payments")
    return cluster


@pytest.fixture
async def core(payments: ClusterDouble) -> AsyncIterator[client.ApiClient]:
    payments.add_user("sandbox", User("bot"))
    async with payments.serving() as url:
        settings = client.Configuration(host=url, api_key={"BearerToken": "Bearer sandbox"})
        async with client.ApiClient(settings) as connection:
            yield connection


def _addresses(cluster: ClusterDouble, namespace: str = "payments") -> list[str]:
    cluster.settle()
    slices = cluster.registry.store.each(ENDPOINT_SLICES, namespace)
    return [endpoint["addresses"][0] for body in slices for endpoint in body["endpoints"]]


def _plain(core: client.ApiClient, found: object) -> Json:
    """Return a model of the client as the JSON that it came from."""
    serialised: Any = core.sanitize_for_serialization(found)  # type: ignore[no-untyped-call]  # the client has no types here
    return dict(serialised)


def _address(pod: Json) -> str:
    return str(pod["status"]["podIP"])


async def test_the_real_client_reads_the_chain_from_pod_to_deployment(
    payments: ClusterDouble, core: client.ApiClient
) -> None:
    staged = payments.add_deployment("payments", "api", 3)
    apps = client.AppsV1Api(core)
    pod = _plain(core, await client.CoreV1Api(core).read_namespaced_pod(name_of(staged[0]), "payments"))
    [by_pod] = metadata_of(pod)["ownerReferences"]
    replica_set = _plain(core, await apps.read_namespaced_replica_set(by_pod["name"], "payments"))
    [by_set] = metadata_of(replica_set)["ownerReferences"]
    deployment = _plain(core, await apps.read_namespaced_deployment(by_set["name"], "payments"))

    assert by_pod["uid"] == metadata_of(replica_set)["uid"]
    assert (name_of(deployment), deployment["status"]["readyReplicas"]) == ("api", 3)
    assert replica_set["spec"]["selector"]["matchLabels"].items() <= labels_of(pod).items()
    assert is_ready(pod)
    assert "@sha256:" in pod["status"]["containerStatuses"][0]["imageID"]
    assert len({_address(body) for body in staged}) == 3


async def test_the_real_client_patches_and_deletes_with_guards(
    payments: ClusterDouble, core: client.ApiClient
) -> None:
    uid = metadata_of(payments.add_pod("payments", "a"))["uid"]
    pods = client.CoreV1Api(core)
    patch = {"metadata": {"uid": uid, "labels": {"q": "1"}}}

    changed = await pods.patch_namespaced_pod(
        "a", "payments", patch, _content_type="application/merge-patch+json"
    )
    options = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid="other"))
    with pytest.raises(client.ApiException) as wrong:
        await pods.delete_namespaced_pod("a", "payments", body=options)

    assert labels_of(_plain(core, changed)) == {"q": "1"}
    assert (wrong.value.status, json.loads(wrong.value.body or "")["reason"]) == (409, "Conflict")


def test_endpoints_follow_labels_readiness_and_life_of_the_pods(payments: ClusterDouble) -> None:
    payments.add_service("payments", "api", {"app": "api"})
    first, second = payments.add_deployment("payments", "api", 2)
    assert sorted(_addresses(payments)) == sorted([_address(first), _address(second)])

    payments.edit_by_someone_else(PODS, "payments", name_of(first), {"metadata": {"labels": {"app": None}}})
    assert _addresses(payments) == [_address(second)]

    payments.set_ready(PODS, "payments", name_of(second), ready=False)
    payments.settle()
    [body] = payments.registry.store.each(ENDPOINT_SLICES, "payments")
    assert body["endpoints"][0]["conditions"] == {"ready": False, "serving": False, "terminating": False}

    payments.remove(PODS, "payments", name_of(second))
    assert _addresses(payments) == []


def test_a_service_of_many_pods_has_several_slices(payments: ClusterDouble) -> None:
    payments.add_deployment("payments", "api", 205)
    payments.add_service("payments", "api", {"app": "api"})

    assert len(set(_addresses(payments))) == 205
    sizes = [len(body["endpoints"]) for body in payments.registry.store.each(ENDPOINT_SLICES, "payments")]
    assert sorted(sizes) == [5, 100, 100]


def test_a_recreated_pod_of_a_deployment_is_another_one_with_the_labels_of_the_template(
    payments: ClusterDouble,
) -> None:
    [old] = payments.add_deployment("payments", "api")
    payments.edit_by_someone_else(PODS, "payments", name_of(old), {"metadata": {"labels": {"q": "1"}}})

    new = payments.recreate_pod("payments", name_of(old))

    assert name_of(new) != name_of(old)
    assert name_of(new).startswith(metadata_of(old)["generateName"])
    assert metadata_of(new)["uid"] != metadata_of(old)["uid"]
    assert labels_of(new) == labels_of(old)
    assert metadata_of(new)["ownerReferences"] == metadata_of(old)["ownerReferences"]
    assert payments.registry.store.find(PODS, "payments", name_of(old)) is None


def test_a_recreated_pod_of_a_stateful_set_keeps_its_name(payments: ClusterDouble) -> None:
    old, _ = payments.add_stateful_set("payments", "db", 2)

    new = payments.recreate_pod("payments", "db-0")

    assert (name_of(new), labels_of(new)) == ("db-0", labels_of(old))
    assert metadata_of(new)["uid"] != metadata_of(old)["uid"]


def test_daemon_sets_jobs_and_special_pods_are_what_they_are(payments: ClusterDouble) -> None:
    agents = payments.add_daemon_set(
        "kube-system", "agent", shape=PodShape(host_network=True, privileged=True)
    )
    worker = payments.add_job("payments", "report")

    assert [pod["spec"]["nodeName"] for pod in agents] == ["node-1", "node-2"]
    assert agents[0]["status"]["podIP"] == agents[0]["status"]["hostIP"]
    assert agents[0]["spec"]["containers"][0]["securityContext"] == {"privileged": True}
    assert metadata_of(worker)["finalizers"] == ["batch.kubernetes.io/job-tracking"]


def test_a_disruption_budget_counts_the_healthy(payments: ClusterDouble) -> None:
    payments.add_deployment("payments", "api", 3)

    status = payments.add_disruption_budget("payments", "api", {"app": "api"}, 2)["status"]

    counted = (status["expectedPods"], status["currentHealthy"], status["disruptionsAllowed"])
    assert counted == (3, 3, 1)


def test_an_edit_by_someone_else_shows_in_version_and_snapshot(payments: ClusterDouble) -> None:
    old = payments.add_policy("payments", "p", {"podSelector": {}, "policyTypes": ["Ingress"]})
    before = payments.snapshot("payments")

    new = payments.edit_by_someone_else(NETWORK_POLICIES, "payments", "p", {"spec": {"ingress": [{}]}})

    assert int(metadata_of(new)["resourceVersion"]) > int(metadata_of(old)["resourceVersion"])
    assert metadata_of(new)["generation"] == 2
    assert payments.snapshot("payments") != before
    undone = payments.edit_by_someone_else(NODES, "", "node-1", {"metadata": {}})
    assert undone is payments.registry.store.find(NODES, "", "node-1")


def test_a_snapshot_tells_content_and_not_versions(payments: ClusterDouble) -> None:
    payments.add_deployment("payments", "api")
    before = payments.snapshot("payments")
    [pod] = payments.registry.store.each(PODS, "payments")

    payments.edit_by_someone_else(PODS, "payments", name_of(pod), {"metadata": {"labels": {"q": "1"}}})
    payments.edit_by_someone_else(PODS, "payments", name_of(pod), {"metadata": {"labels": {"q": None}}})

    assert payments.snapshot("payments") == before
    assert "resourceVersion" not in before
    assert f"pods/{name_of(pod)}" in json.loads(before)


def test_a_namespace_can_be_terminating_and_then_gone(payments: ClusterDouble) -> None:
    payments.add_deployment("payments", "api")
    payments.terminate_namespace("payments")
    assert json.loads(payments.snapshot("payments"))["namespaces/payments"]["status"] == {
        "phase": "Terminating"
    }

    payments.empty_namespace("payments")
    assert payments.snapshot("payments") == "{}"


def test_a_mistake_in_staging_is_told(payments: ClusterDouble) -> None:
    with pytest.raises(ApiError, match="lowercase RFC 1123"):
        payments.add_pod("payments", "Not_A_Name")
    with pytest.raises(ApiError, match="not found"):
        payments.recreate_pod("payments", "none")
    with pytest.raises(LookupError, match="add_node"):
        ClusterDouble("empty", lambda: datetime(2026, 3, 1, tzinfo=UTC)).add_pod("default", "a")


def test_the_incident_has_its_cast_and_is_the_same_every_time(cluster: ClusterDouble) -> None:
    incident = stage_incident(cluster)
    again = ClusterDouble("prod", lambda: datetime(2026, 3, 1, 12, 0, tzinfo=UTC))

    assert stage_incident(again) == incident
    assert again.snapshot("payments") == cluster.snapshot("payments")
    store = cluster.registry.store
    pods = {name_of(pod): pod for pod in store.each(PODS, "payments")}
    assert metadata_of(pods[incident.pod])["uid"] == incident.pod_uid
    assert len(incident.siblings) == 2
    assert incident.beacon == BEACON
    assert {name_of(body) for body in store.each(DEPLOYMENTS, "payments")} == {"api", "web"}
    assert len(store.each(REPLICA_SETS, "kube-system")) == 1
    open_policy = store.find(NETWORK_POLICIES, "payments", "allow-egress")
    assert open_policy is not None
    assert open_policy["spec"] == {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]}
