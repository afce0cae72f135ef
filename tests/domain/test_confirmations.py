"""What must be typed before a yes counts, and what counts as having typed it."""

import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.confirmations import confirmation, matches, whole
from bot.domain.documents import Document
from bot.domain.plans import Commands, Part, Plan, PlannedStep, Target

NAMES = st.text(min_size=1, max_size=60).filter(lambda text: bool(text.strip()))


def plan_of(*names: str) -> Plan:
    targets = [Target("Pod", "prod", "payments", name, f"uid-{name}") for name in names]
    parts = tuple(Part(target, "lane", (), (), Commands((), ())) for target in targets)
    return Plan("quarantine-pod", Document.of({}), "prod", "c-1", "cluster", "label", parts, "Cut it off")


def test_a_plan_with_a_way_back_in_one_cluster_asks_to_type_nothing() -> None:
    assert confirmation(plan_of("api-7d9f")) == ""


@pytest.mark.parametrize("change", [{"reversible": False}, {"scope": "estate"}])
def test_what_has_no_way_back_or_hits_the_estate_asks_for_the_first_targets_name(
    change: dict[str, object],
) -> None:
    assert confirmation(msgspec.structs.replace(plan_of("api-7d9f", "web-1"), **change)) == "api-7d9f"


STEPS = (
    PlannedStep("quarantine-pod", "cluster", "", "", 2),
    PlannedStep("block-address", "cluster", "", "", 1),
    PlannedStep("block-address", "estate", "", "", 2),
)


def test_of_several_steps_the_one_that_asks_for_it_is_named_and_one_persons_word_counts_the_others() -> None:
    plan = msgspec.structs.replace(plan_of("api-1", "api-2", "a", "b", "c"), steps=STEPS[:2])
    wide = msgspec.structs.replace(plan, steps=STEPS, scope="estate")
    lost = (STEPS[0], msgspec.structs.replace(STEPS[1], reversible=False))
    gone = msgspec.structs.replace(plan, steps=lost, reversible=False)

    assert (confirmation(plan), whole(plan)) == ("", "api-1+4")
    assert (confirmation(wide), whole(wide)) == ("b", "b+4")
    assert (confirmation(gone), whole(gone)) == ("a", "a+4")
    assert whole(plan_of("api-1", "api-2")) == "api-1", "one action is what its first target tells"
    assert not matches("api-1", whole(plan))


@given(NAMES)
def test_the_name_itself_counts_in_any_unicode_form_and_with_blanks_around(name: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert matches(f"  {unicodedata.normalize(form, name)}\n", name)


@given(NAMES, NAMES)
def test_nothing_but_the_name_counts(typed: str, name: str) -> None:
    same = unicodedata.normalize("NFKC", typed).strip() == unicodedata.normalize("NFKC", name).strip()

    assert matches(typed, name) is same
    assert not matches("", "api-7d9f")
    assert not matches("API-7D9F", "api-7d9f")
    assert not matches("api-7d9", "api-7d9f")
