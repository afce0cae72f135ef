"""A group as one alert, what is left of it once the cluster was asked, and what stands after plans are made again."""

from datetime import timedelta

from msgspec.structs import replace

from bot.domain.alerts import Alert, Severity, Status, Subject, SubjectKind
from bot.domain.alerts.grouping import Group, joined, opened
from bot.domain.alerts.subjects import subject
from bot.domain.documents import Document
from bot.domain.people import Principal
from bot.domain.suggestions import Look, Resolved, Standing, Suggested, Suggestion
from bot.domain.suggestions.looks import AGAIN, PACE, differs, given_back, marked, paint_at, taken
from bot.domain.suggestions.shaping import (
    MOST_MEANT,
    does,
    left_out,
    missing,
    name_of,
    seal,
    settled,
    there,
    whole_alert,
    withdrawn,
)
from tests.adapters.alerts.made import START, alert, pod
from tests.adapters.slack import boarded

LEASE = timedelta(seconds=60)
SECOND = timedelta(seconds=1)
WHO = Principal("T0HOST", "U0ALICE")


def group(*numbers: int) -> Group:
    """Return a group of the alerts of these numbers."""
    return joined(opened(alert(), START), [(alert(number), None) for number in numbers], START)


def suggestion(pods: str = "a", request_id: str = "") -> Suggestion:
    """Return a suggestion that would cut off these pods."""
    step = Suggested("Cut", "quarantine-pod", Document.of({"pods": [pods]}), request_id=request_id)
    made = Suggestion("", "g-1", "miner", 1, "ab", "Miner", START, (step,))
    return replace(made, id=name_of(made, 0))


def test_a_group_is_one_alert_that_names_all_that_fires() -> None:
    alerts = (alert(2), alert(1), alert(0, status=Status.RESOLVED))
    found = whole_alert(replace(group(0, 1, 2), severity=Severity.CRITICAL, resolved=1), alerts)

    assert found is not None
    assert found.subjects == (pod(1), pod(2))
    assert (found.fingerprint, found.severity) == ("f2", Severity.CRITICAL)


def test_the_newest_are_meant_where_there_are_too_many_and_the_others_are_counted() -> None:
    def numbered(number: int) -> Alert:
        return alert(number, pod(number))

    flood = [numbered(number) for number in range(80)]
    about = joined(opened(flood[0], START), [(each, None) for each in flood], START)
    found = whole_alert(about, flood[::-1])

    assert found is not None
    assert len(found.subjects) == MOST_MEANT
    assert pod(79) in found.subjects, "the newest, though it has no name in the group"
    assert pod(0) not in found.subjects
    assert left_out(flood) == 30
    assert left_out(flood[:50]) == 0
    assert whole_alert(about, [*flood[::-1], *flood]) == found, "in the same order, whatever comes again"


def test_a_group_of_which_nothing_fires_is_no_alert() -> None:
    over = (alert(0, status=Status.RESOLVED),)
    assert whole_alert(replace(group(0), resolved=1), over) is None
    assert whole_alert(group(0), over) is None


def test_what_is_not_there_is_left_out_and_what_is_not_known_stays() -> None:
    def seen(one: Subject, standing: Standing) -> Resolved:
        return Resolved(one, standing, "")

    gone, here, unsure = pod(1), pod(2), subject(SubjectKind.ADDRESS, "203.0.113.7")
    found = [seen(gone, Standing.ABSENT), seen(here, Standing.FOUND), seen(unsure, Standing.UNKNOWN)]

    assert there(alert(0, gone, here, unsure), found).subjects == (here, unsure)
    assert missing(found) == "not there now: pod payments/checkout-1"
    assert missing(found[1:]) == ""
    many = [seen(pod(number), Standing.ABSENT) for number in range(9)]
    assert missing(many).endswith("checkout-4 and 4 more")


def test_what_is_made_again_keeps_its_name_and_the_request_that_came_of_it() -> None:
    before = suggestion(request_id="FB-1")
    after = settled(replace(suggestion(), id="s-other"), [before])

    assert after is not None
    assert (after.id, after.steps[0].request_id, after.former) == (before.id, "FB-1", ())


def test_a_request_about_one_pod_never_stands_for_what_is_suggested_about_another() -> None:
    before = suggestion("a", request_id="FB-1")
    other = settled(suggestion("b"), [before])

    assert other is not None
    assert other.steps[0].request_id == "", "it can be asked for"
    assert [each.request_id for each in other.former] == ["FB-1"]
    assert other.requests == ("FB-1",), "and is not forgotten"
    again = settled(suggestion("a"), [other])
    assert again is not None
    assert (again.steps[0].request_id, again.former) == ("FB-1", ()), "it is not asked for twice"


def test_all_in_one_of_other_things_is_another_one_too() -> None:
    def whole(pods: str, request_id: str = "") -> Suggestion:
        step = Suggested("All", "contain", Document.of({"steps": [pods]}), request_id=request_id)
        return replace(suggestion(), whole=step)

    other = settled(whole("b"), [whole("a", "FB-2")])
    assert other is not None
    assert other.whole is not None
    assert (other.whole.request_id, other.requests) == ("", ("FB-2",))


