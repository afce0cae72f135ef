"""Each feature of a NetworkPolicy by the API reference, and what is not known is said."""

from typing import Any

import msgspec
import pytest

from bot.domain import network_policies, views
from bot.domain.directions import Direction
from bot.domain.residual import (
    Cause,
    Compiled,
    Connection,
    NodeGroup,
    Outside,
    Pod,
    PodGroup,
    Residual,
    Semantics,
    World,
    residual,
    verdict,
    world_of,
)
from bot.domain.residual.atlas import Peer
from bot.domain.residual.sets import block, ports, spelled
from tests.domain.residual.build import Body, named, node, pod, policy, read, world

WEB, DB = pod("web", {"app": "web"}, ips=["10.0.0.1"]), pod("db", {"app": "db"}, ips=["10.0.0.2"])
FAR = pod("far", {"app": "far"}, "far", ips=["10.0.1.1"])
NODE = node("node-0", "10.9.0.1")


def can(there: World, source: str, destination: str, port: int, protocol: str = "TCP") -> bool:
    def end(text: str) -> Pod | str:
        namespace, _, name = text.rpartition("/")
        return named(there, name, namespace) if namespace else text

    return verdict(Connection(end(source), end(destination), protocol, port), there).allowed


def asked(there: World, name: str = "web") -> Residual:
    return residual(named(there, name), there)


def summary(found: Residual, direction: Direction) -> set[tuple[str, str]]:
    """Return whom and on what, in words."""

    def who(peer: Peer) -> str:
        match peer:
            case PodGroup(namespace, _, pods):
                return f"{namespace}/{','.join(pods)}"
            case NodeGroup(nodes):
                return ",".join(nodes)
            case Outside(beyond):
                return ",".join(beyond.cidrs())

    return {(who(a.peer), spelled(a.ports)) for a in found.allowances if a.direction is direction}


def test_without_a_policy_everything_is_open_and_it_says_that_no_policy_selects_the_pod() -> None:
    found = asked(world([WEB, DB, FAR], nodes=[NODE]))

    everyone = {
        ("shop/db", "all ports"),
        ("far/far", "all ports"),
        ("node-0", "all ports"),
        ("0.0.0.0/0", "all ports"),
    }
    assert summary(found, Direction.EGRESS) == summary(found, Direction.INGRESS) == everyone
    assert {cause.name for a in found.allowances for cause in a.causes} == {"no policy selects it"}
    assert found.exact


def test_a_policy_that_allows_nothing_leaves_nothing() -> None:
    there = world([WEB, DB, FAR], [policy(policyTypes=["Ingress", "Egress"])], [NODE])

    assert asked(there).allowances == ()
    assert asked(there).exact


def test_both_sides_have_to_allow_a_connection_and_both_are_named() -> None:
    out = policy(
        "out",
        podSelector={"matchLabels": {"app": "web"}},
        policyTypes=["Egress"],
        egress=[{"to": [{"podSelector": {}}]}],
    )
    into = policy("in", podSelector={"matchLabels": {"app": "db"}}, ingress=[{"ports": [{"port": 5432}]}])
    found = asked(world([WEB, DB, FAR], [out, into]))

    assert summary(found, Direction.EGRESS) == {("shop/db", "TCP 5432")}
    (allowed,) = (a for a in found.allowances if a.direction is Direction.EGRESS)
    assert allowed.causes == (Cause("NetworkPolicy", "shop", "out", 0),)
    assert allowed.theirs == (Cause("NetworkPolicy", "shop", "in", 0),)


