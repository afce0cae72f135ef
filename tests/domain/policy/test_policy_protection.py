import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.plans import Target
from bot.domain.policy import Subject, protected_hits, with_own_namespace
from bot.domain.policy.addresses import overlaps, span
from bot.domain.policy.protection import Protected
from tests.domain.policy.worlds import a_policy

NOTHING = Protected(defaults="replace", reason="a test of the rest")


def codes(protected: Protected, *subjects: Subject, addresses: tuple[str, ...] = ()) -> list[str]:
    return [hit.code for hit in protected_hits(protected, subjects, addresses)]


@pytest.mark.parametrize(
    ("namespace", "name"),
    [
        ("kube-system", "anything"),
        ("kube-public", "x"),
        ("kube-node-lease", "x"),
        ("gatekeeper-system", "x"),
        ("calico-system", "x"),
        ("tigera-operator", "x"),
        ("cilium", "x"),
        ("firebreak", "firebreak-0"),
        ("rke2-system", "kube-apiserver-node-1"),
        ("dns-system", "coredns-5d78c9869d-abcde"),
    ],
)
def test_what_keeps_a_cluster_alive_is_protected_from_the_start(namespace: str, name: str) -> None:
    assert codes(Protected(), Subject(namespace, name)) == ["target-protected"]


@pytest.mark.parametrize("name", ["kube-apiserver-1", "coredns-abc", "calico-node-x", "cilium-x"])
def test_a_pod_does_not_become_protected_by_its_name_in_an_application_namespace(name: str) -> None:
    assert codes(Protected(), Subject("payments", name)) == []


def test_own_entries_add_to_the_built_in_ones() -> None:
    protected = Protected(namespaces=("vault",))

    assert codes(protected, Subject("vault", "v-0"), Subject("kube-system", "x"), Subject("shop", "y")) == [
        "target-protected",
        "target-protected",
    ]


def test_replacing_the_built_in_ones_needs_a_reason() -> None:
    assert codes(NOTHING, Subject("kube-system", "x"), addresses=("168.63.129.16",)) == []
    with pytest.raises(ValueError, match="needs a reason"):
        Protected(defaults="replace", reason="  ")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ((("app", "db"), ("tier", "gold")), 1),
        ((("app", "db"),), 0),
        ((("app", "db"), ("tier", "")), 1),
        ((("app", "dbx"), ("tier", "gold")), 0),
    ],
)
def test_an_entry_of_labels_protects_only_what_has_all_of_them(
    labels: tuple[tuple[str, str], ...], expected: int
) -> None:
    protected = Protected(labels=({"app": "db", "tier": "*"},))

    assert len(codes(protected, Subject("shop", "x", labels))) == expected


def test_an_empty_label_entry_would_protect_everything_and_is_refused() -> None:
    with pytest.raises(ValueError, match="every pod"):
        Protected(labels=({},))


def test_the_refusal_names_the_target_and_the_entry_that_protects_it() -> None:
    (hit,) = protected_hits(Protected(pods=("shop/cart-*",)), [Subject("shop", "cart-1")], ())

    assert "shop/cart-1" in hit.text
    assert "pods: shop/cart-*" in hit.text
    assert hit.remedy


def test_a_plans_target_is_a_subject() -> None:
    target = Target("Pod", "prod", "kube-system", "x", "uid-1", (("a", "b"),))

    assert Subject.of(target) == Subject("kube-system", "x", (("a", "b"),))


@pytest.mark.parametrize(
    "address",
    [
        "168.63.129.16",
        "168.63.128.0/20",
        "168.63.129.10-168.63.129.20",
        "169.254.169.254",
        "0.0.0.0/0",
        "::ffff:169.254.169.254",
        "::ffff:0:0/96",
        "::/0",
        "::1",
        "255.255.255.255",
        "127.0.0.1",
        "1.0.0.0-223.255.255.255",
    ],
)
def test_whatever_overlaps_a_protected_address_is_refused_in_any_spelling(address: str) -> None:
    assert codes(Protected(), addresses=(address,)) == ["target-protected"]


def test_an_address_of_the_internet_is_not_protected() -> None:
    assert codes(Protected(), addresses=("203.0.113.7", "198.51.100.0/24", "2001:db8::1")) == []


@pytest.mark.parametrize(
    "text", ["", "x", "203.0.113.7/24", "203.0.113.9-203.0.113.7", "1.2.3", "1.2.3.4\n", "a-b", "-"]
)
def test_what_is_no_address_is_refused_not_passed(text: str) -> None:
    assert codes(Protected(), addresses=(text,)) == ["address-unreadable"]
    with pytest.raises(ValueError, match=r"address|range"):
        Protected(addresses=(text,))


@given(st.ip_addresses(), st.ip_addresses(), st.ip_addresses())
def test_a_range_overlaps_exactly_the_addresses_within_it(one: object, two: object, three: object) -> None:
    low, high = sorted((span(str(one)), span(str(two))))
    asked = span(str(three))
    within = low[0] <= asked[0] <= high[0]

    assert overlaps((low[0], high[1]), asked) == within
    assert overlaps(asked, (low[0], high[1])) == within


def test_the_bots_own_namespace_is_protected_even_where_the_built_in_ones_are_replaced() -> None:
    policy = with_own_namespace(a_policy(protected=NOTHING), "responders")

    assert codes(policy.protected, Subject("responders", "bot-0")) == ["target-protected"]
    assert with_own_namespace(policy, "responders") == policy
    assert with_own_namespace(policy, "") == policy
