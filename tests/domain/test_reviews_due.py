"""What ran without a quorum is called out until it is signed off, whatever became of it."""

from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.digests import Terms, digest
from bot.domain.leases import REVIEW_EVERY, Due, next_due, noted
from bot.domain.requests import Mode, Review
from bot.domain.states import FINAL, PartState
from tests.adapters.slack.staging import ALICE, BOB, NOW, plan_of, shown

SOON = NOW + timedelta(minutes=30)
replace = msgspec.structs.replace


@given(st.sampled_from(sorted(frozenset(PartState) - {PartState.PROPOSED})), st.booleans())
def test_an_open_review_is_due_in_every_state_and_a_signed_one_never(state: PartState, signed: bool) -> None:
    review = Review(due_at=SOON, by=BOB if signed else None)
    about = shown(state, mode=Mode.SOLO, review=review)
    owed = next_due(about.request, about.rows)

    assert (owed == (SOON, Due.REVIEW)) is not signed


def test_the_reviewers_are_called_again_and_again() -> None:
    about = shown(PartState.ROLLED_BACK, mode=Mode.SOLO, review=Review(due_at=SOON))
    request = about.request
    for _ in range(5):
        owed = next_due(request, about.rows)
        assert owed is not None
        request = noted(request, owed[1], owed[0])
        assert next_due(request, about.rows) == (owed[0] + REVIEW_EVERY, Due.REVIEW)


def test_the_lease_and_the_review_are_both_kept_whichever_comes_first() -> None:
    about = shown(
        PartState.APPLIED,
        mode=Mode.SOLO,
        review=Review(due_at=SOON),
        accepted_at=NOW,
        lease_until=NOW + timedelta(hours=1),
    )

    assert next_due(about.request, about.rows) == (SOON, Due.REVIEW)
    late = replace(about.request, review=Review(due_at=NOW + timedelta(hours=4)))
    assert next_due(late, about.rows) == (NOW + timedelta(minutes=45), Due.WARN)


def test_a_break_glass_that_waits_for_its_confirmation_reminds_nobody() -> None:
    about = shown(PartState.PROPOSED, mode=Mode.BREAK_GLASS)

    assert next_due(about.request, about.rows) == (about.request.expires_at, Due.EXPIRE)


def test_a_quorum_owes_no_review() -> None:
    for state in FINAL:
        about = shown(state)
        assert next_due(about.request, about.rows) is None
        assert about.request.held_by == ALICE


def test_the_digest_covers_by_whose_word_it_runs_and_old_ones_stay_what_they_were() -> None:
    plan, terms = plan_of(), Terms(3600, "hold", 0)
    found = {digest(plan, replace(terms, mode=mode)) for mode in ("", "solo", "break-glass")}

    assert len(found) == 3
    assert digest(plan, Terms(3600, "hold", 0, "")) == digest(plan, terms)
