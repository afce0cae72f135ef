"""What the policies of a cluster leave out, held to the evaluator that looks at one connection at a time."""

import csv
import io
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import refs
from bot.domain.directions import Direction
from bot.domain.findings import Refusal
from bot.domain.posture.asking import posture
from bot.domain.posture.closing import unclosed
from bot.domain.posture.rows import What
from bot.domain.posture.scope import Scope
from bot.domain.residual import Connection, atlas, verdict
from bot.domain.residual.rules import UNSELECTED
from bot.domain.telling import Told
from tests.domain.explain.clusters import Answering, Body, calico, namespace, run
from tests.domain.residual.build import named, node, pod, policy, world

WEB = pod("web", {"app": "web"}, ips=["10.0.0.1"])
DB = pod("db", {"app": "db"}, ips=["10.0.0.2"])
SHOP = (namespace("shop"), namespace("empty"), WEB, DB, node("node-0", "10.9.0.1"))
BEYOND = "198.51.100.1"
RBAC = "rbac.authorization.k8s.io/v1"


def told(*objects: Body, space: str = "", blind: str = "", **foreign: Any) -> Told:
    cluster = Answering((*SHOP, *objects), foreign.get("foreign"), blind)
    found = run(posture(Scope("prod", space)), cluster)
    assert isinstance(found, Told), found
    return found


def rows(found: Told) -> list[list[str]]:
    assert found.file is not None
    head, *rest = csv.reader(io.StringIO(found.file.content))
    assert head == ["what", "namespace", "name", "detail"]
    return rest


def of(found: Told, what: What) -> list[list[str]]:
    return [row[1:] for row in rows(found) if row[0] == what]


def test_pods_that_no_policy_closes_are_listed_by_direction() -> None:
    found = told(policy("web", podSelector={"matchLabels": {"app": "web"}}), *calico("node-0"))

    assert [row[1] for row in of(found, What.OPEN_IN)] == ["db"]
    assert [row[1] for row in of(found, What.OPEN_OUT)] == ["db", "web"]
    assert [row[1] for row in of(found, What.HOST_NETWORK)] == ["calico-node-node-0"]
    assert "2 open out, 1 open in" in found.headline
    assert found.sections[0].lines[1].split() == ["shop", "2", "2", "1"]


def test_policies_that_do_nothing_are_told_with_what_is_missing() -> None:
    idle = policy("old", podSelector={"matchLabels": {"app": "gone"}})
    peer = {"podSelector": {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}}
    unless = {"podSelector": {"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}}
    far = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "mnitoring"}}}
    found = told(idle, policy("web", ingress=[{"from": [peer, unless, far]}]), *calico("node-0"))

    assert [row[1] for row in of(found, What.SELECTS_NOTHING)] == ["NetworkPolicy shop/old"]
    assert [row[1:] for row in of(found, What.MISSING_LABEL)] == [
        ["NetworkPolicy shop/old", "nothing has pod label app=gone"],
        ["NetworkPolicy shop/web", "nothing has pod label tier"],
        ["NetworkPolicy shop/web", "nothing has namespace label kubernetes.io/metadata.name=mnitoring"],
    ]


def test_policies_of_an_engine_that_is_not_here_are_ignored_ones() -> None:
    meta = {"name": "left-over", "namespace": "shop"}
    body = {"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": meta, "spec": {}}
    found = told(*calico("node-0"), foreign={refs.CILIUM_POLICY: [body]})

    assert of(found, What.IGNORED) == [
        ["shop", "CiliumNetworkPolicy left-over (cilium.io)", "no engine here reads it"]
    ]


def test_where_nothing_is_proved_it_is_said_for_each_pool_and_no_policy_is_called_ignored() -> None:
    pool = node("pooled", "10.9.0.7", labels={"agentpool": "blue"})
    found = told(pool, policy("web"), *calico("node-0"))

    engines = of(found, What.ENGINE)
    assert [row[1] for row in engines] == ["blue", "nodes of no pool"]
    assert engines[0][2].startswith("1 node: enforcement is not proved (Calico")
    assert engines[1][2] == "1 node: Calico 3.30.2 (operator) enforces (proved)"
    assert not of(found, What.IGNORED)


def test_on_nodes_that_enforce_nothing_every_policy_is_an_ignored_one() -> None:
    virtual = node("node-0", "10.9.0.1", labels={"type": "virtual-kubelet"})
    cluster = Answering((namespace("shop"), WEB, virtual, policy("web")))
    found = run(posture(Scope("prod")), cluster)

    assert isinstance(found, Told)
    assert of(found, What.IGNORED) == [["shop", "NetworkPolicy web", "nothing enforces policies on any node"]]


def binding(kind: str, role: str, name: str, space: str = "") -> Body:
    meta = {"name": role, **({"namespace": space} if space else {})}
    ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}
    return {"kind": kind, "metadata": meta, "roleRef": ref, "subjects": [{"kind": "Group", "name": name}]}


def role(name: str, **rule: list[str]) -> Body:
    return {"kind": "ClusterRole", "metadata": {"name": name}, "rules": [rule]}


