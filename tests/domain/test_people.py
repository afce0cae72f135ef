from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.people import SENT_WHEN_TRUE, STATED, Person, Principal, same_human, standing

HOME = frozenset({"T1"})
MEMBER: dict[str, bool | None] = dict.fromkeys(STATED, False)


def person(
    flags: Mapping[str, bool | None] = {}, team: str = "T1", teams: frozenset[str] = frozenset()
) -> Person:
    return Person(principal=Principal(team, "U1"), teams=teams, **{**MEMBER, **flags})


def test_a_full_member_of_the_home_workspace_is_of_good_standing() -> None:
    assert standing(person(), HOME) is None


@pytest.mark.parametrize("flag", [*STATED, *SENT_WHEN_TRUE])
def test_every_flag_that_is_set_refuses_and_says_what_to_do(flag: str) -> None:
    refusal = standing(person({flag: True}), HOME)

    assert refusal is not None
    assert refusal.code == "person-" + flag.removeprefix("is_").replace("_", "-")
    assert refusal.text
    assert refusal.remedy


@pytest.mark.parametrize("flag", STATED)
def test_a_flag_that_slack_always_states_and_did_not_refuses(flag: str) -> None:
    refusal = standing(person({flag: None}), HOME)

    assert refusal is not None
    assert refusal.code == "person-unknown"


def test_the_absence_of_flags_says_nothing_about_someone_of_a_foreign_team() -> None:
    refusal = standing(Person(principal=Principal("T2", "U1")), HOME)

    assert refusal is not None
    assert refusal.code == "person-foreign-team"


def test_a_foreign_team_refuses_though_every_flag_is_in_order() -> None:
    refusal = standing(person(team="T2"), HOME)

    assert refusal is not None
    assert refusal.code == "person-foreign-team"


def test_a_grid_member_of_the_home_workspace_is_of_good_standing() -> None:
    assert standing(person(team="E9", teams=frozenset({"T1", "T7"})), HOME) is None


def test_without_a_home_workspace_everyone_is_refused() -> None:
    assert standing(person(), frozenset()) is not None


@given(st.fixed_dictionaries({f: st.sampled_from([None, False, True]) for f in (*STATED, *SENT_WHEN_TRUE)}))
def test_only_the_one_harmless_answer_passes(flags: dict[str, bool | None]) -> None:
    harmless = all(flags[f] is False for f in STATED) and not any(flags[f] for f in SENT_WHEN_TRUE)

    assert (standing(person(flags), HOME) is None) == harmless


@pytest.mark.parametrize(
    ("team", "user"),
    [
        ("", "U1"),
        ("T1", ""),
        ("t1", "U1"),
        ("T1", "u1"),
        ("C1", "U1"),
        ("T1", "B1"),
        ("T1\n", "U1"),
        ("T1", "U1 "),
        ("T", "U1"),
        ("T1", "U" + "1" * 40),
        ("T\u0661", "U1"),
    ],
)
def test_ids_that_are_not_slacks_make_no_principal(team: str, user: str) -> None:
    with pytest.raises(ValueError, match="id looks like"):
        Principal(team, user)


def test_a_key_reads_back_as_the_principal() -> None:
    assert Principal.parse(Principal("E1", "W2").key) == Principal("E1", "W2")


@pytest.mark.parametrize("key", ["", "T1", "T1:", ":U1", "T1:U1:U2", "U1:T1"])
def test_a_key_of_another_form_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="id looks like"):
        Principal.parse(key)


def test_one_user_id_in_two_workspaces_of_a_grid_is_one_human() -> None:
    assert same_human(Principal("T1", "U1"), Principal("T2", "U1"))
    assert not same_human(Principal("T1", "U1"), Principal("T1", "U2"))
