"""One question of a person at a time, few of everybody, and a turn is given back whatever happens."""

import pytest

from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.engine.turns import Turns

ANN, BEN, CLEO = (Principal("T1", f"U{n}") for n in range(1, 4))


def test_a_person_has_one_question_under_way_under_whatever_team() -> None:
    turns = Turns(most=5)
    with turns.take(ANN) as mine, turns.take(Principal("T9", ANN.user)) as again, turns.take(BEN) as other:
        assert (mine, other) == (None, None)
        assert isinstance(again, Refusal)
        assert again.code == "flows-one-at-a-time"
    with turns.take(ANN) as later:
        assert later is None


def test_beyond_the_most_of_everybody_one_is_told_to_ask_again() -> None:
    turns = Turns(most=2)
    with turns.take(ANN), turns.take(BEN), turns.take(CLEO) as third:
        assert isinstance(third, Refusal)
        assert third.code == "flows-busy"
    with turns.take(CLEO) as later:
        assert later is None


def test_a_question_that_breaks_gives_its_turn_back() -> None:
    turns = Turns(most=1)
    with pytest.raises(ZeroDivisionError), turns.take(ANN):
        raise ZeroDivisionError
    with turns.take(BEN) as other:
        assert other is None
