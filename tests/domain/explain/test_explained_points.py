"""One connection, explained: what both sides say, what holds it, and what cannot be known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.directions import Direction
from bot.domain.explain import Toward, Wish, explanation
from bot.domain.findings import Refusal
from bot.domain.refs import CALICO_GLOBAL_POLICY, CALICO_POLICY, CALICO_STORED_POLICY, Kind
from bot.domain.residual import Connection, verdict
from bot.domain.telling import ROOM, Section, Told
from bot.domain.telling import told as worded
from tests.domain.explain.clusters import Answering, Body, calico, namespace, run
from tests.domain.residual.build import named, node, pod, policy, world

OUT, IN = Direction.EGRESS, Direction.INGRESS
WEB = pod("web", {"app": "web"}, ips=["10.0.0.1"])
DB = pod("db", {"app": "db"}, ips=["10.0.0.2"], spec={"nodeName": "node-1"})
HOST = pod("host", {}, ips=["10.9.0.1"], spec={"hostNetwork": True})
DONE = pod("job", {}, phase="Succeeded")
NODES = (node("node-0", "10.9.0.1"), node("node-1", "10.9.0.2"))
SHOP = (namespace("shop"), WEB, DB, HOST, DONE, *NODES)
DB_CLOSED = policy("db", podSelector={"matchLabels": {"app": "db"}}, ingress=[{"ports": [{"port": 5432}]}])


def ask(toward: Toward | None, *more: Body, name: str = "web", blind: str = "") -> Told | Refusal:
    wish = Wish("prod", "shop", name, toward)
    return run(explanation(wish), Answering((*SHOP, *more), blind=blind))


def told(toward: Toward | None, *more: Body, name: str = "web", blind: str = "") -> Told:
    found = ask(toward, *more, name=name, blind=blind)
    assert isinstance(found, Told), found
    return found


def section(found: Told, title: str) -> tuple[str, ...]:
    return next((s.lines for s in found.sections if s.title.startswith(title)), ())


def test_a_denial_of_the_other_side_is_told_by_the_policy_that_closes() -> None:
    found = told(Toward(OUT, "shop", "db", port=80), DB_CLOSED, *calico("node-0", "node-1"))

    assert found.headline == "Closed: prod/shop/web to shop/db on TCP 80."
    assert section(found, "Out of shop/web") == ("allowed: no policy selects it",)
    (line,) = section(found, "Into shop/db")
    assert line == "denied: NetworkPolicy shop/db selects it, and no rule of it allows this"
    assert section(found, "Policies that select shop/db") == ("NetworkPolicy shop/db: ingress",)
    assert len(section(found, "Who enforces")) == 2


def test_an_allow_names_its_rule() -> None:
    found = told(Toward(IN, "shop", "web", port=5432), DB_CLOSED, *calico("node-0", "node-1"), name="db")

    assert found.headline == "Open: shop/web to prod/shop/db on TCP 5432."
    assert section(found, "Into shop/db") == ("allowed: NetworkPolicy shop/db (rule 1)",)


def test_without_a_port_the_open_ones_are_told() -> None:
    found = told(Toward(OUT, "shop", "db"), DB_CLOSED, *calico("node-0", "node-1"))

    assert found.headline == "Open on TCP 5432: prod/shop/web to shop/db."
    assert section(found, "What allows it") == (
        "TCP 5432: no policy selects it; at the other end: NetworkPolicy shop/db (rule 1)",
    )


@pytest.mark.parametrize(
    ("agents", "word"),
    [
        (calico("node-0", "node-1"), "Closed: "),
        (calico("node-0"), "Closed by policies, but that anything enforces them is not proved: "),
        ((), "Closed by policies, but that anything enforces them is not proved: "),
    ],
)
def test_what_policies_close_is_closed_only_where_an_engine_is_proved_on_the_side_that_denies(
    agents: tuple[Body, ...], word: str
) -> None:
    assert told(Toward(OUT, "shop", "db", port=80), DB_CLOSED, *agents).headline.startswith(word)


def test_where_nothing_enforces_what_policies_close_is_open() -> None:
    virtual = node("node-1", "10.9.0.2", labels={"type": "virtual-kubelet"})
    others = tuple(one for one in SHOP if one["metadata"]["name"] != "node-1")
    cluster = Answering((*others, virtual, DB_CLOSED, *calico("node-0")))
    found = run(explanation(Wish("prod", "shop", "web", Toward(OUT, "shop", "db", port=80))), cluster)

    assert isinstance(found, Told)
    assert found.headline.startswith("Open, since nothing enforces the policies that close it: ")


def test_an_address_of_a_pod_or_node_is_that_pod_or_node() -> None:
    agents = calico("node-0", "node-1")
    to_pod = told(Toward(OUT, address="10.0.0.2", port=80), DB_CLOSED, *agents)
    assert to_pod.headline == "Closed: prod/shop/web to shop/db (10.0.0.2) on TCP 80."

    closed = policy("all", policyTypes=["Ingress"])
    from_node = told(Toward(IN, address="10.9.0.1", port=80), closed, *agents)
    assert from_node.headline.startswith("Open whatever policies say (its own node can still reach it): ")
    other = told(Toward(IN, address="10.9.0.2", port=80), closed, *agents)
    assert other.headline.startswith("Closed: node node-1 (10.9.0.2) to ")


def test_the_internet_is_asked_of_all_its_addresses() -> None:
    one = policy("one", policyTypes=["Egress"], egress=[{"to": [{"ipBlock": {"cidr": "203.0.113.7/32"}}]}])
    agents = calico("node-0", "node-1")
    some = told(Toward(OUT), one, *agents)
    assert some.headline == "Open: prod/shop/web to the internet."
    assert section(some, "What allows it")[0].startswith("the internet (203.0.113.7) on all ports: ")
    assert told(Toward(OUT, address="203.0.113.8", port=443), one, *agents).headline.startswith("Closed: ")
    none = told(Toward(OUT, port=443), policy("none", policyTypes=["Egress"]), *agents)
    assert none.headline == "Closed: prod/shop/web to the internet on TCP 443."


def test_a_list_that_was_not_read_makes_it_as_far_as_it_is_modelled() -> None:
    found = told(Toward(OUT, "shop", "db", port=80), *calico("node-0", "node-1"), blind="networkpolicies")

    assert found.headline.startswith("Open as far as it is modelled: ")
    assert any("could not be read" in line for line in section(found, "Not modelled"))


@pytest.mark.parametrize(
    ("served_by", "begins"),
    [({"service": {"name": "calico-api"}}, "Closed: "), ({}, "Open as far as it is modelled: ")],
    ids=["calico's own server", "plain definitions"],
)
def test_definitions_that_calico_may_not_read_close_nothing_and_are_named(
    served_by: Body, begins: str
) -> None:
    spec = {"selector": "all()", "order": 1, "types": ["Egress"], "egress": [{"action": "Deny"}]}
    shut = {"kind": "GlobalNetworkPolicy", "metadata": {"name": "shut"}, "spec": spec}
    served: dict[Kind, list[Body]] = {CALICO_POLICY: [], CALICO_STORED_POLICY: []}
    group = {"kind": "APIService", "metadata": {"name": "v3.projectcalico.org"}, "spec": served_by}
    cluster = Answering((*SHOP, group, *calico("node-0", "node-1")), served | {CALICO_GLOBAL_POLICY: [shut]})

    found = run(
        explanation(Wish("prod", "shop", "web", Toward(OUT, address="203.0.113.8", port=443))), cluster
    )

    assert isinstance(found, Told)
    assert found.headline.startswith(begins)
    unsure = any(
        "which of the two Calico reads is not known" in one for one in section(found, "Not modelled")
    )
    assert unsure == begins.startswith("Open")


def test_rights_in_a_few_namespaces_are_enough_for_what_stands_there_and_the_rest_is_said_to_be_missing() -> (
    None
):
    cluster = Answering((*SHOP, DB_CLOSED, *calico("node-0", "node-1")), blind="in prod/*")
    found = run(explanation(Wish("prod", "shop", "db", Toward(IN, "shop", "web", port=80))), cluster)

    assert isinstance(found, Told)
    (line,) = section(found, "Into shop/db")
    assert line == "denied: NetworkPolicy shop/db selects it, and no rule of it allows this"
    assert any("list pods in prod/* could not be read" in one for one in section(found, "Not modelled"))


def test_what_cannot_be_explained_is_refused_with_what_to_do() -> None:
    for name, code in (("wbe", "pod-absent"), ("job", "pod-finished")):
        refused = ask(None, name=name)
        assert isinstance(refused, Refusal)
        assert refused.code == code
        assert refused.remedy
    gone = ask(None, blind="get prod")
    assert isinstance(gone, Refusal)
    assert gone.code == "pod-unavailable"


def test_a_pod_reaches_itself_and_one_on_the_host_network_is_its_node() -> None:
    assert told(Toward(OUT, "shop", "web", port=1)).headline.startswith("Open: shop/web is one pod")
    host = told(None, policy("all"), name="host")
    assert section(host, "Policies that select") == ("none can: it is on its node's network",)


def test_what_a_message_is_too_small_for_is_whole_in_a_file_with_hidden_characters_spelt() -> None:
    many = [
        policy(f"p{n:02d}", policyTypes=["Egress"], egress=[{"ports": [{"port": n}]}]) for n in range(1, 30)
    ]
    found = told(None, *many, *calico("node-0"))

    assert found.file is not None
    assert found.file.name == "explain-prod-shop-web.txt"
    assert found.file.content.count("NetworkPolicy shop/p29") >= 2
    assert "more: see the file" in section(found, "Policies that select")[-1]


@given(
    st.lists(st.sampled_from(["web", "db"]), max_size=2, unique=True),
    st.sampled_from([80, 5432]),
    st.sampled_from([OUT, IN]),
)
def test_the_word_agrees_with_the_evaluator(closed: list[str], port: int, way: Direction) -> None:
    policies = [
        policy(app, podSelector={"matchLabels": {"app": app}}, policyTypes=["Ingress", "Egress"], egress=[{}])
        for app in closed
    ] + [DB_CLOSED]
    found = told(Toward(way, "shop", "db", port=port), *policies, *calico("node-0", "node-1"))

    there = world([WEB, DB], policies, NODES)
    ends = (named(there, "web"), named(there, "db"))
    source, target = ends if way is OUT else ends[::-1]
    allowed = verdict(Connection(source, target, "TCP", port), there).allowed
    assert found.headline.startswith("Open: " if allowed else "Closed: ")


@given(st.lists(st.lists(st.text(min_size=1, max_size=2000), max_size=12), max_size=8), st.text(max_size=50))
def test_a_message_is_never_too_long_and_what_it_leaves_out_is_in_the_file(
    lines: list[list[str]], title: str
) -> None:
    found = worded("x", tuple(Section(title, tuple(some)) for some in lines), "name")

    assert sum(len(line) for one in found.sections for line in one.lines) <= ROOM
    whole = tuple(Section(title, tuple(some)) for some in lines if some)
    assert (found.file is None) == (found.sections == whole)
