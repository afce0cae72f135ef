"""People are called for holes a few times an hour, told once that it goes on, and then it is only counted."""

from datetime import UTC, datetime, timedelta

from bot.domain.ladder.calling import MOST, PER, Call, called, hushed
from bot.domain.requests import PartRow
from tests.domain.values import OWN_PART

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ROW = PartRow("FB-7K3Q.0", "FB-7K3Q", 0, OWN_PART)


def calls(row: PartRow, *at: datetime) -> tuple[PartRow, list[Call]]:
    """Have a hole found at each of these times."""
    told: list[Call] = []
    for now in at:
        row, how = called(row, now)
        told.append(how)
    return row, told


def test_a_few_are_called_for_then_it_is_said_once_and_then_counted() -> None:
    row, told = calls(ROW, *(NOW + timedelta(minutes=n) for n in range(MOST + 3)))

    assert told == [Call.LOUD] * MOST + [Call.LAST, Call.QUIET, Call.QUIET]
    assert row.uncalled == 3
    assert hushed(row, NOW + timedelta(minutes=10))


def test_when_the_hour_is_over_people_are_called_again_and_the_count_begins_anew() -> None:
    row, _ = calls(ROW, *(NOW + timedelta(minutes=n) for n in range(MOST + 1)))
    later = NOW + PER + timedelta(minutes=1)
    assert not hushed(row, later)

    row, told = calls(row, later)
    assert (told, row.uncalled) == ([Call.LOUD], 0)


def test_the_hour_slides_so_that_no_hour_has_more_calls_than_that() -> None:
    every = [NOW + timedelta(minutes=7 * n) for n in range(40)]
    _, told = calls(ROW, *every)
    loud = [at for at, how in zip(every, told, strict=True) if how is Call.LOUD]

    assert all(sum(start <= at < start + PER for at in loud) <= MOST for start in loud)


def test_a_part_that_nobody_was_called_for_is_not_hushed() -> None:
    assert not hushed(ROW, NOW)
