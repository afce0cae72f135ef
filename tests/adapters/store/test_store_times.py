"""Times survive the columns to the microsecond, and sort there as they do outside."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.store.rows import micros, moment, span

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=zones)  # noqa: DTZ001 - the strategy adds zones


@given(times)
def test_a_time_comes_back_as_the_same_instant_in_utc(at: datetime) -> None:
    assert moment(micros(at)) == at
    assert moment(micros(at)).tzinfo is UTC


@given(times, times)
def test_columns_sort_as_times_do(one: datetime, two: datetime) -> None:
    assert (micros(one) < micros(two)) == (one < two)


@given(times, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_duration_is_added_exactly(at: datetime, length: timedelta) -> None:
    assert moment(micros(at) + span(length)) == at + length


def test_no_time_is_no_value() -> None:
    assert (micros(None), moment(None)) == (None, None)
