"""Which strategy is taken, and what is said of it: for each engine, each thing that is missing, each wish."""

import msgspec
import pytest

from bot.domain.engines.engine import Confidence, Engine, EngineName, Void
from bot.domain.findings import Refusal
from bot.domain.isolation.choosing import AUTO, UNION, WORDS, Means, Strategy, choose, rights, version
from bot.domain.isolation.cutting import StrategyName
from bot.domain.refs import CALICO_POLICY, CALICO_STORED_POLICY, CILIUM_POLICY

EVERY = Means((CILIUM_POLICY.served, CALICO_POLICY.served, CALICO_STORED_POLICY.served))
CILIUM = Engine("node-1", EngineName.CILIUM, Confidence.PROVED, (), version="1.18.6")
CALICO = Engine("node-1", EngineName.CALICO, Confidence.PROVED, (), version="3.29.1", flavour="operator")


def taken(engine: Engine, means: Means, wanted: str = AUTO) -> Strategy:
    found = choose(engine, means, wanted)
    assert isinstance(found, Strategy), found
    return found


def refused(engine: Engine, means: Means, wanted: str) -> Refusal:
    found = choose(engine, means, wanted)
    assert isinstance(found, Refusal), found
    return found


def test_an_engine_with_a_deny_that_may_be_written_uses_it_and_says_why() -> None:
    cilium, calico = taken(CILIUM, EVERY), taken(CALICO, EVERY)

    assert (cilium.name, calico.name) == (StrategyName.CILIUM, StrategyName.CALICO)
    assert cilium.reason == "Cilium 1.18.6 has a deny that beats every allow"
    assert "Calico 3.29.1 (operator)" in calico.reason


@pytest.mark.parametrize("name", [n for n in EngineName if n not in {EngineName.CILIUM, EngineName.CALICO}])
def test_every_other_engine_gets_the_floor_whatever_definitions_lie_about(name: EngineName) -> None:
    engine = Engine("node-1", name, Confidence.PROVED, ())

    found = taken(engine, msgspec.structs.replace(EVERY, stored=True))

    assert found.name is StrategyName.NETWORK_POLICY
    assert UNION in found.limits


@pytest.mark.parametrize(
    ("means", "reason"),
    [
        (Means(None), "did not say"),
        (Means(()), "serves no ciliumnetworkpolicies.cilium.io"),
        (Means((CALICO_POLICY.served,)), "serves no ciliumnetworkpolicies.cilium.io"),
        (msgspec.structs.replace(EVERY, barred=(CILIUM_POLICY,)), "firebreak rbac --engines cilium"),
    ],
)
def test_a_deny_that_cannot_be_written_is_named_and_the_floor_is_taken(means: Means, reason: str) -> None:
    found = taken(CILIUM, means)

    assert found.name is StrategyName.NETWORK_POLICY
    assert reason in found.reason


def test_policies_that_are_switched_off_are_no_deny() -> None:
    off = msgspec.structs.replace(CILIUM, voids=(Void("enable-cilium-network-policy: false", "cilium.io"),))

    assert taken(off, EVERY).name is StrategyName.NETWORK_POLICY
    assert "switched off" in taken(off, EVERY).reason
    assert "switched off" in refused(off, EVERY, "cilium").text


def test_calicos_storage_is_written_only_where_the_settings_allow_it_and_is_called_unsupported() -> None:
    aks = Means((CALICO_STORED_POLICY.served,))

    assert taken(CALICO, aks).name is StrategyName.NETWORK_POLICY
    assert "by the settings" in taken(CALICO, aks).reason
    assert "by the settings" in refused(CALICO, aks, "calico-stored").text
    allowed = taken(CALICO, msgspec.structs.replace(aks, stored=True))
    assert allowed.name is StrategyName.CALICO_STORED
    assert "not support" in " ".join(allowed.limits)


def test_calicos_own_api_is_taken_before_its_storage() -> None:
    assert taken(CALICO, msgspec.structs.replace(EVERY, stored=True)).name is StrategyName.CALICO


@pytest.mark.parametrize("wanted", ["networkpolicy", "network-policy", "detach"])
def test_what_needs_no_deny_can_always_be_asked_for(wanted: str) -> None:
    for engine in (CILIUM, CALICO, Engine("", EngineName.UNKNOWN, Confidence.UNPROVEN, ())):
        assert taken(engine, Means(None), wanted).reason == "as asked for"


def test_a_deny_of_an_engine_that_is_not_there_is_refused_though_its_definitions_are_served() -> None:
    for engine, wanted in ((CALICO, "cilium"), (CILIUM, "calico")):
        assert "knows no such policies" in refused(engine, EVERY, wanted).text
    unknown = Engine("", EngineName.UNKNOWN, Confidence.UNPROVEN, ())
    assert "is not known" in refused(unknown, EVERY, "cilium").text


def test_a_word_that_is_none_is_refused_with_those_that_are() -> None:
    assert all(word in refused(CILIUM, EVERY, "iptables").remedy for word in (AUTO, *WORDS))


@pytest.mark.parametrize(
    ("text", "expected", "ranges"),
    [
        ("1.19.4", (1, 19, 4), True),
        ("v1.16.0-rc.1", (1, 16, 0), True),
        ("1.15.19", (1, 15, 19), False),
        ("", (), False),
        ("latest", (), False),
        ("2.0", (2, 0), True),
    ],
)
def test_ranges_of_ports_are_used_from_the_release_that_knows_them(
    text: str,
    expected: tuple[int, ...],
    ranges: bool,
) -> None:
    assert version(text) == expected
    assert taken(msgspec.structs.replace(CILIUM, version=text), EVERY).port_ranges is ranges


def test_what_is_asked_of_the_cluster_is_what_could_be_written_and_the_tier_of_our_own() -> None:
    assert [(a.verb, a.ref.kind.resource, a.ref.name) for a in rights("prod", "payments", CALICO, EVERY)] == [  # type: ignore[union-attr]
        ("create", "networkpolicies.projectcalico.org", ""),
        ("create", "tier.networkpolicies.projectcalico.org", "firebreak.*"),
    ]
    assert [a.ref.kind.resource for a in rights("prod", "payments", CILIUM, EVERY)] == [  # type: ignore[union-attr]
        "ciliumnetworkpolicies.cilium.io"
    ]
    assert rights("prod", "payments", CILIUM, Means(())) == ()
