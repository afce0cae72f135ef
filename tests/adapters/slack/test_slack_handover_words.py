"""Who is meant by a handover: an id that Slack put there, never a name that two people can have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack.commands import Handover
from bot.adapters.slack.grammar import Known, Mistake, parse
from bot.adapters.slack.writing import written

KNOWN = Known(("prod",))


@pytest.mark.parametrize(
    ("typed", "user"),
    [
        ("handover", ""),
        ("handover <@U0BOB1>", "U0BOB1"),
        ("handover <@U0BOB1|alice>", "U0BOB1"),
        ("  HandOver   <@W0BOB1|bob the builder>", "W0BOB1"),
        ("handover U0BOB1", "U0BOB1"),
        ("handover @u0bob1", "U0BOB1"),
    ],
)
def test_a_person_is_meant_by_their_id_whatever_the_label_says(typed: str, user: str) -> None:
    assert parse(typed, KNOWN) == Handover(user)


@pytest.mark.parametrize(
    "typed",
    ["handover @alice", "handover bob", "handover usain", "handover <!here>", "handover <@U0BOB1> now"],
)
def test_a_name_is_nobody_and_the_answer_says_what_to_do(typed: str) -> None:
    mistake = parse(typed, KNOWN)

    assert isinstance(mistake, Mistake)
    assert mistake.text


@given(st.from_regex(r"[UW][0-9][A-Z0-9]{1,10}", fullmatch=True), st.text(alphabet="abc @#!&;|", max_size=20))
def test_no_label_makes_it_another_person(user: str, label: str) -> None:
    made = parse(f"handover <@{user}|{label.replace('|', '')}>", KNOWN)

    assert made == Handover(user)
    assert parse(written(Handover(user)), KNOWN) == made
