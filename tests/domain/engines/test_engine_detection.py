"""Who enforces on a node, from what was seen: the table of clusters as they are found, and what no evidence can do."""

import msgspec
import pytest

from bot.domain.engines.agents import AGENTS
from bot.domain.engines.detection import engine_on
from bot.domain.engines.engine import (
    Confidence,
    Enforced,
    Engine,
    EngineName,
    NotEnforced,
    Unproven,
    enforcement,
)
from bot.domain.engines.evidence import Evidence, Seen
from tests.domain.engines.clusters import GONE, NODE, agents, arm, cluster, config, node, plumbing, pod_of


def _on(evidence: Evidence) -> Engine:
    return engine_on(NODE, evidence)


def _texts(engine: Engine) -> str:
    return " | ".join(map(str, engine.why))


@pytest.mark.parametrize(
    ("name", "engine", "version"),
    [
        ("cilium", EngineName.CILIUM, "1.18.6"),
        ("calico-node", EngineName.CALICO, "3.30.2"),
        ("azure-npm", EngineName.AZURE_NPM, "1.6.33"),
        ("kube-router", EngineName.KUBE_ROUTER, "2.5.0"),
        ("kindnet", EngineName.KINDNET, "20250512-df8de77b"),
        ("kube-network-policies", EngineName.KINDNET, "0.8.1"),
        ("antrea-agent", EngineName.ANTREA, "2.3.0"),
        ("ovnkube-node", EngineName.OVN, ""),
        ("weave-net", EngineName.WEAVE, "2.8.1"),
    ],
)
def test_an_agent_that_is_ready_on_the_node_proves_its_engine(
    name: str, engine: EngineName, version: str
) -> None:
    found = _on(cluster(agents(name)))

    assert (found.name, found.confidence, found.version) == (engine, Confidence.PROVED, version)
    assert isinstance(enforcement(found), Enforced)
    assert "is Ready" in _texts(found)


def test_an_agent_that_is_ready_elsewhere_proves_nothing() -> None:
    found = _on(cluster(agents("calico-node"), on_node=()))

    assert (found.name, found.confidence) == (EngineName.CALICO, Confidence.UNPROVEN)
    assert "no agent runs on n1" in _texts(found)


def test_an_agent_that_is_not_ready_on_the_node_is_unproven_though_all_others_are() -> None:
    npm = agents("azure-npm", ready=2)
    found = _on(cluster(npm, on_node=(pod_of(npm, ready=False),)))

    assert found.confidence is Confidence.UNPROVEN
    assert "2 of 3 agents ready" in _texts(found)
    assert isinstance(enforcement(found), Unproven)


def test_a_pod_that_only_looks_like_an_agent_is_none() -> None:
    calico = agents("calico-node")
    fake = msgspec.structs.replace(pod_of(calico), owner="uid-of-somebody-else")

    assert _on(cluster(calico, on_node=(fake,))).confidence is Confidence.UNPROVEN


def test_an_engine_installed_where_none_belongs_proves_nothing_and_hides_none_that_does() -> None:
    fake = agents("cilium", namespace="payments", uid="uid-fake")
    alone, beside = _on(cluster(fake)), _on(cluster(agents("calico-node"), fake))

    assert (alone.name, alone.confidence) == (EngineName.CILIUM, Confidence.UNPROVEN)
    assert "anybody may call a DaemonSet so" in _texts(alone)
    assert (beside.name, beside.confidence) == (EngineName.CALICO, Confidence.PROVED)


def test_two_engines_on_one_node_contradict_each_other() -> None:
    found = _on(cluster(agents("cilium"), agents("calico-node")))

    assert (found.name, found.confidence) == (EngineName.UNKNOWN, Confidence.CONTRADICTORY)
    assert found.rivals == (EngineName.CILIUM, EngineName.CALICO)
    assert isinstance(enforcement(found), Unproven)


