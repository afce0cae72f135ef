"""One occurrence of an alert: what is known of it follows from what was said and when, not from how it came."""

import random
from collections.abc import Iterable, Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.domain.alerts import Alert, Severity, Status
from bot.domain.alerts.grouping import MOST_UNREAD, Group, joined, opened
from bot.domain.alerts.occurrence import OVERTAKEN, RETRIES, Known, heard, tells_more
from bot.domain.alerts.posts import Post, key_of, received
from tests.adapters.alerts.made import START, alert, pod

NOW = START + timedelta(days=2)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
FIRING, OVER = Status.FIRING, Status.RESOLVED


def said(status: Status, at: timedelta, *names: int, number: int = 0, unread: Sequence[str] = ()) -> Alert:
    """Return what a sender says of one occurrence, so long after the first."""
    told = alert(number, *(pod(name) for name in names or (0,)), status=status)
    return replace(told, said=START + at, unread=tuple(unread))


def told(statements: Iterable[Alert]) -> tuple[Group, dict[str, Known]]:
    """Return what is counted and known once these have come."""
    group: Group | None = None
    known: dict[str, Known] = {}
    for each in statements:
        before = known.get(each.id)
        after = heard(each, before, NOW)
        if tells_more(before, after):
            group = joined(group or opened(each, NOW), [(after.alert, before)], NOW)
        known[each.id] = after
    assert group is not None
    return group, known


def status(*statements: Alert) -> Status:
    """Return how an occurrence stands."""
    ((_, found),) = told(statements)[1].items()
    return found.status


STATEMENTS = st.builds(
    lambda over, at, names, number, odd: said(
        OVER if over else FIRING, timedelta(seconds=at), *names, number=number, unread=odd
    ),
    st.booleans(),
    st.integers(0, 4000) | st.integers(0, 100_000),
    st.lists(st.integers(0, 6), min_size=1, max_size=3),
    st.integers(0, 2),
    st.lists(st.sampled_from(["odd one", "odd two"]), max_size=1),
)


@given(st.lists(STATEMENTS, min_size=1, max_size=12), st.randoms())
def test_however_statements_come_what_is_known_and_counted_is_the_same(
    statements: list[Alert], choose: random.Random
) -> None:
    mixed = [*statements, *statements]
    choose.shuffle(mixed)
    group, known = told(statements)
    again, same = told(mixed)
    by_name = {each.subject: (each.alerts, each.over) for each in again.named}
    things = {one for found in known.values() for one in found.alert.subjects}

    assert {name: (found.times, found.status) for name, found in known.items()} == {
        name: (found.times, found.status) for name, found in same.items()
    }
    assert (group.total, group.resolved, set(group.unread)) == (
        again.total,
        again.resolved,
        set(again.unread),
    )
    assert again.total == len(known)
    assert again.resolved == sum(found.status is OVER for found in same.values())
    assert by_name == {
        one: (
            sum(one in found.alert.subjects for found in known.values()),
            sum(one in found.alert.subjects and found.status is OVER for found in known.values()),
        )
        for one in things
    }


@given(st.lists(st.tuples(st.sampled_from(Status), st.integers(0, 299)), min_size=1, max_size=10))
def test_within_the_time_of_a_retry_what_was_said_to_be_over_once_is_over(
    sent: list[tuple[Status, int]],
) -> None:
    found = status(*(said(how, timedelta(seconds=at)) for how, at in sent))

    assert (found is OVER) == any(how is OVER for how, _ in sent)


@pytest.mark.parametrize("later", [MINUTE, 60 * MINUTE, 300 * MINUTE, 24 * HOUR])
def test_what_fires_again_with_the_start_that_it_had_fires(later: timedelta) -> None:
    over = 5 * MINUTE
    again = said(FIRING, over + later)

    assert status(said(FIRING, timedelta()), said(OVER, over), again) is FIRING
    assert (
        status(said(FIRING, timedelta()), said(OVER, over), again, said(OVER, over + later + MINUTE)) is OVER
    )