def test_who_may_edit_policies_is_told_by_the_roles_that_are_bound() -> None:
    objects = (
        role("admin", apiGroups=["*"], resources=["*"], verbs=["*"]),
        role("looks", apiGroups=["*"], resources=["*"], verbs=["get", "list"]),
        role(
            "one",
            apiGroups=["networking.k8s.io"],
            resources=["networkpolicies"],
            verbs=["patch"],
            resourceNames=["x"],
        ),
        role("pods", apiGroups=[""], resources=["*"], verbs=["*"]),
        binding("ClusterRoleBinding", "admin", "ops"),
        binding("ClusterRoleBinding", "looks", "everybody"),
        binding("RoleBinding", "one", "=HYPERLINK(1)", "shop"),
        binding("RoleBinding", "admin", "far", "empty"),
        binding("RoleBinding", "pods", "podders", "shop"),
        binding("RoleBinding", "gone", "nobody", "shop"),
    )
    everywhere = of(told(*objects, *calico("node-0")), What.EDITOR)
    assert [(row[0], row[1]) for row in everywhere] == [
        ("", "Group ops"),
        ("empty", "Group far"),
        ("shop", "Group =HYPERLINK(1)"),
    ]
    assert everywhere[2][2] == "patch networkpolicies.networking.k8s.io named x (by ClusterRole one)"
    here = of(told(*objects, *calico("node-0"), space="shop"), What.EDITOR)
    assert [row[1] for row in here] == ["Group ops", "Group =HYPERLINK(1)"]


def test_what_the_bot_may_not_see_is_said_and_never_nobody() -> None:
    found = told(*calico("node-0"), blind="list roles")

    assert not of(found, What.EDITOR)
    assert of(found, What.NOT_KNOWN)[0][1] == "who may edit policies"
    blind = told(*calico("node-0"), blind="networkpolicies")
    assert any("could not be read" in row[2] for row in of(blind, What.NOT_KNOWN))
    no_pods = run(posture(Scope("prod")), Answering(SHOP, blind="list pods in prod/*"))
    assert isinstance(no_pods, Refusal)
    assert no_pods.code == "pods-unavailable"


def test_one_namespace_that_may_be_read_is_told_and_nothing_is_claimed_of_engines_that_were_not_seen() -> (
    None
):
    found = told(policy("web"), *calico("node-0"), space="shop", blind="list pods in prod/*")

    assert [row[1] for row in of(found, What.OPEN_OUT)] == ["db", "web"]
    assert not of(found, What.OPEN_IN)
    assert "enforcement is not proved" in of(found, What.ENGINE)[0][2]


def test_no_cell_is_a_formula_or_breaks_its_row() -> None:
    hostile = "=cmd|' /C calc'!A0\r\n\u202e"
    objects = (
        role("admin", apiGroups=["*"], resources=["*"], verbs=["*"]),
        binding("ClusterRoleBinding", "admin", hostile),
    )
    odd = {"kind": "ServiceAccount", "name": "x", "namespace": "@SUM(1)"}
    more = {**binding("ClusterRoleBinding", "admin", "x"), "subjects": [odd]}
    found = told(*objects, more, node("n", labels={"agentpool": "-2+3"}), *calico("node-0"))

    for row in rows(found):
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
            assert "\n" not in cell
    assert ["", "'-2+3"] in [row[:2] for row in of(found, What.ENGINE)]


def test_one_namespace_is_told_alone() -> None:
    other = pod("far", {}, "empty", ips=["10.0.1.1"])
    found = told(other, *calico("node-0"), space="empty")

    assert {row[1] for row in rows(found)} <= {"", "empty"}
    assert found.headline.startswith("prod/empty: 1 pod, 1 open out, 1 open in")
    absent = run(posture(Scope("prod", "shpo")), Answering(SHOP))
    assert isinstance(absent, Refusal)
    assert "shop" in absent.remedy


def test_a_question_is_asked_once_however_many_nodes_there_are() -> None:
    nodes = [node(f"n-{n}", f"10.8.0.{n}") for n in range(1, 100)]
    cluster = Answering((*SHOP, *nodes, *calico("node-0", *(n["metadata"]["name"] for n in nodes))))
    found = run(posture(Scope("prod")), cluster)

    assert isinstance(found, Told)
    assert of(found, What.ENGINE)[0][2] == "100 nodes: Calico 3.30.2 (operator) enforces (proved)"
    assert len(cluster.asked) < 20


LABELS = st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"), max_size=2)
TYPES = st.lists(st.sampled_from(["Ingress", "Egress"]), min_size=1, max_size=2, unique=True)


@given(
    st.lists(LABELS, min_size=1, max_size=4),
    st.lists(st.tuples(LABELS, TYPES, st.booleans()), max_size=4),
)
@settings(max_examples=150)
def test_a_pod_has_no_default_deny_exactly_where_no_policy_is_asked_about_it(
    pods: list[dict[str, str]], policies: list[tuple[dict[str, str], list[str], bool]]
) -> None:
    bodies = [pod(f"p{n}", labels, ips=[f"10.0.0.{n + 1}"]) for n, labels in enumerate(pods)]
    made = [
        policy(
            f"np{n}",
            podSelector={"matchLabels": labels},
            policyTypes=types,
            egress=[{}] if opens else [],
            ingress=[{}] if opens else [],
        )
        for n, (labels, types, opens) in enumerate(policies)
    ]
    there = world(bodies, made)
    found = unclosed(atlas(there))

    for body in bodies:
        one = named(there, body["metadata"]["name"])
        out = verdict(Connection(one, BEYOND, "TCP", 1), there).source
        into = verdict(Connection(BEYOND, one, "TCP", 1), there).destination
        assert out is not None
        assert into is not None
        expected = [
            way
            for way, side in ((Direction.INGRESS, into), (Direction.EGRESS, out))
            if side.causes == (UNSELECTED,)
        ]
        assert list(found.get(("shop", one.name), ())) == expected


@given(st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=100)
def test_names_of_any_kind_come_back_as_rows_of_four(name: str, label: str) -> None:
    objects = (
        role("admin", apiGroups=["*"], resources=["*"], verbs=["*"]),
        binding("ClusterRoleBinding", "admin", json.loads(json.dumps(name))),
        node("n", labels={"agentpool": label}),
    )
    found = told(*objects)

    assert all(len(row) == 4 for row in rows(found))
