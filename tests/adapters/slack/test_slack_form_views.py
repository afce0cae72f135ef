"""Every view of a form is one that Slack takes, whatever stands in it; the emulator and slack_sdk agree."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block as SdkBlock
from slack_sdk.models.views import View as SdkView

from bot.actions import WORDS
from bot.adapters.slack.form import ids
from bot.adapters.slack.form.confirming import break_modal, carried, confirm_modal, slipped
from bot.adapters.slack.form.drawing import TEXT, ask_form, shortened
from bot.adapters.slack.form.windows import over, planned, refused, waiting
from bot.adapters.slack.signed import LARGEST
from bot.domain.confirmations import confirmation
from bot.domain.findings import Done, Refusal
from bot.sandbox.slack.answers import texts
from bot.sandbox.slack.blockkit import view_problems
from bot.sandbox.slack.blockkit.views import too_large
from bot.sandbox.slack.signing import signed_request
from tests.adapters.slack.composed import STORY, together
from tests.adapters.slack.staging import LONG_NAME, address_part, plan_of, pod_part, shown

BLOCKS = (
    "slot.pods",
    "slot.pods.typed",
    "slot.addresses",
    "slot.cluster",
    "slot.scope",
    ids.LEASE,
    ids.REASON,
)
anything = st.text(max_size=300) | st.sampled_from(("estate", "<!channel>", "\u202e", "x" * 3000, "🧨" * 700))
values = st.dictionaries(st.sampled_from(BLOCKS), st.lists(anything, max_size=3).map(tuple))


def check(view: dict[str, Any]) -> None:
    assert not view_problems(view), view_problems(view)
    assert not too_large(view)
    assert SdkView(**view).to_dict()["type"] == "modal"
    for block in view["blocks"]:
        parsed = SdkBlock.parse(block)
        if parsed is not None:
            parsed.to_dict()


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("clusters", [0, 1, 2])
@given(filled=values)
@tuned(max_examples=15, deadline=None)
def test_a_form_is_taken_by_slack_whatever_it_is_filled_with(
    word: str, clusters: int, filled: dict[str, tuple[str, ...]]
) -> None:
    check(ask_form(word, filled, clusters))


@pytest.mark.parametrize("word", WORDS)
def test_a_form_has_a_field_for_every_parameter_of_its_action(word: str) -> None:
    named = {block.get("block_id") for block in ask_form(word, {}, 2)["blocks"]}

    assert {ids.chosen(slot.field) for slot in WORDS[word].slots} <= named
    assert {ids.ACTION, ids.LEASE, ids.REASON} <= named


@given(st.text(max_size=3000), st.text(max_size=3000), st.text(max_size=60))
@tuned(deadline=None)
def test_what_stands_in_its_place_is_taken_whatever_it_says(text: str, typed: str, key: str) -> None:
    check(waiting(key, "Looking…", typed))
    check(over(Done(text)))
    check(over(Refusal("x", text, typed)))
    check(refused(Refusal("x", text, typed), typed))


def test_the_longest_plan_fits_and_so_does_its_way_back_to_us() -> None:
    """What was shown comes back with the answer, and must pass the front door's bound."""
    parts = tuple(pod_part(f"{LONG_NAME[:-2]}{n:02}", n) for n in range(20))
    request = msgspec.structs.replace(shown(plan=plan_of(*parts)).request, reason="🧨\u202e\u05d0" * 400)
    view = planned(request, "🧨" * 2900)
    check(view)

    answered = {**view, "state": {"values": {}}, "id": "V0", "hash": "0.1"}
    sent = signed_request("s", 1.0, "interactive", {"type": "view_submission", "view": answered}, None)
    assert len(sent.body) < LARGEST


@pytest.mark.parametrize("part", [pod_part(LONG_NAME), address_part("203.0.113.0/24")])
@pytest.mark.parametrize("change", [{"reversible": False}, {"scope": "estate"}])
def test_the_confirmation_shows_the_name_and_never_fills_it_in(part: Any, change: dict[str, Any]) -> None:
    request = shown(plan=plan_of(part, summary="Cut 🧨 <!channel>" * 400, **change)).request
    view = confirm_modal(request)
    check(view)

    name = confirmation(request.plan)
    assert name in str(view["blocks"][2])
    assert "initial_value" not in str(view["blocks"][3])
    assert name not in view["private_metadata"]
    assert carried(view["private_metadata"]).startswith(f"{request.id}:")
    assert not slipped(view["private_metadata"], f" {name} ")
    assert slipped(view["private_metadata"], f"{name}x")
    assert slipped(view["private_metadata"], "")


def test_of_several_actions_the_kind_and_the_name_are_of_the_same_target_and_the_others_are_counted() -> None:
    plan = together(STORY)
    steps = (*plan.steps[:2], msgspec.structs.replace(plan.steps[2], scope="estate"))
    request = shown(plan=msgspec.structs.replace(plan, scope="estate", steps=steps)).request
    named, counted = confirm_modal(request), break_modal(request)
    check(named)
    check(counted)

    assert "\n".join(texts(named["blocks"])).count("Address: \n203.0.113.7\n") == 1
    told = "\n".join(texts(counted["blocks"]))
    assert "Address + the number of the others: \n203.0.113.7+3\n" in told
    assert "how many more targets all steps have" in told
    assert slipped(counted["private_metadata"], "203.0.113.7")
    assert not slipped(counted["private_metadata"], "203.0.113.7+3")


@given(st.text(max_size=400))
def test_a_shortened_name_keeps_both_ends_and_fits(text: str) -> None:
    assert len(shortened(text)) <= TEXT


def test_two_long_names_that_differ_at_the_end_are_told_apart() -> None:
    assert shortened("a" * 200 + "x2x4z") != shortened("a" * 200 + "y7y9w")
