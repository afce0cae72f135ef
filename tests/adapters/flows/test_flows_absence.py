"""``No flows`` is said by a source that would have seen them, and by no other: of each source that there is."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.flows.hubble.source import CAN
from bot.adapters.flows.loganalytics.source import KINDS
from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.flow import Verdict
from bot.domain.flows.knowing import absence
from bot.domain.flows.merging import merge
from bot.domain.flows.taken import Capability
from tests.domain.flows.observed import at, taken

WEB = Subject(About.POD, "web", "shop")
DB = Subject(About.POD, "db", "orders")
SEES = {"hubble": CAN, **{kind.name: kind.can for kind in KINDS}}


def address(name: str) -> Subject:
    return Subject(About.ADDRESS, name)


def network(name: str) -> Subject:
    return Subject(About.NETWORK, name)


def sure(subject: Subject, peer: Subject | None = None, verdict: Verdict | None = None) -> set[str]:
    """Return which sources would say ``no flows`` where each covered the time, lost nothing, and told nothing."""
    told = [taken(source=name, can=tuple(can)) for name, can in SEES.items()]
    asked = Asked("prod", subject, at(0), at(600), peer=peer, verdict=verdict)
    return set(absence(merge(told), asked).sure)


@pytest.mark.parametrize(
    ("subject", "peer", "verdict", "known"),
    [
        (WEB, address("203.0.113.7"), None, {"hubble"}),
        (WEB, DB, None, {"hubble", "container-logs"}),
        (WEB, None, None, {"hubble", "container-logs"}),
        (network("10.244.0.0/16"), None, None, {"hubble"}),
        (network("0.0.0.0/0"), None, None, {"hubble"}),
        (network("203.0.113.0/24"), None, None, {"hubble", "firewall", "vnet"}),
        (address("10.244.0.5"), address("10.244.0.6"), None, {"hubble"}),
        (address("10.244.0.5"), address("203.0.113.7"), None, {"hubble", "firewall", "vnet"}),
        (address("203.0.113.7"), None, Verdict.DENIED, {"hubble", "firewall", "vnet"}),
        (address("203.0.113.7"), None, None, {"hubble", "firewall", "vnet"}),
        (WEB, network("203.0.112.0/20"), None, {"hubble"}),
        (WEB, network("192.0.0.0/4"), None, {"hubble"}),
    ],
)
def test_who_could_not_have_seen_it_is_never_sure(
    subject: Subject, peer: Subject | None, verdict: Verdict | None, known: set[str]
) -> None:
    assert sure(subject, peer, verdict) == known


ADDRESSES = st.ip_addresses(v=4) | st.sampled_from(["10.244.0.5", "203.0.113.7", "100.64.0.1"])
ENDS = st.one_of(
    st.sampled_from([WEB, DB, Subject(About.NAMESPACE, namespace="shop")]),
    ADDRESSES.map(str).map(address),
    st.builds(
        lambda at, width: network(str(ipaddress.ip_network(f"{at}/{width}", strict=False))),
        ADDRESSES,
        st.integers(0, 32),
    ),
    st.just(Subject(About.NAME, "evil.example.com")),
)


@given(ENDS, st.none() | ENDS, st.none() | st.sampled_from(Verdict))
def test_whoever_is_sure_sees_where_it_would_have_been(
    subject: Subject, peer: Subject | None, verdict: Verdict | None
) -> None:
    for name in sure(subject, peer, verdict):
        assert SEES[name] & {Capability.INSIDE, Capability.OUTSIDE}, (
            f"{name} sees no traffic between two ends"
        )
        private = [
            one
            for one in (subject, peer)
            if one and one.about is About.ADDRESS and one.name.startswith("10.")
        ]
        public = [
            one
            for one in (subject, peer)
            if one and one.about in {About.ADDRESS, About.NETWORK} and one not in private
        ]
        if not public:
            assert Capability.INSIDE in SEES[name], f"{name} does not see what stays inside"