def test_an_engine_that_is_being_removed_still_contradicts() -> None:
    cilium, calico = agents("cilium"), agents("calico-node")
    ending = cluster(cilium, calico, on_node=(pod_of(cilium), pod_of(calico, ready=False)))

    assert _on(ending).confidence is Confidence.CONTRADICTORY


def test_of_two_engines_in_different_pools_the_one_on_the_node_counts() -> None:
    cilium, calico = agents("cilium"), agents("calico-node")
    found = _on(cluster(cilium, calico, on_node=(pod_of(calico),)))

    assert (found.name, found.confidence) == (EngineName.CALICO, Confidence.PROVED)


def test_an_engine_that_only_routes_beside_another_is_no_rival() -> None:
    router = agents("kube-router", ("--run-firewall=false",))

    assert _on(cluster(router, agents("cilium"))).name is EngineName.CILIUM
    assert isinstance(enforcement(_on(cluster(router))), NotEnforced)


def test_an_engine_that_is_off_as_far_as_is_known_is_a_rival_where_not_all_is_known() -> None:
    told = cluster(agents("cilium"), agents("azure-npm"), cilium=config(enable_policy="never"))
    doubtful = msgspec.structs.replace(told, overrides=GONE)

    assert (_on(told).name, _on(told).confidence) == (EngineName.AZURE_NPM, Confidence.PROVED)
    assert _on(doubtful).confidence is Confidence.CONTRADICTORY
    assert isinstance(enforcement(_on(doubtful)), Unproven)


@pytest.mark.parametrize(
    ("policy", "name", "confidence"),
    [
        ("cilium", "cilium", Confidence.PROVED),
        ("calico", "calico-node", Confidence.PROVED),
        ("azure", "azure-npm", Confidence.PROVED),
        ("azure", "calico-node", Confidence.CONTRADICTORY),
        ("calico", "cilium", Confidence.CONTRADICTORY),
        ("none", "calico-node", Confidence.PROVED),
        ("", "calico-node", Confidence.PROVED),
        ("tomorrows", "calico-node", Confidence.PROVED),
    ],
)
def test_arm_must_not_say_otherwise(policy: str, name: str, confidence: Confidence) -> None:
    found = _on(cluster(agents(name), arm=arm(policy)))

    assert found.confidence is confidence
    assert "networkPolicy is" in _texts(found)


def test_with_a_network_of_ones_own_arm_has_no_say() -> None:
    assert _on(cluster(agents("calico-node"), arm=arm("azure", "none"))).confidence is Confidence.PROVED


def test_arm_that_is_configured_and_silent_leaves_it_open() -> None:
    assert _on(cluster(agents("cilium"), arm=GONE)).confidence is Confidence.UNPROVEN


def test_arm_that_promises_an_engine_of_which_no_agent_runs_contradicts() -> None:
    found = _on(cluster(plumbing("azure-cns"), arm=arm("calico")))

    assert (found.name, found.confidence) == (EngineName.NONE, Confidence.CONTRADICTORY)
    assert isinstance(enforcement(found), Unproven)


@pytest.mark.parametrize(
    ("evidence", "confidence"),
    [
        (cluster(plumbing("kube-flannel-ds", "kube-flannel")), Confidence.PROVED),
        (cluster(plumbing("azure-cns")), Confidence.PROVED),
        (cluster(plumbing("aws-node")), Confidence.PROVED),
        (cluster(arm=arm("none")), Confidence.PROVED),
        (cluster(arm=arm("")), Confidence.PROVED),
        (cluster(arm=arm("none", "none")), Confidence.UNPROVEN),
        (cluster(plumbing("fluent-bit", "logging")), Confidence.UNPROVEN),
        (cluster(plumbing("kube-flannel-ds", "payments")), Confidence.UNPROVEN),
        (cluster(), Confidence.UNPROVEN),
    ],
)
def test_nothing_enforces_is_only_proved_by_what_is_known_to_enforce_nothing(
    evidence: Evidence, confidence: Confidence
) -> None:
    found = _on(evidence)

    assert (found.name, found.confidence) == (EngineName.NONE, confidence)
    expected = NotEnforced if confidence is Confidence.PROVED else Unproven
    assert isinstance(enforcement(found), expected)


