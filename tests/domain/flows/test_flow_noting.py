"""What is kept of flows beside the flows: a few lines, of bounded length, whatever they hold."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.flow import LOG_ROW, Endpoint, Flow, Observer, Verdict
from bot.domain.flows.merging import Answer
from bot.domain.flows.noting import LONGEST, Noted, after, before, lost, untold
from bot.domain.flows.taken import Capability, Late, Overrun, Silent, Window
from tests.domain.flows.observed import API, DB, EVIL, HUBBLE, at, flow, flows, reply, taken
from tests.domain.flows.observed import C2 as BEACON

POD = Subject(About.POD, "api-1", "payments")
THEN = Asked("prod", POD, at(0), at(100))
NOW = Asked("prod", POD, at(100), at(200))
COVERED = Window(at(100), at(200))


def test_before_and_after_say_what_stopped_what_goes_on_and_what_is_new() -> None:
    first = [taken(flow(0), flow(1, API, DB, (50000, 5432)))]
    since = taken(
        flow(110, API, DB, (50000, 5432)),
        flow(111, verdict=Verdict.DENIED),
        flow(112, API, DB, (50001, 6379)),
        window=COVERED,
    )
    told = after(first, [since], NOW)

    assert told.stopped == "203.0.113.7:443"
    assert told.goes_on == "payments/orders-db-0:5432 (1 of its connections open since before)"
    assert told.new == "payments/orders-db-0:6379"
    assert (told.established, told.passes) == (1, True)


def test_what_only_set_out_has_not_passed() -> None:
    left = flow(110, observer=Observer(HUBBLE.source, HUBBLE.node, "from-endpoint"))
    told = after([taken(flow(0))], [taken(left, window=COVERED)], NOW)

    assert (told.goes_on, told.new, told.stopped) == ("", "", "203.0.113.7:443")


C2 = Subject(About.ADDRESS, "203.0.113.7")
BLOCKED = Asked("prod", C2, at(100), at(200))
ASKED_AGAIN = (flow(0), reply(0.1, BEACON, API, (443, 40000)))


def test_of_a_block_what_was_answered_has_passed_and_an_attempt_has_not() -> None:
    first = [taken(*ASKED_AGAIN)]
    tried = after(first, [taken(flow(110, ports=(40001, 443)), window=COVERED)], BLOCKED)
    back = reply(110.1, BEACON, API, (443, 40000))
    goes_on = after(first, [taken(flow(110), back, window=COVERED)], BLOCKED)

    assert (tried.stopped, tried.goes_on) == ("payments/api-1 to 443", "")
    assert goes_on.goes_on == "payments/api-1 to 443 (1 of its connections open since before)"


def test_of_a_block_a_source_outside_the_cluster_decides_without_an_answer() -> None:
    can = tuple(sorted({Capability.ADDRESSES, Capability.OUTSIDE, Capability.ALLOWED, Capability.DENIED}))
    first, later = (flow(at, granularity=LOG_ROW, reply=None) for at in (0, 110))
    log = taken(first, source="firewall", can=can)
    told = after([log], [taken(later, source="firewall", can=can, window=COVERED)], BLOCKED)

    assert told.goes_on == "payments/api-1 to 443", "the same ports in a later row are another connection"
    assert told.established == 0


def test_of_a_block_a_source_that_lost_something_shows_nothing_to_have_stopped() -> None:
    told = after([taken(*ASKED_AGAIN)], [taken(window=COVERED, losses=(Overrun("node-a"),))], BLOCKED)

    assert (told.stopped, told.unseen) == ("", "payments/api-1 to 443")


def udp(second: float) -> Flow:
    return flow(second, protocol="UDP", observer=Observer("hubble", "node-a", "to-network"))


def test_of_a_block_what_needs_no_answer_and_still_sets_out_is_not_known_to_have_stopped() -> None:
    back = reply(0.1, BEACON, API, (443, 40000), protocol="UDP")
    still = [udp(101 + number / 10) for number in range(100)]
    for first in ([udp(0), back], [udp(0)]):
        told = after([taken(*first)], [taken(*still, window=COVERED)], BLOCKED)
        gone = after([taken(*first)], [taken(window=COVERED)], BLOCKED)

        assert (told.stopped, told.unseen) == ("", "payments/api-1 to 443/UDP")
        assert (gone.stopped, gone.unseen) == ("payments/api-1 to 443/UDP", "")

    denied = msgspec.structs.replace(udp(105), verdict=Verdict.DENIED, observer=Observer("firewall"))
    can = (Capability.ADDRESSES, Capability.ALLOWED, Capability.DENIED, Capability.OUTSIDE)
    firewall = taken(denied, window=COVERED, source="firewall", can=can)
    both = [taken(*still, window=COVERED), firewall]
    assert after([taken(udp(0), back)], both, BLOCKED).stopped == "payments/api-1 to 443/UDP"


@pytest.mark.parametrize(("every", "stopped"), [(60, False), (10, True)])
def test_what_talks_by_a_clock_has_not_stopped_before_its_time_came(every: int, stopped: bool) -> None:
    beacon = [flow(90 - every * number, ports=(40000 + number, 443)) for number in range(11)]
    soon = msgspec.structs.replace(NOW, until=at(112))
    tried = flow(110, ports=(40100, 443), observer=Observer("hubble", "node-a", "from-endpoint"))

    idle = after([taken(*beacon)], [taken(window=COVERED)], soon)
    denied = after([taken(*beacon)], [taken(tried, window=COVERED)], soon)

    assert (idle.stopped, idle.unseen) == (("203.0.113.7:443", "") if stopped else ("", "203.0.113.7:443"))
    assert (denied.stopped, denied.unseen) == ("203.0.113.7:443", "")


def test_what_was_seen_to_set_out_alone_before_and_after_alike_is_not_known_to_have_stopped() -> None:
    one, other = (flow(at, observer=Observer("hubble", "node-a", "from-endpoint")) for at in (0, 105))

    alike = after([taken(one)], [taken(other, window=COVERED)], NOW)
    idle = after([taken(one)], [taken(window=COVERED)], NOW)

    assert (alike.stopped, alike.unseen) == ("", "203.0.113.7:443")
    assert (idle.stopped, idle.unseen) == ("203.0.113.7:443", "")


OVERRUN = Overrun("ring buffer of node-a")
SHORT = Window(at(90), at(100))


@pytest.mark.parametrize(
    ("lost_before", "why"),
    [
        (taken(window=None, losses=(OVERRUN,)), "it does not say which time it covers"),
        (taken(window=SHORT, losses=(OVERRUN,)), "it covers only 2026-03-01 12:01:30 to 12:01:40 UTC"),
        (taken(window=SHORT), "it covers only 2026-03-01 12:01:30 to 12:01:40 UTC"),
        (taken(losses=(OVERRUN,)), str(OVERRUN)),
        (Silent("hubble", "gone"), "gone"),
    ],
)
def test_what_was_lost_of_before_is_said_wherever_before_and_after_are_compared(
    lost_before: Answer, why: str
) -> None:
    nothing = after([lost_before], [taken(window=COVERED)], NOW, THEN)
    something = after([lost_before], [taken(flow(105), window=COVERED)], NOW, THEN)

    assert nothing.sentence.startswith("nothing is known to have passed before; since then: no flows")
    assert something.sentence == "1 new; what passed before is known in part only"
    assert nothing.doubts == something.doubts == (f"before, hubble: {why}",)
    if lost_before != taken(window=SHORT):  # how far back was asked is not known of some
        assert after([lost_before], [taken(window=COVERED)], NOW).sentence == nothing.sentence


@given(st.lists(flows(), max_size=12), st.lists(flows(), max_size=12), st.sampled_from([NOW, BLOCKED]))
def test_nothing_is_said_for_sure_of_a_time_of_which_nobody_knows_all(
    one: list[Flow], other: list[Flow], asked: Asked
) -> None:
    earlier = taken(*one, window=None, losses=(OVERRUN,))

    told = after([earlier], [taken(*other, window=COVERED)], asked)

    assert "what passed before is known in part only" in told.sentence or told.sentence.startswith(
        "nothing is known to have passed before"
    )
    assert f"before, hubble: {OVERRUN}" in told.doubts


def test_where_nothing_was_lost_before_nothing_is_doubted() -> None:
    told = after([taken(losses=(Late(600),))], [taken(flow(105), window=COVERED)], NOW, THEN)
    vouched = after([taken(source="firewall"), Silent("hubble", "gone")], [taken(window=COVERED)], NOW, THEN)

    assert (told.sentence, told.doubts) == ("1 new", ())
    assert vouched.sentence.startswith("nothing passed before")
    assert vouched.doubts == ("before, hubble: gone",)


def test_without_the_flows_from_before_nothing_is_held_against_them() -> None:
    told = after(None, [taken(flow(110), window=COVERED)], NOW)

    assert told.sentence.startswith("what passed before is not known")
    assert (told.compared, told.stopped) == (False, "")


def test_losses_are_told_and_lateness_is_none() -> None:
    assert untold([Silent("hubble", "gone")]) == "hubble: gone"
    assert untold([Silent("hubble", "gone"), taken(source="firewall")]) == ""
    assert lost([Silent("hubble", "gone"), taken(source="firewall", losses=(Late(600),))]) == "hubble: gone"
    assert "overwritten" in lost([taken(losses=(Overrun("node-a", 7),))])


@given(st.lists(flows(), max_size=12), st.lists(flows(), max_size=12))
def test_nothing_that_is_kept_is_longer_than_a_card_can_show(one: list[Flow], other: list[Flow]) -> None:
    for told in (before([taken(*one)], THEN), after([taken(*one)], [taken(*other, window=COVERED)], NOW)):
        assert max(map(len, (told.sentence, *told.steps, *told.doubts))) <= LONGEST
        assert len(told.steps) <= 3
        assert max(map(len, (told.stopped, told.goes_on, told.new, told.unseen))) <= 5 * 125 + 20


def test_a_hostile_name_is_kept_as_it_came_and_cut() -> None:
    end = Endpoint("203.0.113.8", names=tuple(sorted(EVIL)))
    told: Noted = before([taken(flow(0, API, end))], THEN)

    assert "203.0.113.8" in told.sentence
