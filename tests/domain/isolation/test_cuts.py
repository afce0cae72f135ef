"""What each strategy writes: the traps of every engine, what stays open on purpose, and the order of the changes."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import isolation
from bot.domain.changes import Create, Patch, When, invert, undo
from bot.domain.isolation import LABEL, Allowances, Cut, Options, Relabel, StrategyName, allowing, cilium
from bot.domain.isolation.allowances import MOST_RANGES, NODE_DNS
from bot.domain.isolation.detaching import DELETION_COST, DETACHED
from bot.domain.queries import kube
from bot.domain.refs import POD
from bot.domain.selectors import Requirement, Selector
from bot.domain.views import PodView

REF = kube("prod", POD, "payments", "api-1")
ALL = {"endpointSelector", "ingressDeny", "egressDeny"}


def pod(**meta: Any) -> PodView:
    owner = {"kind": "ReplicaSet", "name": "api", "uid": "u", "controller": True}
    whole = {"name": "api-1", "uid": "uid-1", "labels": {"app": "api"}, "ownerReferences": [owner], **meta}
    return msgspec.convert({"kind": "Pod", "metadata": whole}, PodView)


def body(options: Options) -> dict[str, Any]:
    change = isolation.steps(pod(), REF, "FB-7K3Q", 0, options)[1].change
    assert isinstance(change, Create)
    found: dict[str, Any] = change.body.value["spec"]
    return found


def deny(**options: Any) -> dict[str, Any]:
    return body(Options(StrategyName.CILIUM, **options))


def entities(rules: list[dict[str, Any]], key: str) -> set[str]:
    return {entity for rule in rules for entity in rule.get(key, ()) if "toPorts" not in rule}


def test_strict_denies_all_by_its_name_since_an_empty_peer_denies_nothing() -> None:
    found = deny()

    assert set(found) == ALL
    assert found["ingressDeny"] == [{"fromEntities": ["all"]}]
    assert found["egressDeny"] == [{"toEntities": ["all"]}]


def test_keeping_probes_spares_the_own_node_and_nothing_else_on_the_way_in_alone() -> None:
    found = deny(keep_probes=True)
    peers, pods = found["ingressDeny"]

    assert "host" not in peers["fromEntities"]
    assert {"world", "remote-node", "kube-apiserver", "ingress", "health", "init", "unmanaged"} == set(
        peers["fromEntities"]
    )
    keys = {e["key"] for e in pods["fromEndpoints"][0]["matchExpressions"]}
    assert keys == {"k8s:io.kubernetes.pod.namespace", "k8s:io.cilium.k8s.policy.cluster"}
    assert found["egressDeny"] == [{"toEntities": ["all"]}]


VARIANTS = [
    Options(StrategyName.CILIUM, probes, Allowances(dns, ranges), ports)
    for probes in (False, True)
    for dns in (False, True)
    for ranges in ((), ("203.0.113.0/24", "2001:db8::/48"))
    for ports in (False, True)
]


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_a_rule_names_peers_in_one_way_only_and_what_is_opened_is_never_denied(options: Options) -> None:
    found = body(options)
    for rule in (*found["ingressDeny"], *found["egressDeny"], *found.get("egress", ())):
        assert len([k for k in rule if k != "toPorts"]) == 1
        assert all(v for v in rule.values())
    if options.allow.ranges:
        assert "world" not in entities(found["egressDeny"], "toEntities")
        assert "all" not in entities(found["egressDeny"], "toEntities")
        (sets,) = [rule["toCIDRSet"] for rule in found["egressDeny"] if "toCIDRSet" in rule]
        assert [s["cidr"] for s in sets] == ["0.0.0.0/0", "::/0"]
        assert sorted(e for s in sets for e in s["except"]) == sorted(options.allow.ranges)
        assert {"toCIDR": list(options.allow.ranges)} in found["egress"]
    if not options.allow.any:
        assert "egress" not in found
        assert found["egressDeny"] == [{"toEntities": ["all"]}]


def test_dns_is_carved_out_of_the_deny_and_allowed_by_name() -> None:
    found = deny(allow=Allowances(dns=True), port_ranges=True)
    denied = found["egressDeny"]
    servers = {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s:k8s-app": "kube-dns"}}

    (others,) = [r for r in denied if r.get("toEndpoints") == [servers]]
    assert [(p["port"], p["endPort"]) for p in others["toPorts"][0]["ports"]] == [("1", 52), ("54", 65535)]
    assert {"world", "remote-node", "kube-apiserver"} <= entities(denied, "toEntities")
    assert "host" not in entities(denied, "toEntities")
    assert [r["toEndpoints"] for r in found["egress"] if "toEndpoints" in r] == [[servers]]
    whole = [r["toEndpoints"][0]["matchExpressions"] for r in denied if "matchExpressions" in str(r)]
    assert all({"key": "k8s:io.kubernetes.pod.namespace", "operator": "Exists"} in each for each in whole)
    assert [each[-1]["operator"] for each in whole] == ["NotIn", "NotIn"]


def test_an_old_cilium_without_ranges_of_ports_keeps_the_node_cut_and_says_so() -> None:
    options = Options(StrategyName.CILIUM, allow=Allowances(dns=True))
    found = body(options)

    assert "endPort" not in str(found)
    assert "host" in entities(found["egressDeny"], "toEntities")
    assert "host" not in str(found["egress"])
    assert any("ranges of ports" in text for text in isolation.limits(options))


def test_strict_says_that_probes_fail_and_keeping_them_that_the_node_gets_in() -> None:
    assert any("restarted" in text for text in isolation.limits(Options(StrategyName.CILIUM)))
    assert any(
        "own node" in text for text in isolation.limits(Options(StrategyName.CILIUM, keep_probes=True))
    )
    assert isolation.limits(Options()) == ()


@pytest.mark.parametrize(
    "key",
    [
        "kubernetes.io/name", "io.kubernetes.x", "k8s.io/app", "pod-template-hash", "controller-revision-hash",
        "statefulset.kubernetes.io/pod-name", "failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone",
        "apps.kubernetes.io/pod-index", "batch.kubernetes.io/controller-uid",
    ],
)  # fmt: skip
def test_label_keys_that_cilium_ignores_are_known(key: str) -> None:
    assert cilium.ignored(Selector({key: "x"})) == (key,)


def test_our_own_label_and_ordinary_keys_are_not_ignored_by_cilium() -> None:
    needs = (Requirement("app", "Exists"),)
    assert cilium.ignored(Selector({LABEL: "x", "app.kubernetes.io/name": "x", "k8s-app": "x"}, needs)) == ()


def test_calico_allows_before_it_denies_and_every_protocol_is_denied() -> None:
    found = body(
        Options(StrategyName.CALICO, allow=Allowances(dns=True, ranges=("203.0.113.0/24", "2001:db8::/48")))
    )

    assert [rule["action"] for rule in found["egress"]] == ["Allow"] * 6 + ["Deny"]
    assert found["ingress"] == [{"action": "Deny"}]
    assert found["egress"][-1] == {"action": "Deny"}
    assert found["types"] == ["Ingress", "Egress"]
    assert [
        r["destination"]["nets"] for r in found["egress"] if "protocol" not in r and "destination" in r
    ] == [
        ["203.0.113.0/24"],
        ["2001:db8::/48"],
    ]
    assert found["egress"][2]["destination"] == {"nets": list(NODE_DNS), "ports": [53]}


def test_the_floor_names_both_directions_and_opens_nothing_unless_asked() -> None:
    bare = isolation.steps(pod(), REF, "FB-7K3Q", 0, Options())[0].change
    opened = isolation.steps(pod(), REF, "FB-7K3Q", 0, Options(allow=Allowances(dns=True)))[0]

    assert isinstance(bare, Create)
    assert bare.body.value["spec"] == {
        "podSelector": {"matchLabels": {LABEL: "fb-7k3q-0"}},
        "policyTypes": ["Ingress", "Egress"],
    }
    assert isinstance(opened.change, Create)
    (rule,) = opened.change.body.value["spec"]["egress"]
    assert rule["ports"] == [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]
    assert "allows only DNS out" in opened.words


@pytest.mark.parametrize("strategy", StrategyName)
def test_every_policy_comes_before_the_label_that_it_selects(strategy: StrategyName) -> None:
    moved = (Relabel("app", "api", None),)
    made = isolation.changes(pod(), REF, "FB-7K3Q", 0, Options(strategy, moved=moved))

    *before, last = made
    assert isinstance(last, Patch)
    assert last.keys[0].path[-1] == LABEL
    kinds = [type(change) for change in before]
    assert kinds == sorted(kinds, key=lambda k: k is Create), "labels of others go first, then the policies"


def test_detaching_is_marked_before_and_unmarked_after_and_waits_on_its_way_back() -> None:
    moved = (Relabel("app", "api", None), Relabel("tier", None, "detached"))
    made = isolation.steps(pod(), REF, "FB-7K3Q", 0, Options(StrategyName.DETACH, moved=moved))
    mark, labels, _, ours = (step.change for step in made)

    assert isinstance(mark, Patch)
    assert isinstance(labels, Patch)
    assert [k.path[-1] for k in mark.keys] == [DELETION_COST]
    assert [k.path[-1] for k in labels.keys] == ["app", "tier", DETACHED]
    back = undo(tuple(step.change for step in made))
    assert [type(c).__name__ for c in back] == ["Patch", "Delete", "Patch", "Patch"]
    assert [c.when for c in back if isinstance(c, Patch)] == [When.ALWAYS, When.READY, When.TAKEN_BACK]
    assert all(invert(invert(c)) == c for c in (mark, labels, ours))
    words = " ".join(step.words for step in made)
    assert "take off label app=api" in words
    assert "set label tier=detached" in words


def test_a_pod_without_a_controller_waits_for_none() -> None:
    alone = pod(ownerReferences=[])
    first = isolation.changes(
        alone, REF, "FB-7K3Q", 0, Options(StrategyName.DETACH, moved=(Relabel("app", "api", None),))
    )[0]

    assert isinstance(first, Patch)
    assert first.undo_when is When.ALWAYS


def test_by_hand_the_labels_come_back_after_the_same_waits() -> None:
    made = isolation.part(
        pod(), REF, "FB-7K3Q", 0, "prod", Options(StrategyName.DETACH, moved=(Relabel("app", "api", None),))
    )

    waits = [command.split(" && ")[0] for command in made.commands.undo if " && " in command]
    assert waits == [
        "kubectl --context prod -n payments wait pods api-1 --for=condition=Ready --timeout=10m",
        (
            "kubectl --context prod -n payments wait pods api-1 "
            "--for=jsonpath='{.metadata.ownerReferences[0].controller}'=true --timeout=2m"
        ),
    ]
    assert not any(" && " in command for command in made.commands.do)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (("dns",), Allowances(dns=True)),
        (("DNS", "203.0.113.7"), Allowances(dns=True, ranges=("203.0.113.7/32",))),
        (("10.0.1.0/24", "10.0.0.0/24"), Allowances(ranges=("10.0.0.0/23",))),
        (("2001:DB8::/32", "10.0.0.1/32"), Allowances(ranges=("10.0.0.1/32", "2001:db8::/32"))),
        ((), Allowances()),
    ],
)
def test_what_stays_open_is_read_into_one_form(typed: tuple[str, ...], expected: Allowances) -> None:
    assert allowing(typed) == expected


@pytest.mark.parametrize(
    "typed",
    ["all", "0.0.0.0/0", "::/0", "10.0.0.1/8", "10.0.0.256", "fe80::1%eth0", "", "10.0.0.0/8; x", "01.2.3.4"],
)
def test_what_is_no_range_or_everything_is_refused_in_plain_words(typed: str) -> None:
    with pytest.raises(ValueError, match=r"neither dns|every address|zone"):
        allowing((typed,))


def test_only_so_many_ranges_stay_open() -> None:
    with pytest.raises(ValueError, match="at most"):
        allowing(tuple(f"10.{n}.0.0/24" for n in range(MOST_RANGES + 1)))


@given(st.lists(st.one_of(st.just("dns"), st.ip_addresses().map(str)), max_size=MOST_RANGES))
def test_reading_what_was_read_changes_nothing(typed: list[str]) -> None:
    found = allowing(tuple(typed))

    assert allowing((*(("dns",) if found.dns else ()), *found.ranges)) == found


def test_a_cut_by_a_workloads_own_selector_says_whom_it_selects() -> None:
    cut = Cut(
        "prod",
        "payments",
        "fb-7k3q-0",
        "FB-7K3Q",
        Selector({"app": "api"}, (Requirement("tier", "In", ("a", "b")),)),
    )
    made = cilium.denying(cut, Options(StrategyName.CILIUM))

    assert isinstance(made.change, Create)
    assert made.change.body.value["spec"]["endpointSelector"] == {
        "matchLabels": {"app": "api"},
        "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a", "b"]}],
    }
    assert "app=api, tier In a,b" in made.words