@pytest.mark.parametrize(
    ("over", "again", "stands"),
    [
        (MINUTE, RETRIES, FIRING),
        (MINUTE, RETRIES - timedelta(seconds=1), OVER),
        (HOUR, HOUR + OVERTAKEN, FIRING),
        (HOUR, HOUR + OVERTAKEN - timedelta(seconds=1), OVER),
    ],
)
def test_a_try_that_comes_late_ends_nothing_that_is_over(
    over: timedelta, again: timedelta, stands: Status
) -> None:
    assert status(said(FIRING, timedelta()), said(OVER, over), said(FIRING, again)) is stands
    assert status(said(OVER, over), said(FIRING, again), said(FIRING, timedelta())) is stands


def test_an_alert_that_grew_names_all_and_counts_only_what_is_new() -> None:
    first, second = said(FIRING, timedelta(), 0), said(FIRING, HOUR, 0, 1)
    group, known = told([first, second, replace(second, said=START + 2 * HOUR)])
    closed, _ = told([first, second, said(OVER, 3 * HOUR, 0)])

    assert (group.total, {each.subject: each.alerts for each in group.named}) == (1, {pod(0): 1, pod(1): 1})
    assert set(known[first.id].alert.subjects) == {pod(0), pod(1)}
    assert [each.over for each in closed.named] == [1, 1], "what the last post does not name is over too"


def test_an_incident_that_became_worse_tells_more_and_one_that_did_not_tells_nothing() -> None:
    known = heard(said(FIRING, timedelta()), None, NOW)
    worse = replace(said(FIRING, HOUR), severity=Severity.CRITICAL)
    milder = replace(said(FIRING, HOUR), severity=Severity.LOW, summary="of the same")

    assert tells_more(known, heard(worse, known, NOW))
    assert not tells_more(known, heard(milder, known, NOW))


def test_words_are_those_that_were_said_last_whatever_came_last() -> None:
    old, new = (replace(said(FIRING, at), title=title) for at, title in ((HOUR, "old"), (2 * HOUR, "new")))
    (_, known), (_, mixed) = told([old, new]), told([new, old])

    assert known[old.id].alert.title == mixed[old.id].alert.title == "new"


def test_what_fires_again_takes_the_place_that_it_had_left() -> None:
    many = [
        said(how, at, number, number=number)
        for number in range(49)
        for how, at in ((FIRING, timedelta()), (OVER, MINUTE))
    ]
    late = [said(FIRING, HOUR, 60 + each, number=60 + each) for each in range(2)]
    again = said(FIRING, 2 * HOUR, 0, number=0)
    gone, _ = told([*many, *late])
    back, _ = told([*many, *late, again])

    assert pod(0) not in {each.subject for each in gone.named}, "it made room"
    assert pod(0) in {each.subject for each in back.named}
    assert (back.total, back.firing, gone.firing) == (51, 3, 2)
    assert sum(each.alerts for each in back.named) + back.others == 51


def test_what_could_not_be_read_stays_told_and_beyond_some_is_counted() -> None:
    odd = [said(FIRING, timedelta(), number=each, unread=[f"odd {each}"]) for each in range(MOST_UNREAD + 7)]
    group, _ = told([*odd, said(FIRING, timedelta(), number=99)])

    assert group.unread[0] == "odd 0"
    assert (len(group.unread), group.unread_more) == (MOST_UNREAD, 7)
    assert group.newest.unread == ()


def test_a_post_that_says_more_is_another_and_nothing_is_said_after_it_was_received() -> None:
    one, more = said(FIRING, timedelta(), 0), said(FIRING, timedelta(), 0, 1)
    short = replace(one, left_out=17)
    posted = Post((replace(one, said=None), replace(one, said=NOW + HOUR), one))

    assert len({key_of([one]), key_of([more]), key_of([short])}) == 3
    assert [each.said for each in received(posted, NOW)] == [NOW, NOW, START]


def test_an_end_that_comes_late_takes_neither_status_nor_words_from_what_was_said_since() -> None:
    first, later = said(FIRING, timedelta()), replace(said(FIRING, HOUR), title="again")
    late = replace(said(OVER, MINUTE), title="over")
    ((_, known),) = told([first, later, late])[1].items()

    assert (known.status, known.alert.title, known.alert.ended) == (FIRING, "again", None)
