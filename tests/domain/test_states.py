"""No sequence of events brings a part anywhere but along its table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import IllegalTransitionError
from bot.domain.states import ACTIVE, DUE, FINAL, TRANSITIONS, Event, PartState, after, allows, of_request


@given(st.lists(st.sampled_from(Event), max_size=40))
def test_any_sequence_of_events_moves_along_the_table_or_is_refused(events: list[Event]) -> None:
    state = PartState.PROPOSED
    for event in events:
        if allows(state, event):
            state = after(state, event)
            assert state in TRANSITIONS.values()
        else:
            with pytest.raises(IllegalTransitionError, match=f"that is {state} cannot {event}"):
                after(state, event)


def test_an_end_is_an_end() -> None:
    assert not [state for state, _ in TRANSITIONS if state in FINAL]


def _reached(start: PartState) -> set[PartState]:
    found, new = {start}, {start}
    while new:
        new = {to for (state, _), to in TRANSITIONS.items() if state in new} - found
        found |= new
    return found


def test_every_state_can_be_reached_and_every_state_can_end() -> None:
    assert _reached(PartState.PROPOSED) == set(PartState)
    assert all(_reached(state) & FINAL for state in PartState)


def test_nothing_is_written_before_an_approval() -> None:
    unapproved = {to for (state, event), to in TRANSITIONS.items() if event is not Event.APPROVE}
    from_proposed = {
        to
        for (state, event), to in TRANSITIONS.items()
        if state is PartState.PROPOSED and event is not Event.APPROVE
    }

    assert PartState.APPROVED not in unapproved
    assert from_proposed <= FINAL | {PartState.PROPOSED}


def test_what_is_active_never_ends_but_by_a_rollback_or_an_undone_failure() -> None:
    ways_out = {(state, to) for (state, _), to in TRANSITIONS.items() if state in ACTIVE and to in FINAL}

    assert ways_out == {
        (PartState.ROLLING_BACK, PartState.ROLLED_BACK),
        (PartState.UNDOING, PartState.FAILED),
    }


def test_states_that_end_are_neither_active_nor_due() -> None:
    assert not FINAL & (ACTIVE | DUE)


@given(st.lists(st.sampled_from(PartState), min_size=1))
def test_a_request_is_as_loud_as_one_of_its_parts_and_trouble_is_never_averaged_away(
    parts: list[PartState],
) -> None:
    state = of_request(parts)

    assert state in parts
    assert (state is PartState.NEEDS_HUMAN) is (PartState.NEEDS_HUMAN in parts)
    assert state not in FINAL or all(part in FINAL for part in parts)
