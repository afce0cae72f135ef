"""The rights that are granted are the rights that are used, and the guard knows what the actions declare."""

from typing import Any

import msgspec
import pytest
import yaml

from bot.actions import CATALOGUE
from bot.actions.quarantine_pod import QuarantinePod
from bot.domain.changes import Create, Delete, Patch, undo
from bot.domain.evidence import GRANTS as EVIDENCE
from bot.domain.flows.asked import About, Subject
from bot.domain.flows.resolving import GRANTS as FLOWS
from bot.domain.flows.resolving import resolving
from bot.domain.flows.wish import Wish
from bot.domain.queries import Access, Contained, Discover, DryRun, Each, Flows, Get, Query
from bot.domain.refs import (
    DAEMON_SET,
    ENGINE_KINDS,
    NAMESPACE,
    NETWORK_POLICY,
    NODE,
    POD,
    RULING_KINDS,
    STATEFUL_SET,
    Kind,
    KubeRef,
)
from bot.engine.rbac import admission, manifests, rules
from tests.actions.cluster import cluster, quarantine
from tests.actions.generated import RBAC, rbac
from tests.actions.staged import named, owned, planned, pod
from tests.domain.explain.clusters import Answering, run
from tests.domain.flows.test_flow_resolving import CILIUM, WORLD

DEPLOYMENT = RBAC.with_name("firebreak.yaml")
WRITES = {Create: "create", Delete: "delete", Patch: "patch"}
Used = set[tuple[str, str, str]]


def _use(kind: Kind, verb: str) -> tuple[str, str, str]:
    return (kind.group, kind.plural, verb)


def _of_the_api(queries: tuple[Query, ...]) -> tuple[Query, ...]:
    """Flows are asked of those who saw them, and our own records of ourselves."""
    return tuple(query for query in queries if not isinstance(query, Flows | Contained))


def _used() -> Used:
    """Return what a quarantine of a ReplicaSet's and a StatefulSet's pod does, and its way back."""
    world = cluster()
    world.put(named(STATEFUL_SET, "db", spec={"replicas": 1}))
    world.put(pod("db-0", ownerReferences=owned("StatefulSet", "db")))
    plan = planned(quarantine("api-1", "db-0"), world)
    used: Used = set()
    own, stored = "projectcalico.org", "crd.projectcalico.org"
    engines = (*_asked_of_engines(own), *_asked_of_engines(stored), *_asked_of_engines(own, stored))
    for query in _of_the_api((*world.asked, *engines)):
        match query:
            case Discover():
                used.add(_use(NAMESPACE, "get"))
            case Get(KubeRef(_, kind)):
                used.add(_use(kind, "get"))
            case Each(_, kind):
                used.add(_use(kind, "list"))
            case DryRun(Create() | Patch() as written):
                used.add(_use(written.ref.kind, WRITES[type(written)]))
            case _:
                pytest.fail(f"no right is known for {query}")
    used.add(
        _use(NETWORK_POLICY, "update")
    )  # a person may choose to write ours again over what others made of it
    used |= {_use(kind, "watch") for kind in (POD, NETWORK_POLICY, *RULING_KINDS)}  # while it stands
    for part in plan.parts:
        for change in undo(part.changes):
            used |= {_use(change.ref.kind, WRITES[type(change)]), _use(change.ref.kind, "get")}
    return used


def _asked_of_engines(*calico: str) -> list[Query]:
    """Return what is asked where Cilium runs and every kind of policy is served, Calico's in these groups."""
    world = cluster()
    assert world.discovered is not None
    groups = {kind.group for kind in ENGINE_KINDS} - {"projectcalico.org", "crd.projectcalico.org"} | set(
        calico
    )
    serves = tuple(kind.served for kind in ENGINE_KINDS if kind.group in groups)
    world.discovered = msgspec.structs.replace(world.discovered, serves=serves)
    agent = {
        "metadata": {"labels": {"k8s-app": "cilium"}},
        "spec": {"containers": [{"name": "cilium-agent"}]},
    }
    world.put(named(DAEMON_SET, "cilium", "kube-system", spec={"template": agent}))
    world.put(named(NETWORK_POLICY, "other", spec={"podSelector": {}, "ingress": [{}]}))
    world.refuses = lambda asked: (
        "no" if isinstance(asked, Access) else ""
    )  # by default only the floor is written
    planned(quarantine("api-1"), world)
    return [query for query in world.asked if not isinstance(query, Access)]


def test_a_quarantine_is_granted_exactly_what_it_uses() -> None:
    granted = {(g.group, g.resource, verb) for g in QuarantinePod.grants for verb in g.verbs}

    assert granted == _used()


def test_all_that_flows_are_told_by_is_granted_with_the_smallest_rights() -> None:
    world = Answering((*WORLD, CILIUM))
    run(resolving(Wish("prod", Subject(About.POD, "api-1", "payments"))), world)
    read = (query.ref for query in world.asked if isinstance(query, Get))
    used = {_use(ref.kind, "get") for ref in read if isinstance(ref, KubeRef)}
    used |= {_use(query.kind, "list") for query in world.asked if isinstance(query, Each)}
    made = manifests("firebreak", "firebreak")
    granted = {
        (rule["apiGroups"][0], rule["resources"][0], verb)
        for role in _of("ClusterRole", made)
        for rule in role["rules"]
        for verb in rule["verbs"]
    }

    assert ("cilium.io", "ciliumendpoints", "get") in used
    assert used <= granted


