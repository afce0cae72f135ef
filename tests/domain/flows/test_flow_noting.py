"""What is kept of flows beside the flows: a few lines, of bounded length, whatever they hold."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.flow import LOG_ROW, Endpoint, Flow, Observer, Verdict
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
