"""A time that was typed becomes a window, or is refused: never one that is still to come, or runs backwards."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.findings import Refusal
from bot.domain.flows.asked import About, Subject
from bot.domain.flows.taken import Window
from bot.domain.flows.wish import LONGEST, Ago, Daily, When, Wish, window

NOW = datetime(2026, 3, 29, 0, 20, tzinfo=UTC)
POD = Subject(About.POD, "api-1", "payments")


def asked(since: When, until: When | None = None, *, history: bool = True) -> Window | Refusal:
    return window(Wish("prod", POD, since=since, until=until), NOW, history=history)


def test_a_time_of_day_is_the_last_one_that_was() -> None:
    assert asked(Daily(0, 10)) == Window(NOW - timedelta(minutes=10), NOW)
    assert asked(Daily(23, 50)) == Window(NOW - timedelta(minutes=30), NOW), "yesterday's"
    assert asked(Daily(23, 50), Daily(0, 10)) == Window(
        NOW - timedelta(minutes=30), NOW - timedelta(minutes=10)
    )
    assert asked(Daily(1, 50, 0, 120)) == Window(NOW - timedelta(minutes=30), NOW), "in its own zone"


@pytest.mark.parametrize(
    ("since", "until", "history", "code"),
    [
        (NOW + timedelta(hours=1), None, True, "window-ahead"),
        (Ago(60), NOW + timedelta(seconds=1), True, "window-ahead"),
        (Ago(60), Ago(120), True, "window-inverted"),
        (Ago(60), Ago(60), True, "window-inverted"),
        (Ago(8 * 86_400), None, True, "window-long"),
        (Ago(2 * 86_400), None, False, "window-long"),
    ],
)
def test_what_cannot_be_asked_is_refused(since: When, until: When | None, history: bool, code: str) -> None:
    told = asked(since, until, history=history)
    assert isinstance(told, Refusal)
    assert told.code == code
    assert told.remedy


MOMENTS = st.one_of(
    st.builds(Ago, st.integers(1, 90 * 86_400)),
    st.builds(Daily, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(-899, 899)),
    st.builds(lambda seconds: NOW + timedelta(seconds=seconds), st.integers(-40_000_000, 1_000_000)),
)


@given(MOMENTS, st.none() | MOMENTS, st.booleans())
def test_a_window_lies_in_the_past_runs_forward_and_is_bounded(
    since: When, until: When | None, history: bool
) -> None:
    told = asked(since, until, history=history)
    if isinstance(told, Window):
        assert told.since < told.until <= NOW
        assert told.until - told.since <= LONGEST