def test_every_policy_that_allows_the_same_is_to_blame() -> None:
    rule: Body = {"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}], "ports": [{"port": 443}]}
    two = [policy(name, policyTypes=["Egress"], egress=[rule]) for name in ("one", "two")]
    found = asked(world([WEB], two))

    (allowed,) = (a for a in found.allowances if a.direction is Direction.EGRESS)
    assert allowed.peer == Outside(block("203.0.113.0/24"))
    assert allowed.ports == ports("TCP", 443, 443)
    assert [cause.name for cause in allowed.causes] == ["one", "two"]


def test_a_named_port_is_that_of_the_pod_that_is_connected_to() -> None:
    one = pod("one", ports=[("http", "TCP", 8080)], ips=["10.0.0.3"])
    two = pod("two", ports=[("http", "TCP", 9090)], ips=["10.0.0.4"])
    rule: Body = {"to": [{"podSelector": {}}], "ports": [{"port": "http"}]}
    there = world(
        [WEB, one, two],
        [policy(podSelector={"matchLabels": {"app": "web"}}, policyTypes=["Egress"], egress=[rule])],
    )

    assert summary(asked(there), Direction.EGRESS) == {("shop/one", "TCP 8080"), ("shop/two", "TCP 9090")}


def test_a_port_of_a_sidecar_counts_and_that_of_another_init_container_does_not() -> None:
    sidecar = {"name": "s", "restartPolicy": "Always", "ports": [{"name": "admin", "containerPort": 15000}]}
    setup = {"name": "i", "ports": [{"name": "admin", "containerPort": 15001}]}
    proxied = pod("proxied", ips=["10.0.0.3"], spec={"initContainers": [sidecar, setup]})
    there = world([WEB, proxied], [policy(ingress=[{"ports": [{"port": "admin"}]}])])

    assert can(there, "shop/web", "shop/proxied", 15000)
    assert not can(there, "shop/web", "shop/proxied", 15001)


def test_a_pod_on_the_host_network_is_its_node() -> None:
    host = pod("agent", {"app": "db"}, ips=["10.9.0.1"], spec={"hostNetwork": True})
    to_db: Body = {"to": [{"podSelector": {"matchLabels": {"app": "db"}}}]}
    to_node: Body = {"to": [{"ipBlock": {"cidr": "10.9.0.0/24"}}], "ports": [{"port": 10250}]}
    there = world([WEB, DB, host], [policy(policyTypes=["Egress"], egress=[to_db, to_node])], [NODE])

    assert not can(there, "shop/web", "shop/agent", 80)
    assert can(there, "shop/web", "shop/agent", 10250)
    assert ("node-0", "TCP 10250") in summary(asked(there), Direction.EGRESS)


def test_of_a_pod_on_the_host_network_it_is_said_that_policies_mean_nothing_defined() -> None:
    host = pod("agent", ips=["10.9.0.1"], spec={"hostNetwork": True})
    found = asked(world([DB, host], [policy(policyTypes=["Ingress", "Egress"])], [NODE]), "agent")

    assert not found.exact
    assert "on its node's network" in found.unmodelled[0]


@pytest.mark.parametrize(("pods", "nodes"), [(True, True), (False, True), (True, False), (False, False)])
def test_whether_a_block_matches_pods_and_nodes_is_the_engines_own(pods: bool, nodes: bool) -> None:
    every: Body = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}
    out = policy(podSelector={"matchLabels": {"app": "web"}}, policyTypes=["Egress"], egress=[every])
    there = world([WEB, DB], [out], [NODE], semantics=Semantics(pods, nodes))

    found = summary(asked(there), Direction.EGRESS)
    assert ("shop/db", "all ports") in found if pods else ("shop/db", "all ports") not in found
    assert (("node-0", "all ports") in found) is nodes
    assert ("0.0.0.0/0", "all ports") in found


def test_the_addresses_of_a_pod_are_judged_each_by_itself() -> None:
    both = pod("both", ips=["10.0.0.7", "fd00::7"])
    dual = pod("web", {"app": "web"}, ips=["10.0.0.1", "fd00::1"])
    rule: Body = {"to": [{"ipBlock": {"cidr": "fd00::/64"}}], "ports": [{"port": 80}]}
    out = policy("out", podSelector={"matchLabels": {"app": "web"}}, policyTypes=["Egress"], egress=[rule])
    only_v4: Body = {"from": [{"ipBlock": {"cidr": "10.0.0.1/32"}}]}
    closed = world([dual, both], [out, policy("in", ingress=[only_v4])])

    assert can(world([dual, both], [out]), "shop/web", "shop/both", 80)
    assert not can(closed, "shop/web", "shop/both", 80)


def test_a_pod_that_ended_is_nobodys_peer_and_has_nothing_open() -> None:
    there = world([WEB, pod("db", {"app": "db"}, ips=["10.0.0.2"], phase="Succeeded")])

    assert {who for who, _ in summary(asked(there), Direction.EGRESS)} == {"0.0.0.0/0"}
    assert asked(there, "db") == Residual("shop", "db", ())


def test_a_pod_always_reaches_itself_and_it_is_no_line_of_the_answer() -> None:
    closed = world([WEB], [policy(policyTypes=["Ingress", "Egress"])])

    assert can(closed, "shop/web", "shop/web", 80)
    assert asked(world([WEB])).allowances
    assert all(not isinstance(a.peer, PodGroup) for a in asked(world([WEB])).allowances)


