"""Merging: the same in any order and however often, nothing counted twice, no verdict mixed into another."""

import random
from datetime import timedelta
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.directions import Direction
from bot.domain.flows.flow import Counts, Endpoint, Flow, Observer, Policy, Verdict
from bot.domain.flows.identities import Known
from bot.domain.flows.merging import joined, merge
from bot.domain.flows.taken import Overrun, Silent, Taken, Window
from bot.domain.flows.talks import MOST_STARTS, Merged
from tests.domain.flows.observed import (
    API,
    BARE_DB,
    C2,
    DB,
    NAMED_C2,
    NOON,
    SUM,
    TWIN,
    at,
    flow,
    flows,
    reply,
    taken,
    takens,
)

told = st.lists(takens(), max_size=4)


@given(told, st.randoms())
def test_the_order_of_sources_and_flows_changes_nothing(answers: list[Taken], chance: random.Random) -> None:
    shuffled = [
        msgspec.structs.replace(a, flows=tuple(chance.sample(a.flows, len(a.flows)))) for a in answers
    ]
    chance.shuffle(shuffled)
    assert merge(shuffled) == merge(answers)


@given(told)
def test_what_is_told_twice_is_told_once(answers: list[Taken]) -> None:
    assert merge([*answers, *answers]) == merge(answers)


@given(st.lists(flows(), max_size=20), st.data())
def test_a_window_asked_in_two_pieces_is_the_same_window(seen: list[Flow], data: st.DataObject) -> None:
    first = [data.draw(st.sampled_from(("one", "other", "both"))) for _ in seen]
    one = taken(*(f for f, where in zip(seen, first, strict=True) if where != "other"))
    other = taken(*(f for f, where in zip(seen, first, strict=True) if where != "one"))
    assert merge([one, other]) == merge([taken(*seen)])


def _ends(one: Flow) -> frozenset[tuple[str, int]]:
    return frozenset({(one.source.address, one.source_port), (one.destination.address, one.destination_port)})


@given(st.lists(flows(), max_size=25))
def test_each_connection_counts_once_under_each_verdict(seen: list[Flow]) -> None:
    sure = [
        f
        for f in seen
        if f.connections is None and f.reply is not None and len(_ends(f)) == 2 and not _both_ways(f, seen)
    ]
    merged = merge([taken(*sure)])
    denied = {(_ends(f), f.protocol) for f in sure if f.verdict is Verdict.DENIED}
    every = {(_ends(f), f.protocol) for f in sure}
    assert _number(merged, Verdict.DENIED) == len(denied)
    for verdict in Verdict:
        assert _number(merged, verdict) <= len({(_ends(f), f.protocol) for f in sure if f.verdict is verdict})
    assert {talk.verdict for talk in merged.talks} <= {f.verdict for f in sure}
    assert sum(talk.connections for talk in merged.talks) >= len(every)


def _both_ways(one: Flow, seen: list[Flow]) -> bool:
    """Whether the same two ends each connected to the other from the very port: two connections that look like one."""
    way = _way(one)
    return any(f.reply is not None and _way(f) == (*reversed(way[:2]), way[2]) for f in seen)


def _way(one: Flow) -> tuple[tuple[str, int], tuple[str, int], str]:
    ends = (one.source.address, one.source_port), (one.destination.address, one.destination_port)
    client, server = (ends[1], ends[0]) if one.reply else ends
    return client, server, one.protocol


def _number(merged: Merged, verdict: Verdict) -> int:
    return sum(talk.connections for talk in merged.talks if talk.verdict is verdict)


@given(st.lists(flows(), max_size=25))
def test_what_comes_out_can_be_kept_and_read_again(seen: list[Flow]) -> None:
    merged = merge([taken(*seen)])
    assert msgspec.json.decode(msgspec.json.encode(merged), type=Merged) == merged


def test_replies_and_trace_points_are_the_one_connection_that_they_are_of() -> None:
    (talk,) = merge(
        [
            taken(
                flow(0, API, DB, (40000, 5432), observer=Observer("hubble", "node-a", "from-endpoint")),
                flow(0, API, DB, (40000, 5432)),
                flow(
                    1,
                    API,
                    DB,
                    (40000, 5432),
                    observer=Observer("hubble", "node-b"),
                    direction=Direction.INGRESS,
                ),
                reply(2, DB, API, (5432, 40000)),
                flow(9, API, DB, (40001, 5432)),
            )
        ]
    ).talks
    assert (talk.client, talk.server, talk.port, talk.connections) == (API, DB, 5432, 2)
    assert (talk.first, talk.last, talk.answered) == (at(0), at(9), True)


def test_a_reply_alone_still_says_who_asked() -> None:
    (talk,) = merge([taken(reply(0, C2, API, (443, 40000)))]).talks
    assert (talk.client, talk.server, talk.port, talk.answered) == (API, C2, 443, True)


def test_who_asked_is_known_from_the_others_or_else_by_the_port() -> None:
    unsaid = flow(0, C2, API, (443, 40000), reply=None)
    told_by_other = merge([taken(unsaid, flow(1, API, C2))]).talks
    assert [(t.client, t.server, t.connections) for t in told_by_other] == [(API, C2, 1)]
    by_port = merge([taken(unsaid, flow(1, API, C2, reply=None))]).talks
    assert [(t.client, t.server, t.port, t.connections) for t in by_port] == [(API, C2, 443, 1)]


def test_what_left_its_pod_and_was_denied_where_it_arrived_has_not_passed() -> None:
    (talk,) = merge(
        [
            taken(
                flow(0, API, DB, (40000, 5432)),
                flow(0.1, API, DB, (40000, 5432), verdict=Verdict.DENIED, direction=Direction.INGRESS),
            )
        ]
    ).talks
    assert (talk.verdict, talk.connections) == (Verdict.DENIED, 1)