def test_what_was_asked_for_stays_known_where_its_step_cannot_be_taken_any_more() -> None:
    step = Suggested("Cut", "quarantine-pod", why="not there now: pod a")
    after = settled(replace(suggestion(), steps=(step,)), [suggestion(request_id="FB-1")])

    assert after is not None
    assert (after.steps[0].request_id, after.requests) == ("", ("FB-1",))


def test_what_is_sealed_is_what_would_be_done_and_to_whom() -> None:
    by_hand = replace(suggestion(), steps=(Suggested("Look", commands=("a", "b")),))
    assert seal(suggestion()) == seal(replace(suggestion(request_id="FB-1"), title="Other", version=2))
    assert len({seal(suggestion("a")), seal(suggestion("b")), seal(by_hand)}) == 3
    assert seal(by_hand) != seal(replace(by_hand, steps=(Suggested("Look", commands=("ab",)),)))


def test_what_was_dismissed_stays_so_until_it_would_be_something_else() -> None:
    dismissed = replace(suggestion(), dismissed_by=WHO, dismissed_at=START, reason="a scan of ours")
    another = settled(suggestion("b"), [dismissed])

    assert settled(suggestion(), [dismissed]) is None
    assert another is not None
    assert another.open
    assert another.id != dismissed.id
    assert does(another) != does(dismissed)


def test_what_was_dismissed_stays_so_also_after_something_else_was_suggested_in_between() -> None:
    dismissed = replace(suggestion("a"), dismissed_by=WHO, dismissed_at=START, reason="a scan of ours")
    between = settled(suggestion("b"), [dismissed])

    assert between is not None
    assert settled(suggestion("a"), [dismissed, between]) is None
    again = settled(suggestion("b"), [dismissed, between])
    assert again is not None
    assert again.id == between.id


def test_what_is_not_suggested_any_more_shows_what_came_of_it_and_offers_nothing() -> None:
    plan = boarded.cutting(request_id="FB-1")
    one = boarded.suggestion(plan, whole=plan)
    found = withdrawn(one)

    assert [each.plan for each in found.every] == [None, None]
    assert found.steps[0].why
    assert (found.requests, found.steps[0].digest) == (("FB-1",), plan.digest)
    assert withdrawn(replace(one, dismissed_by=WHO)) == replace(one, dismissed_by=WHO)


def test_a_group_is_looked_at_at_once_then_in_its_pace_and_at_once_for_a_person() -> None:
    first = marked(Look("g-1"), START)
    seen = given_back(replace(taken(first, START, LEASE), looked_at=START), None, START)

    assert first.due_at == START
    assert seen.due_at is None
    assert marked(seen, START + SECOND).due_at == START + AGAIN
    assert marked(seen, START + SECOND, at_once=True).due_at == START + SECOND
    assert marked(marked(seen, START + SECOND), START + 2 * SECOND).due_at == START + AGAIN


def test_what_changes_while_somebody_looks_is_looked_at_afterwards() -> None:
    looking = marked(taken(Look("g-1", due_at=START), START, LEASE), START + SECOND)
    seen = given_back(replace(looking, looked_at=START + SECOND), None, START + SECOND)

    assert (looking.due_at, looking.marked) == (START + LEASE, True)
    assert (seen.due_at, seen.marked, seen.taken) == (START + SECOND + AGAIN, False, False)


def test_what_broke_off_rests_though_more_came_and_what_came_is_never_forgotten() -> None:
    looking = marked(taken(Look("g-1", due_at=START), START, LEASE), START + SECOND)
    rest = START + LEASE
    before = replace(looking, looked_at=START)

    assert given_back(looking, rest, START + SECOND).due_at == rest
    assert given_back(looking, None, START + SECOND).due_at == START + SECOND
    assert given_back(before, START + SECOND, START + SECOND).due_at == START + AGAIN
    assert given_back(before, None, START + SECOND).due_at == START + AGAIN


def test_a_card_is_painted_at_once_and_then_in_its_pace() -> None:
    assert paint_at(Look("g-1"), START) == START
    assert paint_at(Look("g-1", noted_at=START), START + SECOND) == START + PACE
    assert paint_at(Look("g-1", noted_at=START), START + 2 * PACE) == START + 2 * PACE


def test_only_what_playbooks_look_at_makes_a_group_another_one() -> None:
    one = group(0)
    assert differs(one, group(0, 1))
    assert differs(one, replace(one, severity=Severity.LOW))
    assert differs(one, replace(one, resolved=1))
    assert differs(one, group(0, 50)), "the same pod fires again: which alert is the newest counts"
    two = group(0, 1)
    assert differs(two, replace(two, resolved=1)), "one of two is over"
    full = group(*range(50))
    assert differs(full, replace(full, others=1)), "one more than have a name here"
    assert not differs(two, group(0, 1))
