"""The one sentence that matters, what is new, who denied, what can't be known, and what to do next."""

from datetime import timedelta
from ipaddress import IPv4Address
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.directions import Direction
from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.beats import beat
from bot.domain.flows.flow import Being, Endpoint, Flow, Observer, Policy, Verdict
from bot.domain.flows.identities import Known
from bot.domain.flows.knowing import external
from bot.domain.flows.merging import Answer, merge
from bot.domain.flows.peers import OPEN_FOR, Lot
from bot.domain.flows.steps import Doing, steps
from bot.domain.flows.summing import Summary, summary
from bot.domain.flows.taken import (
    Capability,
    Late,
    Loss,
    Overrun,
    Partial,
    Silent,
    Truncated,
    Unanswered,
    Window,
)
from tests.domain.flows.observed import API, C2, DB, EVIL, NODE, TWIN, at, flow, reply, taken, takens

POD = Subject(About.POD, "api-1", "payments")
ASKED = Asked("prod", POD, at(0), at(900))
OTHER = Endpoint("198.51.100.9", Being.WORLD)


def summed(*answers: Answer, earlier: tuple[Answer, ...] | None = None, asked: Asked = ASKED) -> Summary:
    return summary(merge(answers), asked, None if earlier is None else merge(earlier))


def many(number: int, **more: Any) -> list[Flow]:
    return [flow(n, ports=(30000 + n, 443), **more) for n in range(number)]


def test_the_most_important_thing_is_a_new_external_peer_that_is_still_allowed() -> None:
    yesterday = (taken(flow(-5000, API, OTHER), window=Window(at(-86400), at(0))),)
    now = taken(*many(214), flow(1, API, OTHER), flow(2, API, DB, (1, 5432)))
    told = summed(now, earlier=yesterday)
    assert told.sentence == (
        "2 external peers, 1 not seen in the 24 h before: 203.0.113.7:443, 214 connections, still allowed"
    )
    assert [(str(n.peer), n.new) for n in told.external] == [
        ("203.0.113.7:443", True),
        ("198.51.100.9:443", False),
    ]


def test_nothing_is_new_by_a_source_that_did_not_look_before() -> None:
    now = taken(*many(3))
    for blind in ((Silent("hubble", "it hangs"),), (taken(source="firewall"),), (taken(window=None),)):
        told = summed(now, earlier=blind)
        assert [n.new for n in told.peers] == [None]
        assert told.sentence == "1 external peer: most with 203.0.113.7:443, 3 connections, still allowed"


def test_what_was_denied_last_is_not_still_allowed() -> None:
    cut = many(3, verdict=Verdict.DENIED, start=at(500), end=at(500))
    told = summed(taken(*many(3), *cut))
    assert told.sentence == (
        "1 external peer: most with 203.0.113.7:443, 3 connections passed, and it is denied now"
    )


FB = Policy("fb", "payments")
REFUSED: dict[str, Any] = {"verdict": Verdict.DENIED, "reason": "POLICY_DENY", "policies": (FB,)}


@pytest.mark.parametrize(
    ("refused_at", "lot", "said"),
    [
        (58, Lot.PASSES, "1 connection, passed in the last minute before a denial"),
        (158, Lot.STOPPED, "1 connection passed, and it is denied now by payments/fb"),
    ],
)
def test_one_refused_connection_hides_no_other_that_is_open(refused_at: int, lot: Lot, said: str) -> None:
    kept = [flow(n) for n in range(0, 60, 5)]
    kept += [reply(n + 0.1, C2, API, (443, 40000), direction=Direction.INGRESS) for n in range(0, 60, 5)]
    told = summed(
        taken(*kept, flow(refused_at, ports=(40001, 443), **REFUSED)),
        earlier=(taken(window=Window(at(-86400), at(0))),),
    )
    assert [one.peer.lot for one in told.peers] == [lot]
    assert told.sentence == f"1 external peer, 1 not seen in the 24 h before: 203.0.113.7:443, {said}"
    (step,) = steps(told)
    assert (step.doing, str(step.peer)) == (Doing.BLOCK, "203.0.113.7:443")


def test_what_calls_home_is_advised_to_be_blocked_after_a_denial_too_and_not_said_to_pass_now() -> None:
    beacon = [flow(60 * n, API, OTHER, (30000 + n, 8443)) for n in range(10)]
    told = summed(taken(*beacon, flow(700, API, OTHER, (39999, 8443), **REFUSED)))
    (step,) = steps(told)
    assert (step.doing, step.why) == (
        Doing.BLOCK,
        "198.51.100.9:8443 is called every 60 s (9 of 10 intervals), and passed until it was denied",
    )


def test_what_still_passes_is_told_before_what_is_denied_now() -> None:
    stopped = [*many(9), flow(500, ports=(39999, 443), verdict=Verdict.DENIED)]
    told = summed(taken(*stopped, flow(2, API, OTHER)))
    assert told.sentence == "2 external peers: most with 198.51.100.9:443, 1 connection, still allowed"


