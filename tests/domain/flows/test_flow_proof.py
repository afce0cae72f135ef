"""Flows as proof and forecast: before and after, replayed under a plan, traced outward."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.comparing import Compared, compared
from bot.domain.flows.concerning import end, matcher
from bot.domain.flows.flow import PASSED, Being, Endpoint, Flow, Verdict
from bot.domain.flows.identities import Known
from bot.domain.flows.merging import Answer, merge
from bot.domain.flows.peers import Peer, peers
from bot.domain.flows.replaying import Replay, Worlds, line, replayed
from bot.domain.flows.taken import Capability, Late, Overrun, Partial, Silent, Truncated, Window
from bot.domain.flows.tracing import Trace, traced
from tests.domain.flows.observed import API, C2, CAN, DB, ENDS, NODE, TWIN, at, flow, flows, reply, taken
from tests.domain.residual.build import node, pod, policy, world

POD = Subject(About.POD, "api-1", "payments")
AFTER = Asked("prod", POD, at(100), at(200))
COVERED = Window(at(100), at(200))


def changed(before: list[Flow], after: list[Flow], *also: Answer, **more: Any) -> Compared:
    return compared([taken(*before)], [taken(*after, window=COVERED, **more), *also], AFTER)


def names(found: tuple[Peer, ...]) -> list[str]:
    return [str(peer) for peer in found]


def test_what_stopped_what_goes_on_and_what_is_new_are_told_apart() -> None:
    before = [
        flow(0),
        flow(1, ports=(40001, 443)),
        flow(0, API, DB, (50000, 5432)),
        flow(0, API, TWIN, (1, 80)),
    ]
    after = [
        flow(110),  # the first connection, open since before
        flow(111, ports=(40009, 443)),
        flow(112, API, DB, (50001, 5432), verdict=Verdict.DENIED),
        flow(113, API, NODE, (1, 10250)),
    ]
    told = changed(before, after)
    assert names(told.stopped) == ["payments/api-10:80", "payments/orders-db-0:5432"]
    assert [(str(one.peer), one.peer.passed, one.established) for one in told.goes_on] == [
        ("203.0.113.7:443", 2, 1)
    ]
    assert names(told.new) == ["node-a:10250"]
    assert str(told) == "2 peers stopped; 1 goes on, with 1 connection from before; 1 new"


def test_what_a_source_may_have_missed_has_not_stopped_unless_it_was_denied() -> None:
    before = [flow(0, API, DB, (50000, 5432)), flow(0)]
    told = changed(before, [flow(112, verdict=Verdict.DENIED)], losses=(Late(600),))
    assert (names(told.stopped), names(told.unseen)) == (["203.0.113.7:443"], ["payments/orders-db-0:5432"])
    assert [source for source, _ in told.doubts] == ["hubble"]


@pytest.mark.parametrize(
    "lacking",
    [
        {"losses": (Partial("broke off"),)},
        {"losses": (Truncated(9),)},
        {"losses": (Overrun("node-a"),)},
        {"window": None},
        {"can": tuple(set(CAN) - {Capability.PODS})},
    ],
)
def test_a_denial_told_by_who_lost_the_rest_shows_no_end(lacking: dict[str, Any]) -> None:
    after = taken(flow(112, verdict=Verdict.DENIED), **{"window": COVERED, **lacking})
    told = compared([taken(flow(0))], [after], AFTER)
    assert (names(told.stopped), names(told.unseen)) == ([], ["203.0.113.7:443"])


def test_a_denial_of_one_source_is_not_taken_from_another_that_lost_nothing() -> None:
    told = compared(
        [taken(flow(0))],
        [
            taken(flow(112, verdict=Verdict.DENIED), losses=(Truncated(9),), window=COVERED),
            taken(source="firewall", window=COVERED),
        ],
        AFTER,
    )
    assert names(told.unseen) == ["203.0.113.7:443"]


def test_another_source_without_loss_does_not_vouch_for_one_that_fell_silent() -> None:
    told = compared(
        [taken(flow(0))], [Silent("hubble", "gone"), taken(source="firewall", window=COVERED)], AFTER
    )
    assert names(told.unseen) == ["203.0.113.7:443"]


@given(st.lists(flows(), max_size=12), st.lists(flows(), max_size=12))
def test_each_peer_that_ever_passed_is_in_one_place(before: list[Flow], after: list[Flow]) -> None:
    told = changed(before, after)
    own = end(POD)
    ever = {p.key for seen in (before, after) for p in peers(merge([taken(*seen)]).talks, own) if p.passed}
    placed = [p.key for p in (*told.stopped, *told.unseen, *told.new)] + [g.peer.key for g in told.goes_on]
    assert sorted(map(str, placed)) == sorted(map(str, ever))
    assert all(one.established <= one.peer.passed for one in told.goes_on)


CLUSTER = (
    pod("api-1", {"app": "api"}, "payments", ips=["10.0.0.1"]),
    pod("orders-db-0", {"app": "db"}, "payments", ips=["10.0.0.2"]),
    pod("api-10", {"app": "api"}, "payments", ips=["10.0.0.10"]),
)
PLAIN = world(CLUSTER, nodes=[node("node-a", "10.1.0.4")])
CUT = policy(
    "cut", "payments", podSelector={"matchLabels": {"app": "api"}}, policyTypes=["Ingress", "Egress"]
)
KEEP_DB = policy(
    "keep", "payments",
    podSelector={"matchLabels": {"app": "api"}},
    policyTypes=["Egress"],
    egress=[{"to": [{"podSelector": {"matchLabels": {"app": "db"}}}]}],
)  # fmt: skip


def replay(*policies: dict[str, object], seen: tuple[Flow, ...]) -> Replay:
    found = peers(merge([taken(*seen)]).talks, end(POD))
    after = world(CLUSTER, policies, nodes=[node("node-a", "10.1.0.4")])
    return replayed(found, "payments", "api-1", Worlds(PLAIN, after))


PUBLIC = Endpoint("8.8.8.8", Being.WORLD)
SEEN = (
    *(flow(n, API, DB, (50000 + n, 5432)) for n in range(3)),
    flow(0, API, PUBLIC),
    flow(0, API, TWIN, (1, 80)),
    flow(0, TWIN, API, (2, 8080)),
    flow(0, API, Endpoint("10.0.0.2"), (3, 9999)),
)


def test_a_replay_tells_which_peers_a_plan_would_have_cut() -> None:
    told = replay(CUT, seen=SEEN)
    assert (len(told.cut), told.kept, told.unsure) == (5, (), ())
    assert line([told, told], "24h") == "cuts 5 peers of the last 24h, among them payments/orders-db-0:5432"


def test_a_replay_keeps_what_another_policy_still_allows() -> None:
    told = replay(CUT, KEEP_DB, seen=SEEN)
    assert names(told.kept) == ["payments/orders-db-0:5432", "payments/orders-db-0:9999"]
    assert len(told.cut) == 3


def test_a_replay_says_nothing_of_what_no_policy_settles_or_nobody_knows() -> None:
    told = replay(
        CUT,
        seen=(
            flow(0, API, C2, (0, 0), protocol="ICMP"),
            flow(0, API, Endpoint("10.99.0.1", Being.SERVICE, "payments", name="db"), (1, 5432)),
            flow(0, API, Endpoint("10.7.7.7"), (1, 5432)),
            flow(0, API, msgspec.structs.replace(DB, pod="gone-0", address="10.0.0.77"), (1, 5432)),
            flow(0, API, DB, (1, 1), verdict=Verdict.DENIED),
        ),
    )
    assert (told.cut, told.kept, len(told.unsure)) == ((), (), 4)
    assert (
        line([told], "1h")
        == "would have cut nothing that can be told of what passed in the last 1h; 4 cannot be told"
    )


@pytest.mark.parametrize(("age", "kept", "unsure"), [(3600, 0, 1), (86400, 1, 0)])
def test_what_was_seen_of_an_address_before_its_pod_was_there_cannot_be_told(
    age: int, kept: int, unsure: int
) -> None:
    known = [Known(DB.address, DB, since=at(-age)), Known(API.address, API)]
    old = flow(-72_000, Endpoint(API.address), Endpoint(DB.address), (40000, 8443))
    found = peers(merge([taken(old, source="vnet")], known).talks, end(POD))
    after = world(CLUSTER, (CUT, KEEP_DB))
    told = replayed(found, "payments", "api-1", Worlds(PLAIN, after))
    assert (len(told.kept), len(told.unsure), told.cut) == (kept, unsure, ())


def test_a_pod_that_is_not_in_the_world_has_no_replay() -> None:
    told = replayed(peers(merge([taken(flow(0))]).talks, end(POD)), "payments", "other", Worlds(PLAIN, PLAIN))
    assert (told.exact, len(told.unsure)) == (False, 1)


def tree(found: Trace) -> list[tuple[str, list[str]]]:
    return [
        (hop.end.pod or hop.end.address, [one.end.pod or one.end.address for one in hop.next])
        for hop in found.next
    ]


def trace(*seen: Flow, since: float = 0) -> Trace:
    return traced(merge([taken(*seen)]).talks, API, at(since))


def test_a_trace_goes_two_hops_and_names_each_end_once() -> None:
    found = trace(
        flow(0, API, DB, (1, 5432)), flow(5, DB, C2), flow(6, DB, API, (9, 80)), flow(7, API, TWIN, (1, 80)),
        flow(8, TWIN, DB, (1, 5432)), flow(9, TWIN, C2), flow(10, C2, NODE, (1, 22)),
    )  # fmt: skip
    assert tree(found) == [("api-10", []), ("orders-db-0", ["203.0.113.7"])]
    assert found.reached == 3


def test_what_an_end_did_before_it_was_reached_came_not_of_it() -> None:
    assert tree(trace(flow(0, DB, C2), flow(10, API, DB, (1, 5432)))) == [("orders-db-0", [])]
    assert tree(trace(flow(20, DB, C2), flow(10, API, DB, (1, 5432)))) == [("orders-db-0", ["203.0.113.7"])]


def test_what_was_denied_reached_nobody() -> None:
    assert trace(flow(0, API, DB, (1, 5432), verdict=Verdict.DENIED)).next == ()


def test_a_reply_is_no_step_outward() -> None:
    assert trace(reply(0, API, DB, (5432, 1))).next == ()


@given(st.lists(flows(), max_size=25), st.randoms())
def test_a_trace_has_each_end_once_in_any_order(seen: list[Flow], chance: object) -> None:
    found = trace(*seen)
    ends = [hop.end for hop in found.next] + [one.end for hop in found.next for one in hop.next]
    assert len({(e.pod, e.name, e.pod or e.address) for e in ends}) == len(ends)
    assert trace(*reversed(seen)) == found


@given(st.lists(flows(), max_size=10), st.sampled_from(ENDS))
def test_exactly_what_was_asked_for_is_kept(seen: list[Flow], one: Endpoint) -> None:
    subject = Subject(About.POD, one.pod, one.namespace) if one.pod else Subject(About.ADDRESS, one.address)
    concerns = matcher(Asked("prod", subject, at(0), at(601), verdict=Verdict.ALLOWED))
    for flow_ in seen:
        ends = (flow_.source, flow_.destination)
        about = any((e.pod == one.pod if one.pod else e.address == one.address) for e in ends)
        assert concerns(flow_) == (about and flow_.verdict in PASSED), "what is only audited passed too"


def test_a_replay_says_nothing_of_what_passed_although_no_policy_allowed_it() -> None:
    found = peers(merge([taken(*SEEN)]).talks, end(POD))
    shut = world(CLUSTER, [CUT])
    told = replayed(found, "payments", "api-1", Worlds(shut, shut))
    assert (told.cut, told.kept, len(told.unsure)) == ((), (), 5)
