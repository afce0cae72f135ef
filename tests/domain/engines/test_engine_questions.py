"""What is asked about engines, what the answers are read as, and that nothing unseen turns into nothing there."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.documents import Document
from bot.domain.engines.answers import gathered
from bot.domain.engines.detection import engine_on
from bot.domain.engines.engine import Confidence, EngineName
from bot.domain.engines.evidence import Evidence, Seen
from bot.domain.engines.questions import GRANTS, asking, second
from bot.domain.engines.views import DaemonSetView
from bot.domain.findings import Unseen
from bot.domain.queries import (
    Absent,
    Answer,
    Discover,
    Discovered,
    Each,
    Found,
    Get,
    Listing,
    Query,
    Unavailable,
    told,
)
from bot.domain.refs import (
    CALICO_POLICY,
    CALICO_STORED_POLICY,
    CILIUM_NODE_CONFIG,
    DAEMON_SET,
    POD,
    ArmRef,
    KubeRef,
)
from bot.domain.seen import View
from bot.domain.views import Foreign, PodView

AKS = ArmRef(
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/"
    "Microsoft.ContainerService/managedClusters/prod"
)
NODES_SERVED = (CILIUM_NODE_CONFIG.served,)


def _set(name: str, namespace: str, container: str, *args: str) -> DaemonSetView:
    env = [{"name": "TOKEN", "value": "not-to-be-kept"}, {"name": "N", "valueFrom": {}}]
    image = f"registry.test/{container}:v1.19.4"
    program = {"name": container, "image": image, "args": list(args), "env": env}
    body = {
        "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}"},
        "spec": {"template": {"spec": {"containers": [program]}}},
        "status": {"desiredNumberScheduled": 2, "numberReady": 2},
    }
    return msgspec.json.decode(json.dumps(body), type=DaemonSetView)


def _agent_pod(name: str, namespace: str, owner: str, *, ready: bool = True) -> PodView:
    body: dict[str, Any] = {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "ownerReferences": [
                {"kind": "DaemonSet", "name": owner, "uid": f"uid-{owner}", "controller": True}
            ],
        },
        "spec": {"nodeName": "n1", "containers": [{"name": "cilium-agent", "image": "x/cilium:v1.19.5"}]},
        "status": {"conditions": [{"type": "Ready", "status": str(ready)}]},
    }
    return msgspec.json.decode(json.dumps(body), type=PodView)


NODE_BODY: dict[str, Any] = {
    "kind": "Node",
    "metadata": {"name": "n1", "labels": {"kubernetes.io/os": "linux", "pool": "a"}},
    "status": {"nodeInfo": {"kubeletVersion": "v1.34.2", "operatingSystem": "linux"}},
}


CONFIG_BODY: dict[str, Any] = {
    "kind": "ConfigMap",
    "metadata": {"name": "cilium-config"},
    "data": {"enable-policy": "default", "identity-max-jitter": "5s", "cluster-name": "prod"},
}
ARM_BODY: dict[str, Any] = {
    "id": AKS.id,
    "properties": {
        "networkProfile": {"networkPlugin": "azure", "networkPolicy": "Cilium", "networkDataplane": None}
    },
}
SETS = (
    _set("cilium", "kube-system", "cilium-agent", "--config-dir=/tmp", "--secret=s3"),
    _set("fluent-bit", "logging", "fluent-bit"),
)


def _world(discovered: Discovered | None = None, **bodies: dict[str, Any]) -> Callable[[Query], Answer]:
    """Return a cluster with Cilium on it; ``bodies`` stand over what it answers."""
    objects = {"Node": NODE_BODY, "ConfigMap": CONFIG_BODY, "arm": ARM_BODY, **bodies}

    def answer(query: Query) -> Answer:
        match query:
            case Discover(name):
                return discovered or Discovered(name, "uid", serves=NODES_SERVED)
            case Each():
                return Listing(_items(query, objects.get("override")))
            case Get(KubeRef(_, kind)):
                return Found(query.ref, Document.of(objects[kind.kind]), "1")
            case Get(ArmRef()):
                return Found(query.ref, Document.of(objects["arm"]), "")
            case _:
                return Unavailable("not staged")

    return answer


def _items(query: Each, override: dict[str, Any] | None) -> tuple[View, ...]:
    if query.kind == DAEMON_SET:
        return SETS
    if query.kind == POD:
        place = query.namespace
        return _agent_pod("cilium-x", place, "cilium"), _agent_pod("other", place, "else")
    return (Foreign(query.kind, json.dumps(override)),) if override else ()


def _asked(answer: Callable[[Query], Answer], nodes: Iterable[str] = ("n1",)) -> tuple[Evidence, list[Query]]:
    every: list[Query] = []
    questions = asking("prod", nodes)
    try:
        batch = next(questions)
        while True:
            every += batch
            batch = questions.send(tuple(map(answer, batch)))
    except StopIteration as stop:
        evidence: Evidence = stop.value
        return evidence, every


def test_two_rounds_prove_a_cilium() -> None:
    evidence, every = _asked(_world())
    found = engine_on("n1", evidence)

    assert (found.name, found.confidence, found.version) == (EngineName.CILIUM, Confidence.PROVED, "1.19.5")
    assert found.setting("identity-max-jitter") == "5s"
    assert [told(query) for query in every] == [
        "discover prod",
        "list daemonsets in prod/*",
        "get prod: Node n1",
        "list pods in prod/kube-system",
        "get prod: ConfigMap kube-system/cilium-config",
        "list ciliumnodeconfigs in prod/kube-system",
    ]


def test_what_may_be_a_secret_is_not_kept() -> None:
    evidence, _ = _asked(_world())

    assert "s3" not in repr(evidence)
    assert "not-to-be-kept" not in repr(evidence)


def test_arm_is_asked_where_the_settings_name_the_cluster() -> None:
    known = Discovered("prod", "uid", serves=NODES_SERVED, managed_cluster=AKS)
    evidence, every = _asked(_world(known))

    assert Get(AKS) in every
    assert isinstance(evidence.arm, Seen)
    assert evidence.arm.value is not None
    assert (evidence.arm.value.policy, evidence.arm.value.dataplane) == ("cilium", "")
    assert engine_on("n1", evidence).confidence is Confidence.PROVED


@pytest.mark.parametrize("arm", [{"properties": {}}, {"properties": {"networkProfile": None}}, {}])
def test_an_answer_of_arm_that_is_not_understood_leaves_it_open(arm: dict[str, Any]) -> None:
    known = Discovered("prod", "uid", serves=NODES_SERVED, managed_cluster=AKS)
    evidence, _ = _asked(_world(known, arm=arm))

    assert isinstance(evidence.arm, Unseen)
    assert engine_on("n1", evidence).confidence is Confidence.UNPROVEN


def test_arm_that_was_not_asked_though_it_is_known_leaves_it_open() -> None:
    known = Discovered("prod", "uid", managed_cluster=AKS)

    assert isinstance(gathered([(Discover("prod"), known)]).arm, Unseen)


def test_a_group_that_does_not_say_what_it_serves_is_asked_all_the_same() -> None:
    evidence, every = _asked(_world(Discovered("prod", "uid", serves=None)))

    assert isinstance(evidence.serves, Unseen)
    assert any(isinstance(query, Each) and query.kind == CILIUM_NODE_CONFIG for query in every)


def test_without_overrides_in_the_api_there_are_none_to_read() -> None:
    evidence, _ = _asked(_world(Discovered("prod", "uid", serves=())))

    assert evidence.overrides == Seen("API discovery", ())


def test_an_override_is_read_with_its_selector() -> None:
    spec = {"nodeSelector": {"matchLabels": {"pool": "a"}}, "defaults": {"policy-audit-mode": "true"}}
    body = {"kind": "CiliumNodeConfig", "metadata": {"name": "audit"}, "spec": spec}
    evidence, _ = _asked(_world(override=body))

    assert [void.text for void in engine_on("n1", evidence).voids] == [
        "policy-audit-mode is on: what policies deny is noted and let through"
    ]


def test_an_override_that_is_not_understood_is_unseen() -> None:
    evidence, _ = _asked(_world(override={"kind": "CiliumNodeConfig", "metadata": {"name": "x"}, "spec": 7}))

    assert isinstance(evidence.overrides, Unseen)


def test_strange_places_are_looked_at_only_where_no_engine_is_at_home_and_never_many() -> None:
    fakes = tuple(_set("cilium", f"team-{i}", "cilium-agent") for i in range(50))
    real = _set("calico-node", "calico-system", "calico-node")
    query = Each("prod", DAEMON_SET)

    def places(*sets: DaemonSetView) -> set[str]:
        queries = second("prod", ("n1",), [(query, Listing(sets))])
        return {q.namespace for q in queries if isinstance(q, Each) and q.kind == POD}

    assert places(*fakes, real) == {"calico-system"}
    assert len(places(*fakes)) == 3


def test_a_node_whose_name_is_none_is_not_asked_for() -> None:
    _, every = _asked(_world(), ("n1", "", "../n2", "n3,status.phase=Running"))

    assert [
        query.ref.name for query in every if isinstance(query, Get) and isinstance(query.ref, KubeRef)
    ] == [
        "n1",
        "cilium-config",
    ]


QUESTIONS = (
    "discover prod",
    "list daemonsets",
    "get prod: Node",
    "list pods",
    "ConfigMap",
    "ciliumnodeconfigs",
)


@given(st.sets(st.sampled_from(QUESTIONS), min_size=1), st.sampled_from(["gone", "wrong"]))
def test_no_question_that_goes_unanswered_leaves_an_engine_proved(lost: set[str], how: str) -> None:
    world = _world()

    def answer(query: Query) -> Answer:
        if any(part in told(query) for part in lost):
            return Unavailable("forbidden") if how == "gone" else Absent(AKS)
        return world(query)

    found = engine_on("n1", _asked(answer)[0])
    silent = lost == {"discover prod"}  # what is served is a hint, and proves nothing either way

    assert silent or found.confidence is Confidence.UNPROVEN
    assert found.name in ({EngineName.UNKNOWN} if "list daemonsets" in lost else {EngineName.CILIUM})


@pytest.mark.parametrize(
    ("told_k3s", "expected"),
    [
        ('["server","--disable-network-policy"]', ("--disable-network-policy",)),
        ('["server","--token","********"]', ()),
        ("not json", None),
        ("{}", None),
    ],
)
def test_of_the_arguments_of_k3s_only_what_matters_is_kept(
    told_k3s: str, expected: tuple[str, ...] | None
) -> None:
    meta = NODE_BODY["metadata"] | {"annotations": {"k3s.io/node-args": told_k3s}}
    evidence, _ = _asked(_world(Node=NODE_BODY | {"metadata": meta}))
    facts = evidence.node("n1")

    assert isinstance(facts, Seen)
    assert facts.value is not None
    assert facts.value.arguments == expected


def test_what_is_asked_is_what_the_grants_allow_and_nothing_is_written() -> None:
    both = (CALICO_POLICY.served, CALICO_STORED_POLICY.served)
    _, every = _asked(_world(Discovered("prod", "uid", serves=(*NODES_SERVED, *both)), APIService={}))
    allowed = {(grant.group, grant.resource, verb) for grant in GRANTS for verb in grant.verbs}
    listed = {(q.kind.group, q.kind.plural, "list") for q in every if isinstance(q, Each)}
    refs = [q.ref for q in every if isinstance(q, Get) and isinstance(q.ref, KubeRef)]

    assert listed | {(ref.kind.group, ref.kind.plural, "get") for ref in refs} == allowed
