"""A verdict of a part is never said as one of the request: not on a card, on Home, on an alert's card, or in the list."""

from collections.abc import Callable

import msgspec
import pytest

from bot.adapters.slack.board import paint_board
from bot.adapters.slack.card import paint
from bot.adapters.slack.home.painting import home
from bot.domain.findings import Verdict
from bot.domain.requests import state_of
from bot.domain.standing import proved
from bot.domain.states import ACTIVE, PartState
from bot.engine.overview import Overview
from bot.engine.reading import Shown, line
from bot.engine.takings import taking
from bot.sandbox.slack.answers import texts
from tests.adapters.slack import boarded as made
from tests.adapters.slack.composed import STORY, together
from tests.adapters.slack.staging import NOW, shown

S = PartState
FB = "FB-7K3Q"
Told = Callable[[Shown], str]
OTHERS = [*((state, None) for state in S if state is not S.APPLIED), (S.APPLIED, None)]
STALE = [(state, Verdict.CONTAINED) for state in sorted(ACTIVE - {S.APPLIED})]


def beside(state: PartState, verdict: Verdict | None = None, first: PartState = S.APPLIED) -> Shown:
    """Return a request of four parts: the last is in ``state``, all others stand and are proved."""
    whole = shown(first, together(STORY))
    rows = [msgspec.structs.replace(row, verdict=Verdict.CONTAINED) for row in whole.rows]
    rows[-1] = msgspec.structs.replace(rows[-1], state=state, verdict=verdict)
    return msgspec.structs.replace(whole, rows=tuple(rows), state=state_of(tuple(rows)))


def on_card(one: Shown) -> str:
    return "".join(texts(list(paint(one).blocks[:2])))


def on_home(one: Shown) -> str:
    return "".join(texts(home(Overview(NOW, held=(one,)), {})["blocks"]))


def on_board(one: Shown) -> str:
    board = made.board(suggestions=(made.suggestion(made.cutting(request_id=FB)),))
    return "".join(texts(list(paint_board(board, NOW, {FB: taking(one.rows)}).blocks)))


PLACES = pytest.mark.parametrize("told", [on_card, on_home, on_board])


@PLACES
@pytest.mark.parametrize(("state", "verdict"), [*OTHERS, *STALE])
def test_no_place_says_a_verdict_of_the_whole_where_a_part_has_none(
    told: Told, state: PartState, verdict: Verdict | None
) -> None:
    words = told(beside(state, verdict))

    assert "verdict CONTAINED" not in words
    assert "🔒 APPLIED" not in words


@PLACES
@pytest.mark.parametrize(
    ("state", "named"),
    [(S.FAILED, "1 FAILED"), (S.CANCELLED, "1 CANCELLED"), (S.ROLLED_BACK, "1 ROLLED BACK")],
)
def test_every_place_says_how_much_stands_and_names_what_does_not(
    told: Told, state: PartState, named: str
) -> None:
    words = told(beside(state))

    assert f"APPLIED (3 of 4 parts, {named})" in words
    assert "verdict of what stands CONTAINED" in words


@PLACES
def test_what_stands_as_a_whole_and_is_proved_is_said_as_before(told: Told) -> None:
    words = told(beside(S.APPLIED, Verdict.CONTAINED))

    assert "APPLIED · verdict CONTAINED" in words or " · verdict CONTAINED: " in words
    assert "verdict of" not in words


@PLACES
def test_what_stands_and_was_not_measured_is_told_apart(told: Told) -> None:
    assert "verdict of what was measured CONTAINED" in told(beside(S.APPLIED))


def test_the_list_and_status_say_how_much_stands() -> None:
    assert "203.0.113.7: applied (3 of 4 parts, 1 cancelled)" in line(beside(S.CANCELLED)).replace(
        " and 1 more", "203.0.113.7"
    )
    assert "parts" not in line(beside(S.APPLIED, Verdict.CONTAINED))


@pytest.mark.parametrize("state", sorted(ACTIVE - {S.APPLIED}))
def test_what_is_not_in_its_place_any_more_has_a_last_verdict(state: PartState) -> None:
    found = proved(beside(state, Verdict.CONTAINED, state).rows)

    assert found is not None
    assert found.said == "last verdict"


def test_the_worst_part_speaks_for_all() -> None:
    found = proved(beside(S.NEEDS_HUMAN, Verdict.PARTIAL).rows)

    assert found is not None
    assert (found.verdict, found.said, found.row.index) == (Verdict.PARTIAL, "verdict of what stands", 3)
