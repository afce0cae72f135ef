import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.findings import Refusal
from bot.domain.policy.durations import LONGEST, Duration, told
from bot.domain.policy.guards import NEXT, Permit, Verdict, decide
from bot.domain.policy.names import matches

PATTERNS = st.text(alphabet="ab-*", max_size=8)
NAMES = st.text(alphabet="ab-", max_size=10)


@pytest.mark.parametrize(
    ("text", "seconds"), [("45s", 45), ("30m", 1800), ("4h", 14400), ("1d", 86400), ("90d", LONGEST)]
)
def test_a_duration_reads_as_seconds_and_writes_back(text: str, seconds: int) -> None:
    assert Duration.parse(text) == seconds
    assert str(Duration.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "0m", "4", "h", "4 h", "-4h", "4H", "1.5h", "4h30m", "04h", "4h\n", "\u0664h", "91d", "9999999d"],
)
def test_any_other_form_of_a_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a duration is"):
        Duration.parse(text)


@given(st.integers(min_value=1, max_value=LONGEST))
def test_every_duration_that_can_be_written_reads_back(seconds: int) -> None:
    assert Duration.parse(told(seconds)) == seconds


@given(PATTERNS, NAMES)
def test_a_star_stands_for_any_run_of_characters(pattern: str, name: str) -> None:
    wanted = re.fullmatch(".*".join(re.escape(p) for p in pattern.split("*")), name) is not None

    assert matches(pattern, name) == wanted


@given(PATTERNS, PATTERNS, NAMES)
def test_a_pattern_that_matches_another_matches_all_that_it_matches(
    wide: str, narrow: str, name: str
) -> None:
    if matches(wide, narrow) and matches(narrow, name):
        assert matches(wide, name)


def test_a_hostile_name_is_matched_in_no_time() -> None:
    assert not matches("*a" * 40 + "b", "a" * 100_000)


YES, NO = Permit("yes"), Refusal("no", "no", "no")


def _breaks(_case: object) -> Verdict:
    raise LookupError("a group that is not there")


def _nonsense(_case: object) -> Verdict:
    return True  # type: ignore[return-value]  # what a faulty guard might do


def test_the_first_final_verdict_wins() -> None:
    assert decide(0, [lambda _: NEXT, lambda _: YES, lambda _: NO]) == YES
    assert decide(0, [lambda _: NEXT, lambda _: NO, lambda _: YES]) == NO


@pytest.mark.parametrize("guard", [_breaks, _nonsense])
def test_a_guard_that_fails_refuses_though_the_next_would_permit(guard: object) -> None:
    decision = decide(0, [guard, lambda _: YES])  # type: ignore[list-item]  # parametrize types it as object

    assert isinstance(decision, Refusal)
    assert decision.code == "policy-failed"
    assert "a group that is not there" not in decision.text


def test_no_guard_or_only_undecided_ones_refuse() -> None:
    assert isinstance(decide(0, []), Refusal)
    assert isinstance(decide(0, [lambda _: NEXT]), Refusal)


@given(st.lists(st.sampled_from([YES, NO, NEXT])), st.data())
def test_adding_a_refusal_never_turns_a_refusal_into_a_permit(
    verdicts: list[Verdict], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(verdicts)))
    more = [*verdicts[:at], NO, *verdicts[at:]]

    if isinstance(decide(0, [lambda _, v=v: v for v in verdicts]), Refusal):  # type: ignore[misc]  # mypy can't type a bound default
        assert isinstance(decide(0, [lambda _, v=v: v for v in more]), Refusal)  # type: ignore[misc]  # mypy can't type a bound default
