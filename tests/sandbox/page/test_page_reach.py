"""Who reaches whom by policies: each case by its sentence in the Kubernetes documentation."""

from typing import Any

import msgspec
import pytest

from bot.domain.refs import CALICO_POLICY
from bot.domain.views import Foreign
from bot.sandbox.page.reach import End, Ruling, charted, ruled

API = End("api", "10.0.0.1", "pay", {"app": "api"})
WEB = End("web", "10.0.0.2", "pay", {"app": "web"})
FAR = End("far", "10.0.0.3", "other", {"app": "web"})
OUT = End("out", "203.0.113.7")


PODS = (API, WEB, FAR)


def _policy(name: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "pay"}, "spec": {"podSelector": {}, **spec}}


DENY = _policy("deny", policyTypes=["Ingress", "Egress"])
ANY_OUT = _policy("any-out", policyTypes=["Egress"], egress=[{}])


@pytest.mark.parametrize(
    ("why", "source", "target", "policies", "expected"),
    [
        ("no policy: all is open", API, OUT, [], ()),
        ("selected, and nothing allowed", API, OUT, [DENY], ("NetworkPolicy deny",)),
        ("policies only add: any that allows, allows", API, OUT, [DENY, ANY_OUT], ()),
        ("both ends must allow", WEB, API, [DENY, ANY_OUT], ("NetworkPolicy deny",)),
        ("of another namespace: not its business", FAR, OUT, [DENY], ()),
        (
            "ingress rules do not open egress",
            API,
            OUT,
            [_policy("in", ingress=[{}]), DENY],
            ("NetworkPolicy deny",),
        ),
        ("without policyTypes, egress only with egress rules", API, OUT, [_policy("in", ingress=[])], ()),
    ],
)
def test_a_connection_is_judged_as_the_documentation_says(
    why: str, source: End, target: End, policies: list[dict[str, Any]], expected: tuple[str, ...]
) -> None:
    assert ruled(source, target, 443, charted(PODS, policies)).against == expected, why


def _from(**peer: Any) -> dict[str, Any]:
    rule = {"from": [peer], "ports": [{"protocol": "TCP", "port": 8080, "endPort": 8090}]}
    return _policy("some", policyTypes=["Ingress"], ingress=[rule])


WEBS = {"matchLabels": {"app": "web"}}


@pytest.mark.parametrize(
    ("why", "source", "port", "policy", "open_"),
    [
        ("a label within the namespace", WEB, 8080, _from(podSelector=WEBS), True),
        ("the same label elsewhere", FAR, 8080, _from(podSelector=WEBS), False),
        ("every namespace", FAR, 8080, _from(namespaceSelector={}, podSelector=WEBS), True),
        ("within the range of ports", WEB, 8090, _from(podSelector=WEBS), True),
        ("outside of it", WEB, 8091, _from(podSelector=WEBS), False),
        ("an address block", OUT, 8080, _from(ipBlock={"cidr": "203.0.113.0/24"}), True),
        (
            "but its exceptions",
            OUT,
            8080,
            _from(ipBlock={"cidr": "203.0.113.0/24", "except": ["203.0.113.7/32"]}),
            False,
        ),
        ("an address is no pod", OUT, 8080, _from(podSelector={}), False),
    ],
)
def test_a_peer_is_known_by_label_namespace_or_block(
    why: str, source: End, port: int, policy: dict[str, Any], open_: bool
) -> None:
    assert (ruled(source, API, port, charted(PODS, [policy])).against == ()) is open_, why


def test_what_allows_a_connection_is_named_at_the_end_where_it_does() -> None:
    into = _policy("from-web", ingress=[{"from": [{"podSelector": WEBS}]}])

    found = ruled(WEB, API, 443, charted(PODS, [DENY, ANY_OUT, into]))
    assert found == Ruling((), ("any-out",), ("from-web",))
    assert ruled(API, OUT, 443, charted(PODS, [])) == Ruling()


def test_an_early_deny_of_the_engine_stands_before_what_others_allow() -> None:
    spec = {"order": -1000, "selector": "app == 'api'", "types": ["Egress"], "egress": [{"action": "Deny"}]}
    body = {"kind": "NetworkPolicy", "metadata": {"name": "default.cut", "namespace": "pay"}, "spec": spec}
    deny = Foreign(CALICO_POLICY, msgspec.json.encode(body).decode())

    found = ruled(API, OUT, 443, charted(PODS, [ANY_OUT], [deny]))

    assert found.against == ("Calico NetworkPolicy default.cut",)
