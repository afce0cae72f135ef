"""How much of a request stands, and of how much of it a verdict is one."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.findings import Verdict
from bot.domain.requests import PartRow, state_of
from bot.domain.standing import LAST, WORST, portion, proved
from bot.domain.states import FINAL, PartState
from tests.domain.values import OWN_PART

states = st.sampled_from(PartState) | st.just(PartState.APPLIED)
kinds = st.tuples(states, st.none() | st.sampled_from(Verdict))
requests = st.lists(kinds, min_size=1, max_size=5).map(
    lambda found: tuple(
        PartRow(f"FB-1.{n}", "FB-1", n, OWN_PART, state=state, verdict=verdict)
        for n, (state, verdict) in enumerate(found)
    )
)


@given(requests)
def test_a_bare_verdict_means_that_every_part_stands_and_none_is_worse(rows: tuple[PartRow, ...]) -> None:
    found = proved(rows)
    if found is not None and found.whole:
        assert all(row.state is PartState.APPLIED for row in rows)
        assert all(row.verdict in WORST[WORST.index(found.verdict) :] for row in rows)


@given(requests)
def test_the_worst_of_what_may_stand_is_said_and_nothing_else_hides_it(rows: tuple[PartRow, ...]) -> None:
    found = proved(rows)
    measured = [row.verdict for row in rows if row.active and row.verdict is not None]

    assert (found is None) is (not measured)
    if found is not None:
        assert found.verdict is min(measured, key=WORST.index)
        assert found.row.verdict is found.verdict
        assert (found.said == LAST) is (PartState.APPLIED not in {row.state for row in rows})


@given(requests)
def test_whatever_is_over_beside_what_is_not_is_named(rows: tuple[PartRow, ...]) -> None:
    states = [row.state for row in rows]
    told, state = portion(states), state_of(rows)

    assert bool(told) is (len(set(states)) > 1)
    if told:
        assert told.startswith(f"{states.count(state)} of {len(states)} parts")
        for other in FINAL - {state}:
            assert (other.value.replace("_", " ").upper() in told) is (other in states)