def test_what_was_answered_and_is_denied_later_stands_under_both_verdicts() -> None:
    talks = merge(
        [
            taken(
                flow(0, API, DB, (40000, 5432)),
                reply(1, DB, API, (5432, 40000)),
                flow(60, API, DB, (40000, 5432), verdict=Verdict.DENIED, direction=Direction.INGRESS),
            )
        ]
    ).talks
    assert [(t.verdict, t.connections, t.last) for t in talks] == [
        (Verdict.ALLOWED, 1, at(1)),
        (Verdict.DENIED, 1, at(60)),
    ]


def test_what_a_policy_only_watches_is_told_as_that_and_not_as_allowed_besides() -> None:
    (talk,) = merge([taken(flow(0), flow(0, verdict=Verdict.AUDITED))]).talks
    assert talk.verdict is Verdict.AUDITED


def test_twins_by_prefix_are_two() -> None:
    talks = merge([taken(flow(0, API), flow(0, TWIN))]).talks
    assert [t.client.pod for t in talks] == ["api-1", "api-10"]


def test_sums_of_two_vantages_are_not_added_but_those_of_one_are() -> None:
    client, server = (msgspec.structs.replace(end, address="", pod="") for end in (API, DB))
    row = flow(0, client, server, (0, 5432), connections=3, granularity=SUM, counts=Counts(bytes_out=10))
    later = msgspec.structs.replace(row, start=at(30), end=at(60), connections=4)
    arrived = msgspec.structs.replace(row, direction=Direction.INGRESS, connections=5)
    answer = msgspec.structs.replace(
        row, source=server, destination=client, source_port=5432, destination_port=0, reply=True, connections=3,
        counts=Counts(bytes_out=70),
    )  # fmt: skip
    (talk,) = merge([taken(row, later, arrived, answer), taken(row)]).talks
    assert (talk.connections, talk.port, talk.summed, talk.answered) == (7, 5432, True, True)
    assert talk.counts == Counts(bytes_out=20, bytes_back=70)


def test_sources_stand_side_by_side() -> None:
    talks = merge([taken(flow(0)), taken(flow(0), source="firewall")]).talks
    assert [(t.source, t.connections) for t in talks] == [("firewall", 1), ("hubble", 1)]


def test_an_address_is_named_by_the_cluster_and_by_other_sources() -> None:
    known = [Known("10.0.0.9", Endpoint(namespace="payments", pod="late-1"), since=at(-60))]
    told_by_log = taken(
        flow(0, Endpoint("10.0.0.9"), Endpoint("203.0.113.7")),
        flow(1, BARE_DB, Endpoint("203.0.113.7")),
        source="firewall",
    )
    merged = merge([taken(flow(0, API, DB, (1, 2)), flow(0, API, NAMED_C2)), told_by_log], known)
    logged = [t for t in merged.talks if t.source == "firewall"]
    assert sorted(t.client.pod for t in logged) == ["late-1", "orders-db-0"]
    assert {t.server.names for t in logged} == {("c2.example.net",)}


def test_an_address_that_had_two_owners_or_none_at_the_time_stays_an_address() -> None:
    bare = taken(flow(0, BARE_DB), source="firewall")
    other = msgspec.structs.replace(API, address="10.0.0.2")
    contested = taken(flow(0, other, C2, (1, 2)), flow(1, DB, C2, (3, 4)))
    long_after = taken(flow(5000, DB, C2, (1, 2)))
    for told_by_hubble in (contested, long_after):
        merged = merge([bare, told_by_hubble])
        assert [t.client.pod for t in merged.talks if t.source == "firewall"] == [""]


def test_who_denied_is_kept_with_why() -> None:
    denied = flow(0, verdict=Verdict.DENIED, reason="POLICY_DENY", policies=(Policy("fb-1", "payments"),))
    (talk,) = merge([taken(denied, msgspec.structs.replace(denied, policies=(Policy("other"),)))]).talks
    assert talk.reasons == ("POLICY_DENY",)
    assert {p.name for p in talk.policies} == {"fb-1", "other"}


def test_starts_are_the_newest_and_in_order() -> None:
    (talk,) = merge([taken(*(flow(n, ports=(30000 + n, 443)) for n in reversed(range(500))))]).talks
    assert talk.starts == tuple(at(n) for n in range(500 - MOST_STARTS, 500))


def test_an_account_says_what_each_source_could_know() -> None:
    one = taken(window=Window(at(0), at(60)), losses=(Overrun("node-a", 3),), newest=at(50))
    other = taken(window=Window(at(30), at(90)), losses=(Overrun("node-a", 3),), newest=at(90))
    first, second = merge([one, other, Silent("firewall", "throttled")]).accounts
    assert (first.source, first.silent) == ("firewall", ("throttled",))
    assert second.windows == (Window(at(0), at(90)),)
    assert (second.losses, second.newest) == ((Overrun("node-a", 3),), at(90))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=12))
def test_joined_windows_cover_exactly_what_the_windows_cover(spans: list[tuple[int, int]]) -> None:
    windows = [Window(at(start), at(start + width)) for start, width in spans]
    found = joined(windows)
    covered = {second for start, width in spans for second in range(start, start + width)}
    assert {s for s in range(100) if any(w.since <= at(s) < w.until for w in found)} == covered
    assert all(a.until < b.since for a, b in pairwise(found))
    assert all(w.since < w.until and w.since >= NOON - timedelta(seconds=1) for w in found)