def test_a_pod_that_is_not_as_it_stands_in_the_world_is_refused_rather_than_taken_for_an_open_one() -> None:
    there = world([WEB], [policy(policyTypes=["Ingress", "Egress"])])
    relabelled = there.relabelled("shop", "web", {"app": "other"})

    with pytest.raises(ValueError, match="shop/web is not as it stands"):
        residual(named(relabelled, "web"), there)
    assert residual(named(relabelled, "web"), relabelled).allowances == ()


def test_pods_that_no_policy_tells_apart_are_one_group() -> None:
    crowd = [
        pod(f"p{n}", {"app": "same", "pod-template-hash": f"{n}"}, ips=[f"10.0.2.{n}"]) for n in range(50)
    ]
    out = policy(
        podSelector={"matchLabels": {"app": "web"}},
        policyTypes=["Egress"],
        egress=[{"to": [{"podSelector": {}}]}],
    )
    found = asked(world([WEB, *crowd], [out]))

    (group,) = (a.peer for a in found.allowances if a.direction is Direction.EGRESS)
    assert isinstance(group, PodGroup)
    assert group.labels == (("app", "same"),)
    assert len(group.pods) == 50


ODD: list[tuple[Body, str]] = [
    ({"ingress": [{"from": [{"podSelector": {}}], "tunnels": 1}]}, "tunnels"),
    ({"ingress": [{"ports": [{"protocol": "ICMP"}]}]}, "ICMP"),
    ({"ingress": [{"from": [{"galaxy": {}}]}]}, "galaxy"),
    ({"ingress": [{"from": [{}]}]}, "a peer that says nothing"),
    ({"ingress": [{"from": [{"ipBlock": {"cidr": "nowhere"}}]}]}, "nowhere"),
    (
        {"ingress": [{"from": [{"ipBlock": {"cidr": "::/0"}, "podSelector": {}}]}]},
        "both addresses and selectors",
    ),
    ({"ingress": [{"ports": [{"port": "http", "endPort": 90}]}]}, "a named port with an end"),
    ({"podSelector": {"matchExpressions": [{"key": "a", "operator": "Near"}]}}, "Near"),
    ({"policyTypes": ["Ingress", "Sideways"]}, "Sideways"),
    ({"shadow": True}, "shadow"),
]


@pytest.mark.parametrize(("spec", "named_as"), ODD)
def test_what_is_not_known_is_named_and_the_answer_is_at_least(spec: Body, named_as: str) -> None:
    found = asked(world([WEB, DB], [policy("odd", **spec)]))

    assert not found.exact
    assert any("NetworkPolicy shop/odd" in text and named_as in text for text in found.unmodelled)


def test_what_is_not_known_far_away_does_not_blur_an_answer_that_it_cannot_change() -> None:
    odd = policy("odd", "far", ingress=[{"tunnels": 1}])
    closed = policy(policyTypes=["Ingress", "Egress"])

    assert asked(world([WEB, FAR], [odd, closed])).exact
    assert not asked(world([WEB, FAR], [odd])).exact


def test_labels_of_a_namespace_that_was_not_seen_are_not_taken_for_none() -> None:
    pods = read([WEB, FAR], views.PodView)
    blind = world_of(pods, read([], views.NamespaceView), (), Compiled())

    assert asked(blind).unmodelled == tuple(
        f"the labels of namespace {name} are not known" for name in ("far", "shop")
    )


def test_a_spec_that_is_none_fails_the_reading_of_its_bytes() -> None:
    body = b'{"kind":"NetworkPolicy","metadata":{"name":"x"},"spec":{"podSelector":"all"}}'

    with pytest.raises(msgspec.ValidationError, match="podSelector"):
        msgspec.json.decode(body, type=views.NetworkPolicyView)


def test_without_types_a_policy_governs_egress_only_if_it_has_egress_rules() -> None:
    def governed(**spec: Any) -> tuple[bool, bool]:
        view = msgspec.json.decode(msgspec.json.encode(policy(**spec)), type=views.NetworkPolicyView)
        read = network_policies.whole(view)
        return read.governs_ingress, read.governs_egress

    assert governed() == (True, False)
    assert governed(egress=[]) == (True, False)
    assert governed(egress=[{}]) == (True, True)
    assert governed(policyTypes=["Egress"]) == (False, True)