def test_the_generated_files_are_current() -> None:
    assert RBAC.read_text(encoding="utf-8") == rbac()


def _of(kind: str, made: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    return [manifest for manifest in made if manifest["kind"] == kind]


def test_every_resource_appears_once_with_all_verbs_that_any_action_declares() -> None:
    made = manifests("firebreak", "firebreak")
    granted = [rule for kind in ("ClusterRole", "Role") for role in _of(kind, made) for rule in role["rules"]]

    for role in _of("ClusterRole", made):
        assert len({(*r["apiGroups"], *r["resources"]) for r in role["rules"]}) == len(role["rules"])
    assert {(r["apiGroups"][0], r["resources"][0], v) for r in granted for v in r["verbs"]} == {
        (g.group, g.resource, v)
        for grants in (EVIDENCE, FLOWS, *(action.grants for action in CATALOGUE.values()))
        for g in grants
        for v in g.verbs
    }
    assert not any("*" in field for rule in granted for field in rule.values())


def test_named_namespaces_get_roles_and_no_right_reaches_beyond_them() -> None:
    made = manifests("firebreak", "firebreak", namespaces=("payments", "web"))
    (wide,) = _of("ClusterRole", made)

    clusterwide = {kind.plural for kind in (*ENGINE_KINDS, NAMESPACE, NODE) if not kind.namespaced} | {
        "apiservices",
        "daemonsets",
    }
    assert {name for rule in wide["rules"] for name in rule["resources"]} == clusterwide
    assert {verb for rule in wide["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    local = [role for role in _of("Role", made) if role["metadata"]["name"] == "firebreak-contain"]
    assert [role["metadata"]["namespace"] for role in local] == ["payments", "web"]
    assert {b["roleRef"]["kind"] for b in _of("RoleBinding", made)} == {"Role"}
    read = [role for role in _of("Role", made) if role not in local]
    assert {role["metadata"]["namespace"] for role in read} == {"default", "kube-system"}
    assert {verb for role in read for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list"}


def test_a_user_from_outside_gets_the_rights_without_a_service_account() -> None:
    made = manifests("firebreak", "firebreak", username="bot@example.org")

    assert not _of("ServiceAccount", made)
    assert {b["subjects"][0]["name"] for b in _of("ClusterRoleBinding", made)} == {"bot@example.org"}
    assert 'request.userInfo.username == "bot@example.org"' in str(_of("ValidatingAdmissionPolicy", made))


@pytest.mark.parametrize("username", ['x" || true || "', "a\nb", "back\\slash", "ünï"])
def test_a_username_is_one_literal_of_the_guards_condition(username: str) -> None:
    condition = admission(username)[0]["spec"]["matchConditions"][0]["expression"]

    literal = condition.removeprefix("request.userInfo.username == ")
    assert yaml.safe_load(literal) == username
    assert "\n" not in literal


def test_the_guards_fail_closed_and_each_is_bound_to_deny() -> None:
    made = admission("someone")
    guards, bindings = _of("ValidatingAdmissionPolicy", made), _of("ValidatingAdmissionPolicyBinding", made)

    assert {guard["spec"]["failurePolicy"] for guard in guards} == {"Fail"}
    assert [b["spec"]["policyName"] for b in bindings] == [g["metadata"]["name"] for g in guards]
    assert all(b["spec"]["validationActions"] == ["Deny"] for b in bindings)


def test_the_guards_stand_before_the_rights_that_they_guard() -> None:
    kinds = [manifest["kind"] for manifest in manifests("firebreak", "firebreak")]

    assert max(i for i, k in enumerate(kinds) if "Admission" in k) < kinds.index("ClusterRole")


def test_the_guard_knows_every_key_that_an_action_declares() -> None:
    text = str(admission("someone"))

    for action in CATALOGUE.values():
        assert all(f'"{key}"' in text for key in (*action.pod_labels, *action.pod_annotations))


def test_verbs_of_several_grants_are_united_in_a_stable_order() -> None:
    grants = [grant for action in CATALOGUE.values() for grant in action.grants]

    assert rules([*grants, *reversed(grants)]) == rules(grants)


def test_the_deployment_runs_as_the_account_that_the_rights_are_bound_to() -> None:
    documents = list(yaml.safe_load_all(DEPLOYMENT.read_text(encoding="utf-8")))
    (deployment,) = (d for d in documents if d["kind"] == "Deployment")
    (account,) = _of("ServiceAccount", manifests("firebreak", "firebreak"))
    template = deployment["spec"]["template"]

    assert template["spec"]["serviceAccountName"] == account["metadata"]["name"]
    assert {d["metadata"].get("namespace", d["metadata"]["name"]) for d in documents} == {
        account["metadata"]["namespace"]
    }
    assert deployment["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()


def test_the_bot_itself_has_no_power_over_its_node() -> None:
    documents = list(yaml.safe_load_all(DEPLOYMENT.read_text(encoding="utf-8")))
    (deployment,) = (d for d in documents if d["kind"] == "Deployment")
    spec = deployment["spec"]["template"]["spec"]
    (container,) = spec["containers"]

    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