def test_a_list_that_could_not_be_read_is_unknown_and_never_none() -> None:
    found = _on(cluster(daemon_sets=GONE, arm=arm("none")))

    assert (found.name, found.confidence) == (EngineName.UNKNOWN, Confidence.UNPROVEN)
    assert "forbidden" in _texts(found)


@pytest.mark.parametrize(
    "served", ["cilium.io/v2/ciliumnetworkpolicies", "crd.projectcalico.org/v1/globalnetworkpolicies"]
)
def test_crds_of_an_engine_that_is_gone_prove_nothing(served: str) -> None:
    found = _on(cluster(plumbing("azure-cns"), serves=Seen("API discovery", (served,))))

    assert isinstance(enforcement(found), NotEnforced)
    assert "left over" in _texts(found)


def test_a_windows_node_is_not_reached_by_the_engines_of_linux() -> None:
    found = _on(cluster(agents("cilium"), node=node(os="windows")))

    assert (found.name, found.confidence) == (EngineName.NONE, Confidence.UNPROVEN)
    assert "Windows" in _texts(found)


def test_what_an_agent_does_on_windows_is_not_known() -> None:
    npm = msgspec.structs.replace(agents("azure-npm"), name="azure-npm-win")
    found = _on(cluster(npm, node=node(os="windows")))

    assert (found.name, found.confidence, found.windows) == (EngineName.AZURE_NPM, Confidence.UNPROVEN, True)


@pytest.mark.parametrize(
    "label", [{"type": "virtual-kubelet"}, {"eks.amazonaws.com__compute_type": "fargate"}]
)
def test_on_a_virtual_node_nothing_enforces(label: dict[str, str]) -> None:
    found = _on(cluster(agents("azure-npm"), on_node=(), node=node(**label)))

    assert (found.name, found.confidence) == (EngineName.NONE, Confidence.PROVED)
    assert isinstance(enforcement(found), NotEnforced)


def test_k3s_is_named_and_never_proved() -> None:
    plain = node("v1.34.1+k3s1")
    assert plain.value is not None
    off = Seen("n", msgspec.structs.replace(plain.value, arguments=("--disable-network-policy",)))
    found, without = _on(cluster(node=plain)), _on(cluster(node=off))

    assert (found.name, found.confidence, found.version) == (
        EngineName.K3S,
        Confidence.UNPROVEN,
        "1.34.1+k3s1",
    )
    assert isinstance(enforcement(without), NotEnforced)
    assert _on(cluster(agents("cilium"), node=plain)).confidence is Confidence.PROVED


def test_an_engine_that_is_only_known_by_name_is_unproven() -> None:
    found = _on(cluster(agents("kube-ovn-cni")))

    assert (found.name, found.flavour, found.confidence) == (
        EngineName.OTHER,
        "Kube-OVN",
        Confidence.UNPROVEN,
    )


def test_calico_says_how_it_was_installed_and_what_it_enforces_with() -> None:
    operator = _on(cluster(agents("calico-node", (), {"FELIX_BPFENABLED": "true"})))
    manifest = _on(cluster(agents("calico-node", namespace="kube-system")))
    managed = _on(cluster(agents("calico-node"), arm=arm("calico")))

    assert (operator.flavour, operator.dataplane) == ("operator", "eBPF")
    assert (manifest.flavour, manifest.dataplane) == ("manifest", "")
    assert managed.title == "Calico 3.30.2 (AKS-managed)"


def test_no_two_agents_are_told_by_the_same_name() -> None:
    names = [name for agent in AGENTS for name in agent.names]

    assert len(names) == len(set(names))
