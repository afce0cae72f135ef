"""What an engine does not stop is data with sources, and what stands of it on the card fits on a line."""

import re
from collections.abc import Mapping

import msgspec
import pytest

from bot.domain.engines.engine import Bearing, Confidence, Engine, EngineName, Reason, Void
from bot.domain.engines.limit import Cut, Peer, Way
from bot.domain.engines.limits import LIMITS, card, limits_of, lines

LONGEST = 70
PLACE = re.compile(r"^[a-z0-9-]+(\.[a-z0-9-]+)+/")


def _engine(
    name: EngineName = EngineName.CILIUM, version: str = "1.19.4", settings: Mapping[str, str] | None = None
) -> Engine:
    told = tuple((key.replace("_", "-"), value) for key, value in (settings or {}).items())
    why = (Reason("pod kube-system/x", "the agent is Ready", Bearing.FOR),)
    return Engine("n1", name, Confidence.PROVED, why, version=version, settings=told)


def test_every_engine_has_its_limits_but_none() -> None:
    assert set(LIMITS) == set(EngineName) - {EngineName.NONE}


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_has_a_short_line_a_longer_one_and_a_source(name: EngineName) -> None:
    for saying in LIMITS[name].sayings:
        assert 0 < len(saying.short) <= LONGEST
        assert len(saying.long) >= len(saying.short) // 2
        assert saying.sources
        assert all(PLACE.match(source) for source in saying.sources)
        assert re.fullmatch(r"[a-z0-9-]+", saying.code)


@pytest.mark.parametrize("name", LIMITS)
def test_the_own_node_is_a_hole_of_every_engine(name: EngineName) -> None:
    holes = LIMITS[name].holes

    assert any(hole.peer is Peer.OWN_NODE and hole.way in (Way.IN, Way.BOTH) for hole in holes)


def test_open_connections_are_cut_only_where_a_source_says_so() -> None:
    cut = {name: found.established.cut for name, found in LIMITS.items()}

    assert cut[EngineName.CILIUM] is Cut.FORWARD
    assert {name for name, how in cut.items() if how is Cut.ALL} == {EngineName.OVN, EngineName.KINDNET}
    assert cut[EngineName.CALICO] is cut[EngineName.AZURE_NPM] is cut[EngineName.KUBE_ROUTER] is Cut.KEPT


def test_only_four_engines_know_a_deny() -> None:
    groups = {name: found.deny.group for name, found in LIMITS.items() if found.deny.group}

    assert groups == {
        EngineName.CILIUM: "cilium.io",
        EngineName.CALICO: "projectcalico.org",
        EngineName.ANTREA: "crd.antrea.io",
        EngineName.OVN: "policy.networking.k8s.io",
    }


@pytest.mark.parametrize(
    ("version", "settings", "typical", "worst"),
    [
        ("1.19.4", {}, 20, 40),
        ("", {}, 20, 40),
        ("1.17.9", {}, 5, 10),
        ("1.19.4", {"identity_max_jitter": "0s"}, 5, 10),
        ("1.19.4", {"identity_max_jitter": "1m30s"}, 50, 100),
        ("1.19.4", {"identity_max_jitter": "500ms", "identity_change_grace_period": "500ms"}, 0.75, 6),
        ("1.19.4", {"identity_max_jitter": "soon"}, 20, 40),
    ],
)
def test_when_cilium_bites_follows_from_its_version_and_settings(
    version: str, settings: dict[str, str], typical: float, worst: float
) -> None:
    delay = limits_of(_engine(version=version, settings=settings)).delay

    assert (delay.typical, delay.worst) == (typical, worst)


def test_what_ip_blocks_match_in_cilium_follows_from_its_settings() -> None:
    plain, both = limits_of(_engine()), limits_of(_engine(settings={"policy-cidr-match-mode": "nodes pods"}))

    assert (plain.ip_block.pods, plain.ip_block.nodes) == (False, False)
    assert (both.ip_block.pods, both.ip_block.nodes) == (True, True)


def test_cilium_that_polices_its_own_host_has_no_hole_there() -> None:
    assert limits_of(_engine(settings={"allow-localhost": "policy"})).holes == ()
    assert limits_of(_engine(settings={"allow-localhost": "auto"})).holes


def test_on_windows_nothing_is_known() -> None:
    engine = msgspec.structs.replace(_engine(EngineName.AZURE_NPM), windows=True)

    assert limits_of(engine).established.cut is Cut.UNKNOWN


def test_the_card_of_a_proved_engine_lists_its_holes_and_no_doubt() -> None:
    codes = [finding.code for finding in card(_engine(EngineName.AZURE_NPM, "1.6"), "payments/api")]

    assert codes == ["own-node", "node-port", "node-dns", "icmp", "established-connections", "bites-late"]


def test_the_card_of_an_unproven_engine_says_so_first() -> None:
    open_ = Reason("pods", "could not be seen: forbidden", Bearing.OPEN)
    engine = Engine("n1", EngineName.CALICO, Confidence.UNPROVEN, (open_,))
    first, *rest = card(engine, "payments/api")

    assert (first.code, first.subject) == ("enforcement-unknown", "n1")
    assert first.text == "whether Calico enforces it on n1 is not proved (could not be seen: forbidden)"
    assert rest


def test_the_card_of_no_engine_says_nothing_but_that() -> None:
    off = Reason("node n1", "enable-policy is never", Bearing.AGAINST)
    engine = Engine(
        "n1", EngineName.CILIUM, Confidence.PROVED, (off,), voids=(Void("enable-policy is never"),)
    )
    (only,) = card(engine, "payments/api")

    assert (only.code, only.text) == (
        "not-enforced",
        "nothing will enforce it on n1 (enable-policy is never)",
    )


def test_the_help_has_one_line_for_every_engine_that_has_a_name() -> None:
    told = list(lines())

    assert [line.split("*")[1] for line in told] == [
        name for name in LIMITS if name not in {EngineName.OTHER, EngineName.UNKNOWN}
    ]
    assert sum(map(len, told)) < 4000
