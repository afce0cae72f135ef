"""Who is called when, while a request waits and while its lease runs."""

from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.leases import ESCALATE_EVERY, REMIND_AFTER, Due, next_due, noted
from bot.domain.policy import Requirements
from bot.domain.requests import PartRow, Request
from tests.adapters.store.samples import a_request, rows_of


def waiting(
    expiry: int = 1800, escalate_after: int = 600, escalation: tuple[str, ...] = ("leads",)
) -> tuple[Request, tuple[PartRow, ...]]:
    needs = Requirements((), 1, ("responders",), (), expiry, 14_400, 86_400, None)
    needs = msgspec.structs.replace(needs, escalation=escalation, escalate_after=escalate_after)
    request = a_request()
    ends = request.created_at + timedelta(seconds=expiry)
    return msgspec.structs.replace(request, needs=needs, expires_at=ends), rows_of(request)


def calls(request: Request, rows: tuple[PartRow, ...], late: float = 0) -> list[tuple[datetime, Due]]:
    """What the clock does until the question is over, each so many seconds late."""
    told: list[tuple[datetime, Due]] = []
    while (owed := next_due(request, rows)) is not None and owed[1] is not Due.EXPIRE:
        assert len(told) < 1000
        at = owed[0] + timedelta(seconds=late)
        told.append((at, owed[1]))
        request = noted(request, owed[1], at)
    return told


def test_approvers_are_reminded_twice_and_then_others_are_called_every_ten_minutes() -> None:
    request, rows = waiting()
    minutes = [(int((at - request.created_at).total_seconds() / 60), due) for at, due in calls(request, rows)]

    assert minutes == [(2, Due.REMIND), (5, Due.REMIND), (10, Due.ESCALATE), (20, Due.ESCALATE)]


def test_without_a_group_to_escalate_to_nobody_is_called_after_the_second_reminder() -> None:
    request, rows = waiting(escalation=())

    assert [due for _, due in calls(request, rows)] == [Due.REMIND, Due.REMIND]


@given(st.integers(60, 86_400), st.integers(1, 86_400), st.floats(0, 86_400))
def test_calls_come_in_order_before_the_end_and_never_pile_up(expiry: int, after: int, late: float) -> None:
    request, rows = waiting(expiry, after)
    told = calls(request, rows)
    times = [at for at, _ in told]
    others = [at for at, due in told if due is Due.ESCALATE]

    assert times == sorted(times)
    assert all(request.created_at < at < request.expires_at for at in times)
    assert sum(due is Due.REMIND for _, due in told) <= len(REMIND_AFTER)
    assert all(later - at >= ESCALATE_EVERY for at, later in pairwise(others))
    assert not others or others[0] == request.created_at + timedelta(seconds=after)
    owed = next_due(request, rows)
    assert owed is not None
    said = owed[0] + timedelta(seconds=late)
    following = next_due(noted(request, owed[1], said), rows)
    assert following is not None
    assert following[1] is Due.EXPIRE or following[0] > said


def test_what_was_missed_while_the_program_was_down_is_called_out_once() -> None:
    request, rows = waiting()
    down = request.created_at + timedelta(minutes=25)
    owed = next_due(request, rows)
    assert owed is not None
    after = next_due(noted(request, owed[1], down), rows)

    assert after == (request.expires_at, Due.EXPIRE)


def test_a_plan_that_is_asked_anew_is_called_for_from_its_own_beginning() -> None:
    request, rows = waiting()
    anew = msgspec.structs.replace(request, expires_at=request.expires_at + timedelta(hours=1), reminded=0)
    owed = next_due(anew, rows)

    assert owed is not None
    assert owed[0] == request.created_at + timedelta(hours=1) + REMIND_AFTER[0]
