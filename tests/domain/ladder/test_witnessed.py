"""L3: what flows prove of a cut, and what they do not."""

import msgspec
import pytest

from bot.domain.directions import Direction
from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.flow import Being, Endpoint, Observer, Policy, Verdict
from bot.domain.flows.merging import Answer as Told
from bot.domain.flows.taken import Capability, Overrun, Silent, Window
from bot.domain.ladder.lasting import lasting
from bot.domain.ladder.rungs import Outcome, Proof
from bot.domain.ladder.witnessed import IDLE, Witnessed, ours, settled
from bot.domain.plans import Proving
from bot.domain.queries import Answer, Discovered, FirewallFacts, Flowing, Flows, Unavailable
from bot.domain.refs import ArmRef
from bot.domain.requests import Evidence, Moment, PartRow
from bot.domain.states import PartState
from tests.domain.flows.observed import CAN, at, flow, taken
from tests.domain.values import OWN_PART

PART = msgspec.structs.replace(OWN_PART, proving=Proving("Cilium", "fb-7k3q-0"))
TARGET = PART.target
SELF = Endpoint("10.0.0.1", namespace=TARGET.namespace, pod=TARGET.name)
PEER = Endpoint("10.0.0.2", namespace=TARGET.namespace, pod="orders-db-0")
((SPACE, NAME),) = ours(PART)
OURS = (Policy(NAME, SPACE),)
ASKED = Asked("prod", Subject(About.POD, TARGET.name, TARGET.namespace), at(0), at(60))
GUARDED = (("9.9.9.0/24", "a partner"),)
DROP = flow(10, SELF, PEER, (1, 5432), verdict=Verdict.DENIED, policies=OURS)


def examined(answer: Answer) -> Proof:
    asking = Witnessed(at(0)).examine(PART)
    _, query = next(asking)
    assert query == Flows(TARGET.cluster, TARGET.namespace, TARGET.name, 0, at(0), live=True, within=3.0)
    try:
        asking.send((Discovered("prod", "uid", firewall=FIREWALL), answer))
    except StopIteration as stop:
        told: Proof = stop.value
        return told
    raise AssertionError("it asked again")


FIREWALL = FirewallFacts(ArmRef("/p/root"), ArmRef("/p/root/g"), ArmRef("/g/ours"), None, (), GUARDED)


def test_what_goes_on_to_an_address_outside_can_be_closed_at_the_firewall() -> None:
    bad, partner = Endpoint("8.8.8.8", Being.WORLD), Endpoint("9.9.9.9", Being.WORLD)
    proof = told(taken(flow(20, SELF, bad), flow(21, SELF, partner), flow(22, SELF, PEER, (7, 22))))

    assert {offer.value for hole in proof.holes for offer in hole.offers} == {"8.8.8.8"}


def told(*answers: Told) -> Proof:
    return examined(Flowing(ASKED, answers))


def test_a_drop_in_the_name_of_our_policy_and_nothing_that_passes_holds() -> None:
    proof = told(taken(DROP, DROP, flow(1, SELF, PEER, (9, 5432))))  # what passed within a moment was before

    assert (proof.outcome, proof.text) == (
        Outcome.HOLDS,
        "1 attempts were dropped by our policy, and none passed since",
    )


def test_what_is_seen_to_pass_outweighs_every_drop() -> None:
    proof = told(taken(DROP, flow(20, SELF, PEER, (7, 22)), losses=(Overrun("node-a"),)))

    assert (proof.outcome, [hole.text for hole in proof.holes]) == (
        Outcome.OPEN,
        [f"{TARGET.namespace}/orders-db-0:22 was seen to pass"],
    )


@pytest.mark.parametrize(
    "harmless",
    [
        flow(20, SELF, PEER, (7, 22), observer=Observer("hubble", "node-a", "from-endpoint")),
        flow(20, PEER, SELF, (7, 8080)),  # it left its peer: whether it arrived is not said
        flow(20, msgspec.structs.replace(SELF, pod=f"{TARGET.name}0"), PEER, (7, 22)),
        flow(20, SELF, PEER, (7, 22), verdict=Verdict.UNKNOWN),
    ],
)
def test_what_did_not_get_beyond_the_cut_is_no_hole(harmless: object) -> None:
    assert told(taken(DROP, harmless)).outcome is Outcome.HOLDS  # type: ignore[arg-type]  # a flow


