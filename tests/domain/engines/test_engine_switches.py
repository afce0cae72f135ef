"""Switches that make an agent worthless: whoever is Ready and told to enforce nothing, enforces nothing."""

from typing import Any

import msgspec
import pytest

from bot.domain.engines.agents import kindnet_enforces, version_of
from bot.domain.engines.detection import engine_on
from bot.domain.engines.engine import (
    Bearing,
    Confidence,
    Enforced,
    Engine,
    EngineName,
    NotEnforced,
    Unproven,
    enforcement,
)
from bot.domain.engines.evidence import Evidence, Override, Seen, flags
from bot.domain.engines.views import NodeSelector, Requires
from tests.domain.engines.clusters import (
    NODE,
    agents,
    cluster,
    config,
    node,
    without,
)


def _on(evidence: Evidence) -> Engine:
    return engine_on(NODE, evidence)


def _texts(engine: Engine) -> str:
    return " | ".join(map(str, engine.why))


@pytest.mark.parametrize(
    ("settings", "group"),
    [
        ({"enable_policy": "never"}, ""),
        ({"policy_audit_mode": "true"}, ""),
        ({"enable_k8s_networkpolicy": "false"}, "networking.k8s.io"),
        ({"enable_cilium_network_policy": "false"}, "cilium.io"),
    ],
)
def test_a_switch_that_voids_cilium_is_not_enforced(settings: dict[str, str], group: str) -> None:
    found = _on(cluster(agents("cilium"), cilium=config(**settings)))

    for asked in ("networking.k8s.io", "cilium.io"):
        void = group in ("", asked)
        assert isinstance(enforcement(found, asked), NotEnforced if void else Enforced)
    assert any(reason.bearing is Bearing.AGAINST for reason in found.why)


def test_clusterwide_policies_that_are_ignored_void_no_other() -> None:
    found = _on(cluster(agents("cilium"), cilium=config(enable_cilium_clusterwide_network_policy="false")))

    assert isinstance(enforcement(found, "cilium.io"), Enforced)
    assert found.voids[0].clusterwide


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (("--enable-policy=never",), {}),
        (("--enable-policy", "never"), {}),
        (("--policy-audit-mode",), {}),
        ((), {"CILIUM_ENABLE_POLICY": "never"}),
    ],
)
def test_flags_and_environment_of_cilium_win_over_its_configmap(
    arguments: tuple[str, ...], env: dict[str, str]
) -> None:
    assert isinstance(enforcement(_on(cluster(agents("cilium", arguments, env)))), NotEnforced)


@pytest.mark.parametrize("selector", [NodeSelector(), NodeSelector({"pool": "a"})])
def test_an_override_for_this_node_that_says_otherwise_leaves_it_open(selector: NodeSelector) -> None:
    one = Override("audit", selector, (("policy-audit-mode", "true"),))
    there = cluster(agents("cilium"), overrides=Seen("configs", (one,)), node=node(pool="a"))
    elsewhere = cluster(agents("cilium"), overrides=Seen("configs", (one,)), node=node(pool="b"))

    assert isinstance(enforcement(_on(there)), NotEnforced)
    assert isinstance(enforcement(_on(elsewhere)), Enforced if selector.match_labels else NotEnforced)


def test_an_override_that_takes_back_a_void_is_not_believed() -> None:
    selector = NodeSelector({}, (Requires("pool", "DoesNotExist"),))
    one = Override("on", selector, (("enable-policy", "default"),))
    found = _on(cluster(agents("cilium"), cilium=config(enable_policy="never"), overrides=Seen("c", (one,))))

    assert isinstance(enforcement(found), Unproven)


@pytest.mark.parametrize("piece", ["cilium", "overrides"])
def test_settings_of_cilium_that_were_not_seen_may_have_switched_it_off(piece: str) -> None:
    found = _on(without(cluster(agents("cilium")), piece))

    assert (found.name, found.confidence) == (EngineName.CILIUM, Confidence.UNPROVEN)
    assert "forbidden" in _texts(found)


def test_a_cilium_without_its_configmap_is_unproven() -> None:
    assert _on(cluster(agents("cilium"), cilium=Seen("c", None))).confidence is Confidence.UNPROVEN


@pytest.mark.parametrize(
    ("tag", "enforces"),
    [
        ("v20240813-c6f155d6", True),
        ("v20240513-cd2ac642", False),
        ("v1.6.0", True),
        ("v1.2.9", False),
        ("latest", None),
    ],
)
def test_a_kindnet_of_which_the_version_is_too_old_enforces_nothing(tag: str, enforces: bool | None) -> None:
    image = f"docker.io/kindest/kindnetd:{tag}"
    kindnet = agents("kindnet")
    program = msgspec.structs.replace(kindnet.containers[0], image=image)
    told = enforcement(_on(cluster(msgspec.structs.replace(kindnet, containers=(program,)))))

    assert kindnet_enforces(version_of(image)) is enforces
    assert isinstance(told, {True: Enforced, False: NotEnforced, None: Unproven}[enforces])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--enable-network-policy=true",), Enforced),
        (("--enable-network-policy=false",), NotEnforced),
        ((), NotEnforced),
    ],
)
def test_the_aws_agent_enforces_only_where_it_is_switched_on(
    arguments: tuple[str, ...], expected: Any
) -> None:
    aws = msgspec.structs.replace(agents("azure-npm"), name="aws-node")
    program = msgspec.structs.replace(aws.containers[0], name="aws-eks-nodeagent", flags=flags(arguments))
    found = _on(cluster(msgspec.structs.replace(aws, containers=(program,))))

    assert found.name is EngineName.AWS
    assert isinstance(enforcement(found), expected)


def test_weave_without_its_policy_controller_enforces_nothing() -> None:
    assert isinstance(enforcement(_on(cluster(agents("weave-net", (), {"EXPECT_NPC": "0"})))), NotEnforced)