def test_doors_that_were_open_before_are_not_counted_as_shut() -> None:
    doors = [flow(200 + n, API, DB, (1, 1000 + n), verdict=Verdict.DENIED) for n in range(12)]
    were_open = [flow(n, API, DB, (1, 1000 + n)) for n in range(5)]
    assert steps(summed(taken(*doors, *were_open))) == ()


def test_sources_that_differ_are_both_told() -> None:
    denied = flow(0, verdict=Verdict.DENIED)
    told = summed(taken(flow(1)), taken(denied, source="firewall"))
    assert told.sentence.endswith("1 connection, allowed by one source and denied by another")


def test_who_denied_is_named() -> None:
    policy = Policy("deny-egress", "payments", "CiliumNetworkPolicy")
    told = summed(taken(*many(4, verdict=Verdict.DENIED, reason="POLICY_DENY", policies=(policy,))))
    assert told.sentence == (
        "everything seen was denied by CiliumNetworkPolicy payments/deny-egress: 4 connections with 1 peer"
    )
    assert [(d.by, d.reasons, d.connections) for d in told.denials] == [(policy, ("POLICY_DENY",), 4)]


def test_traffic_within_the_cluster_says_that_nothing_left_it() -> None:
    told = summed(taken(flow(0, API, DB, (1, 5432)), flow(0, TWIN, API, (1, 8080))))
    assert told.sentence.startswith("2 peers, none outside the cluster that passes: most with payments/")
    assert told.external == ()


def test_no_flows_is_said_only_by_who_would_have_seen_them() -> None:
    assert summed(taken()).sentence == "no flows: hubble covered the whole window and lost nothing"


FULL = frozenset(Capability)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Silent("hubble", "it did not answer in 5 s"), "it did not answer in 5 s"),
        (taken(losses=(Overrun("node-a", 9),)), "9 flows were overwritten before they were read (node-a)"),
        (taken(losses=(Unanswered(("node-a",)),)), "no answer from node-a"),
        (taken(losses=(Late(600),)), "the last 600 s may still be on their way"),
        (taken(window=Window(at(600), at(900))), "it covers only 2026-03-01 12:10:00 to 12:15:00 UTC"),
        (taken(window=None), "it does not say which time it covers"),
        (taken(can=tuple(FULL - {Capability.PODS})), "it does not tell pods apart"),
        (taken(can=tuple(FULL - {Capability.DENIED})), "it does not see what is denied"),
        (taken(can=tuple(FULL - {Capability.INSIDE})), "it does not see traffic within the cluster"),
    ],
)
def test_who_could_not_know_says_so_instead(answer: Answer, why: str) -> None:
    told = summed(answer)
    assert told.sentence == f"cannot know: hubble: {why}"
    assert told.incomplete == (("hubble", why),)


def test_no_source_at_all_cannot_know_either() -> None:
    assert summed().sentence == "cannot know: no source of flows was asked"


def test_a_source_that_names_no_pods_knows_of_an_address_all_the_same() -> None:
    can = tuple(FULL - {Capability.PODS, Capability.INSIDE, Capability.NAMES})
    firewall = taken(source="firewall", can=can)
    for address, said in (
        ("203.0.113.7", "no flows: firewall"),
        ("10.0.0.7", "cannot know: firewall: it does not see"),
    ):
        asked = Asked("prod", Subject(About.ADDRESS, address), at(0), at(900))
        assert summed(firewall, asked=asked).sentence.startswith(said)


def test_an_address_that_no_source_knows_is_external_where_nobody_has_it_inside() -> None:
    ends = [
        Endpoint(a) for a in ("203.0.113.7", "2001:db8::7", "10.9.9.9", "fd00::1", "168.63.129.16", "", "x")
    ]
    assert [external(one) for one in ends] == [True, True, False, False, False, False, False]


@given(st.ip_addresses(v=4), st.sampled_from(("::ffff:", "64:ff9b::")))
def test_an_address_is_as_external_as_it_is_however_it_is_written(address: IPv4Address, way: str) -> None:
    assert external(Endpoint(f"{way}{address}")) == external(Endpoint(str(address)))


def test_a_private_address_written_as_one_of_ipv6_is_not_of_the_internet() -> None:
    private = ("::ffff:10.0.0.5", "::ffff:a00:5", "64:ff9b::a00:5", "::ffff:168.63.129.16")
    assert not any(external(Endpoint(one)) for one in private)
    assert external(Endpoint("::ffff:203.0.113.7"))


@given(st.lists(takens(), max_size=3))
def test_everything_was_denied_is_said_only_where_nothing_passed(now: list[Answer]) -> None:
    told = summed(*now)
    if "everything seen was denied" in told.sentence:
        assert not any(one.peer.passed for one in told.peers)
    doors = [one.peer for one in told.peers if one.peer.lot is Lot.STOPPED]
    for sight in (sight for peer in doors for sight in peer.sights):
        assert sight.last_denied is not None
        assert sight.last_passed is None or sight.last_denied - sight.last_passed >= OPEN_FOR