def test_what_arrives_at_the_pod_is_a_hole() -> None:
    assert (
        told(taken(DROP, flow(20, PEER, SELF, (7, 8080), direction=Direction.INGRESS))).outcome
        is Outcome.OPEN
    )


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (taken(), "nothing was dropped by our policy yet: nothing tried"),
        (
            taken(msgspec.structs.replace(DROP, policies=(Policy("other"),))),
            "nothing was dropped by our policy yet",
        ),
        (taken(msgspec.structs.replace(DROP, policies=())), "yet: what was dropped does not name it"),
        (taken(DROP, losses=(Overrun("node-a", 5),)), "hubble cannot tell: flows were overwritten"),
        (taken(DROP, window=Window(at(30), at(60))), "hubble cannot tell: it covers only a part of the time"),
        (
            taken(DROP, can=tuple(set(CAN) - {Capability.POLICIES})),
            "no source of flows here names the policy",
        ),
        (Silent("hubble", "gone"), "no source of flows here names the policy"),
    ],
)
def test_what_is_lost_or_unsaid_proves_nothing(answer: Told, why: str) -> None:
    proof = told(answer)

    assert proof.outcome is Outcome.SILENT
    assert why in proof.text


def test_flows_that_cannot_be_asked_for_prove_nothing() -> None:
    assert examined(Unavailable("no source")).outcome is Outcome.SILENT


def test_it_suits_only_a_cut_with_a_policy_of_our_own() -> None:
    bare = msgspec.structs.replace(PART, changes=())

    assert [Witnessed(at(0)).suits(part) for part in (PART, bare, OWN_PART)] == [True, False, False]


def test_the_pods_own_node_reaches_it_and_is_no_news() -> None:
    kubelet = Endpoint("10.1.0.4", Being.NODE, name="node-a")
    probe = flow(20, kubelet, SELF, (7, 8080), direction=Direction.INGRESS)

    assert told(taken(DROP, probe)).outcome is Outcome.HOLDS


def test_another_node_that_reaches_the_pod_is_a_hole() -> None:
    remote = Endpoint("10.1.0.5", Being.NODE)  # of `reserved:remote-node` Hubble tells no name
    proof = told(taken(DROP, flow(20, remote, SELF, (7, 8080), direction=Direction.INGRESS)))

    assert proof.outcome is Outcome.OPEN


@pytest.mark.parametrize(
    ("last", "now", "new"),
    [
        (Outcome.HOLDS, Proof("L3", Outcome.HOLDS, "7 attempts"), False),
        (Outcome.HOLDS, Proof("L3", Outcome.SILENT, IDLE), False),
        (Outcome.HOLDS, Proof("L3", Outcome.SILENT, "hubble cannot tell"), True),
        (Outcome.HOLDS, Proof("L3", Outcome.OPEN, "passed"), True),
        (Outcome.OPEN, Proof("L3", Outcome.SILENT, "hubble cannot tell"), False),
        (Outcome.OPEN, Proof("L3", Outcome.SILENT, IDLE), False),
        (Outcome.OPEN, Proof("L3", Outcome.HOLDS, "7 attempts"), True),
        ("", Proof("L3", Outcome.SILENT, IDLE), True),
    ],
)
def test_silence_takes_away_what_holds_and_never_what_passed(last: str, now: Proof, *, new: bool) -> None:
    seen = (Evidence("L3", "as last seen", at(0), last),)
    row = PartRow("FB-1.0", "FB-1", 0, PART, evidence=seen)

    assert (lasting(row, now) is not None) is new


def test_it_is_known_when_an_applied_part_must_have_bitten() -> None:
    row = PartRow("FB-1.0", "FB-1", 0, PART, PartState.APPLIED, moments=(Moment(PartState.APPLIED, at(0)),))

    assert settled(row) == at(Proving().settle)
    assert settled(msgspec.structs.replace(row, state=PartState.ROLLED_BACK)) is None
