"""What flows see pass where policies leave something open: people are called for all that these do not let through."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.quarantine_pod import QuarantinePod
from bot.domain.changes import Create
from bot.domain.directions import Direction
from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.flow import Being, Endpoint, Flow
from bot.domain.flows.peers import Peer
from bot.domain.ladder.passing import Left, Open, Passing
from bot.domain.ladder.rungs import Hole, Outcome, Proof
from bot.domain.ladder.standing import Standing
from bot.domain.ladder.weighing import new_holes, weighed
from bot.domain.ladder.whom import Whom
from bot.domain.ladder.witnessed import judged
from bot.domain.plans import Part, Plan
from bot.domain.quarantine.closing import Possible
from bot.domain.refs import NAMESPACE, NETWORK_POLICY
from bot.domain.requests import PartRow
from bot.domain.residual import Pod, residual
from tests.actions.cluster import cluster
from tests.actions.staged import Staged, named, planned, pod
from tests.domain.flows.observed import C2, at, flow, taken
from tests.domain.ladder.test_standing import proof_of
from tests.domain.residual.build import pod as pod_of
from tests.domain.residual.build import policy as policy_of
from tests.domain.residual.build import world

NOW, LATER = at(100), at(400)
OWN = Endpoint("10.0.0.7", Being.POD, "payments", "api-1")
DNS = Endpoint("10.0.9.9", Being.POD, "kube-system", "coredns-1")
CACHE = Endpoint("169.254.20.10", Being.NODE, name="node-1")
ASKED = Asked("prod", Subject(About.POD, "api-1", "payments"), at(0), at(60))
ASKS = flow(20, OWN, DNS, (7, 53), protocol="UDP")
CALLS = flow(21, OWN, C2, (8, 443))
C2_HOLE = "payments/api-1 seen egress 203.0.113.7:443"


def quarantined(*allow: str) -> tuple[Staged, Plan]:
    """Return the staged cluster with its pod contained, but for what is allowed."""
    world = cluster()
    space = named(NAMESPACE, "kube-system", status={"phase": "Active"})
    space["metadata"]["labels"] = {"kubernetes.io/metadata.name": "kube-system"}
    world.put(space)
    server = pod("coredns-1", labels={"k8s-app": "kube-dns"}, namespace="kube-system")
    server["status"]["podIP"] = DNS.address
    world.put(server)
    plan = planned(QuarantinePod("prod", "payments", ("api-1",), allow=allow), world)
    cut = next(change for change in plan.parts[0].changes if isinstance(change, Create))
    spec = cut.body.value["spec"]
    world.put(pod("api-1", labels={"app": "api", **spec["podSelector"]["matchLabels"]}))
    world.put(named(NETWORK_POLICY, cut.ref.name, spec=spec))
    return world, plan


def computed(world: Staged, plan: Plan) -> Proof:
    return proof_of(Standing().examine(plan.parts[0]), world)


def seen(part: Part, *flows: Flow) -> Proof:
    whom = Whom("payments", "api-1", {"api-1": "uid-api-1"})
    return judged((part, whom), ASKED, (taken(*flows),), (at(0), Possible()))


def called(row: PartRow, plan: Plan, *proofs: Proof) -> list[str]:
    return [hole.about for hole in new_holes(row, plan, proofs)]


def test_what_is_open_for_dns_excuses_a_question_and_not_the_connection_beside_it() -> None:
    world, plan = quarantined("dns")
    part, l1 = plan.parts[0], computed(world, plan)
    row = weighed(PartRow("FB-1.0", "FB-1", 0, part), (l1,), NOW)
    other_port = flow(22, OWN, DNS, (9, 443))
    cache = flow(23, OWN, CACHE, (9, 53), protocol="UDP")

    service = flow(23, OWN, Endpoint(CACHE.address, Being.SERVICE, "shop", name="web"), (9, 53))

    assert l1.outcome is Outcome.OPEN
    assert called(row, plan, l1, seen(part, ASKS)) == []
    assert called(row, plan, l1, seen(part, service)) == ["payments/api-1 seen egress web:53"]
    assert called(row, plan, l1, seen(part, cache)) == []
    assert called(row, plan, l1, seen(part, ASKS, CALLS, cache)) == [C2_HOLE]
    assert called(row, plan, l1, seen(part, other_port)) == [
        "payments/api-1 seen egress kube-system/coredns-1:443"
    ]


def test_what_policies_let_through_anyway_calls_nobody_a_second_time() -> None:
    world, plan = quarantined()
    world.put(
        named(NETWORK_POLICY, "out", spec={"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]})
    )
    part, l1 = plan.parts[0], computed(world, plan)
    row = weighed(PartRow("FB-1.0", "FB-1", 0, part), (l1,), NOW)
    comes = flow(24, DNS, OWN, (9, 8080), direction=Direction.INGRESS)

    assert called(row, plan, l1, seen(part, ASKS, CALLS)) == []
    assert called(row, plan, l1, seen(part, comes)) == [
        "payments/api-1 seen ingress kube-system/coredns-1 to 8080"
    ]


def test_where_nothing_enforces_it_is_said_once_and_not_of_every_flow() -> None:
    _, plan = quarantined()
    part = plan.parts[0]
    nothing = Hole("payments/api-1 not enforced", "nothing enforces policies on its node")
    idle = Proof("L1", Outcome.OPEN, nothing.text, (nothing,), left=Left(unenforced=True))
    row = PartRow("FB-1.0", "FB-1", 0, part)

    assert called(row, plan, idle, seen(part, CALLS)) == [nothing.about]


WORLD = world(
    [pod_of("one", {"may": "out"}), pod_of("two"), pod_of("db", ips=("10.0.0.2",))],
    [
        policy_of("shut", policyTypes=["Egress"]),
        policy_of("out", podSelector={"matchLabels": {"may": "out"}}, policyTypes=["Egress"], egress=[{}]),
    ],
)


@pytest.mark.parametrize(
    ("whose", "may"),
    [
        ({"one"}, True),
        ({"two"}, False),
        ({"one", "two"}, False),
        ({"one", "came-later"}, False),
        ({"came-later"}, False),
        ({""}, False),
        (set(), False),
    ],
)
def test_of_several_pods_each_must_be_allowed_what_it_was_seen_to_do(whose: set[str], *, may: bool) -> None:
    left = Left(tuple(Open(name, residual(there(name), WORLD), WORLD) for name in ("one", "two")))
    db = Endpoint("10.0.0.2", Being.POD, "shop", "db")
    passed = tuple(Passing(Peer(end, Direction.EGRESS, "TCP", 443, ()), frozenset(whose)) for end in (db, C2))

    assert left.permitted(passed) == (may, may)
    assert Left().permitted(passed) == (False, False)


def there(name: str) -> Pod:
    found = WORLD.pod("shop", name)
    assert found is not None
    return found


def test_what_goes_on_when_nothing_lets_it_through_any_more_calls_people() -> None:
    world, plan = quarantined()
    shut = computed(world, plan)
    world.put(
        named(NETWORK_POLICY, "out", spec={"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]})
    )
    part, wide, flows = plan.parts[0], computed(world, plan), seen(plan.parts[0], CALLS)
    unread = Proof("L1", Outcome.SILENT, "it could not be read in time")
    row = PartRow("FB-1.0", "FB-1", 0, part)
    for proofs in ((wide, flows), (unread, flows), (wide, flows)):
        fresh = weighed(row, proofs, NOW)
        assert C2_HOLE not in called(row, plan, *proofs)  # what could not be read now is as it was
        row = fresh

    assert called(row, plan, shut, flows) == [C2_HOLE]
    later = weighed(row, (shut, flows), LATER)
    assert later != row
    assert called(later, plan, shut, flows) == []


def test_another_hole_behind_the_same_words_is_news() -> None:
    world, plan = quarantined()
    part, shut = plan.parts[0], computed(world, plan)
    flows = seen(part, *(flow(20, OWN, C2, (9, port)) for port in (1, 2, 3, 4)))
    last = msgspec.structs.replace(flows.holes[-1], about="payments/api-1 seen egress 203.0.113.9:4")
    other = msgspec.structs.replace(flows, holes=(*flows.holes[:-1], last))
    turned = msgspec.structs.replace(flows, holes=flows.holes[::-1])
    row = weighed(PartRow("FB-1.0", "FB-1", 0, part), (shut, flows), NOW)

    assert weighed(row, (shut, turned), LATER) == row
    assert weighed(row, (shut, other), LATER) != row
    assert called(row, plan, shut, other) == [last.about]


ENDS = (DNS, C2, CACHE, Endpoint("10.0.0.7", Being.POD, "payments", "api-2"), Endpoint("10.9.9.9"))


@pytest.fixture(scope="module")
def narrow() -> tuple[Plan, Proof]:
    world, plan = quarantined("dns")
    return plan, computed(world, plan)


@given(
    st.lists(
        st.tuples(st.sampled_from(ENDS), st.sampled_from((53, 443)), st.sampled_from(("UDP", "TCP", "ICMP")))
    )
)
def test_nothing_but_what_is_asked_of_names_is_ever_excused(
    narrow: tuple[Plan, Proof], talks: list[tuple[Endpoint, int, str]]
) -> None:
    plan, l1 = narrow
    part = plan.parts[0]
    row = weighed(PartRow("FB-1.0", "FB-1", 0, part), (l1,), NOW)
    flows = [flow(20, OWN, end, (9, port), protocol=protocol) for end, port, protocol in talks]
    proof = seen(part, *flows)
    excused = {h.about for h in proof.holes} - set(called(row, plan, l1, proof))
    may = {
        hole.about
        for hole in proof.holes
        if hole.passing
        and hole.passing.peer.end in (DNS, CACHE)
        and (hole.passing.peer.port, hole.passing.peer.protocol) in {(53, "UDP"), (53, "TCP")}
    }

    assert excused == may