@given(st.lists(takens(), max_size=3), st.lists(takens(), max_size=3))
def test_whatever_is_told_there_is_one_sentence_and_at_most_three_steps(
    now: list[Answer], before: list[Answer]
) -> None:
    told = summed(*now, earlier=tuple(before))
    assert told.sentence
    assert len(steps(told)) <= 3
    assert "no flows" not in told.sentence or told.absence is not None
    assert sum(peer.peer.passed for peer in told.peers) <= sum(
        len(a.flows) * 5 for a in now if not isinstance(a, Silent)
    )


@pytest.mark.parametrize("name", EVIL)
def test_hostile_names_are_kept_as_they_are_for_who_shows_them(name: str) -> None:
    told = summed(taken(flow(0, API, Endpoint("10.0.0.7", Being.POD, name, name), (1, 80))))
    assert f"{name}/{name}:80" in told.sentence


def test_a_rhythm_is_found_through_jitter_and_a_missed_beat() -> None:
    jittered = [at(60 * n + (n * 7) % 5) for n in range(12) if n != 6]
    found = beat(jittered)
    assert found is not None
    assert found.every == pytest.approx(60, abs=3)
    assert (found.intervals, found.regular) == (10, 9)
    assert beat(jittered[:5]) is None
    assert beat([at(n) for n in range(30)]) is None
    assert beat([at(n * n * 7) for n in range(20)]) is None


def test_what_calls_home_by_the_clock_comes_first_with_its_numbers() -> None:
    beacon = [flow(60 * n, API, OTHER, (30000 + n, 8443)) for n in range(10)]
    told = summed(taken(*many(50), *beacon), earlier=(taken(window=Window(at(-60), at(0))),))
    assert "198.51.100.9:8443, 10 connections, still allowed, every 60 s (9 of 9 intervals)" in told.sentence
    first, second = steps(told)
    assert (first.doing, str(first.peer), first.why) == (
        Doing.BLOCK,
        "198.51.100.9:8443",
        "198.51.100.9:8443 is called every 60 s (9 of 9 intervals), and passes",
    )
    assert second.why == "203.0.113.7:443 was not seen before: 50 connections passed"


def test_many_shut_doors_suggest_a_quarantine_of_the_one_who_tries() -> None:
    doors = [flow(n, API, DB, (1, 1000 + n), verdict=Verdict.DENIED) for n in range(12)]
    (step,) = steps(summed(taken(*doors)))
    assert (step.doing, step.peer) == (Doing.QUARANTINE, None)
    assert step.why == "it tried 12 ends and ports that all denied it, 12 times"


def test_what_comes_in_from_outside_is_no_reason_to_block_what_the_pod_calls() -> None:
    told = summed(taken(flow(0, C2, API, (40000, 8080))), earlier=(taken(window=Window(at(-60), at(0))),))
    assert [n.peer.direction for n in told.external] == ["ingress"]
    assert steps(told) == ()


def test_the_prefix_twin_is_not_the_subject_but_its_peer() -> None:
    told = summed(taken(flow(0, TWIN, API, (1, 8080))))
    assert [str(n.peer) for n in told.peers] == ["payments/api-10 to 8080"]


def test_a_connection_that_lasts_is_seen_until_its_end() -> None:
    long = msgspec.structs.replace(flow(0), end=at(0) + timedelta(hours=1))
    assert summed(taken(long)).peers[0].peer.last == at(3600)


@pytest.mark.parametrize(
    "lost", [Partial("throttled"), Truncated(100), Overrun("node-a"), Unanswered(("node-a",))]
)
def test_of_a_day_before_that_was_told_in_part_nothing_is_new(lost: Loss) -> None:
    day = Window(at(-86400), at(0))
    told = summed(taken(flow(1, API, OTHER)), earlier=(taken(window=day, losses=(lost,)),))
    assert [one.new for one in told.peers] == [None]
    whole = summed(taken(flow(1, API, OTHER)), earlier=(taken(window=day, losses=(Late(600),)),))
    assert [one.new for one in whole.peers] == [True]


BEHIND = Asked("prod", msgspec.structs.replace(POD, behind=("10.1.0.4",)), at(0), at(900))
NODES = (Known("10.1.0.4", Endpoint(being=Being.NODE, name="node-a")),)


@pytest.mark.parametrize("known", [(), NODES])
def test_what_left_under_a_nodes_address_is_told_by_whom_it_reached_whether_or_not_the_node_is_known(
    known: tuple[Known, ...],
) -> None:
    row = flow(1, Endpoint("10.1.0.4"), Endpoint("203.0.113.7"), observer=Observer("firewall", "hub"))
    told = summary(merge([taken(row, source="firewall")], known), BEHIND)

    assert [str(noted.peer) for noted in told.external] == ["203.0.113.7:443"]
    assert told.sentence.startswith("1 external peer: most with 203.0.113.7:443, 1 connection")


def test_a_node_that_its_source_tells_from_its_pods_is_no_pod() -> None:
    told = summary(merge([taken(flow(1, NODE, C2), flow(2, NODE, API, (1, 8080)))], NODES), BEHIND)

    assert [str(noted.peer) for noted in told.external] == []
