"""Whatever is in a request, Slack takes its card, and nothing in it becomes mark-up."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.adapters.slack.card import WHOLE, deny_modal, details, paint, paint_preview
from bot.adapters.slack.card.folded import folded
from bot.adapters.slack.card.kit import compact
from bot.adapters.slack.card.painted import Page
from bot.domain.hidden import hidden
from bot.domain.states import PartState
from bot.engine.reading import Shown
from bot.sandbox.slack.blockkit import message_problems, view_problems
from bot.sandbox.slack.blockkit.views import too_large
from tests.adapters.slack.staging import (
    APPROVERS,
    LONG_NAME,
    NOW,
    plan_of,
    pod_part,
    shown,
)
from tests.adapters.slack.strange import HOSTILE, anything_shown

OURS = re.compile(r"<@U[A-Z0-9]+>|<!subteam\^S0ONCALL>|<!date\^\d+\^[^|<>]+\|[0-9: -]+ UTC>")
NOT_MENTIONS = tuple(text for text in HOSTILE if "EVIL>" not in text)
PHASES = tuple(phase for phase in Phase if phase is not Phase.explain)  # it traces every line
slowly = settings(deadline=None, max_examples=25, phases=PHASES, suppress_health_check=list(HealthCheck))


def mrkdwn(value: Any) -> Iterator[str]:
    """Yield every text in which mark-up counts."""
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for one in value.values():
            yield from mrkdwn(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from mrkdwn(one)


def leaves(value: Any) -> Iterator[str]:
    """Yield every string."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from leaves(one)


def kinds(value: Any) -> Iterator[str]:
    """Yield every type."""
    if isinstance(value, dict):
        yield str(value.get("type", ""))
        for one in value.values():
            yield from kinds(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from kinds(one)


def held_to_the_rules(one: Shown) -> None:
    for painted in (paint(one, (*APPROVERS, *NOT_MENTIONS)), paint_preview(one.request)):
        blocks = list(painted.blocks)
        assert message_problems(blocks) == ()
        assert len(compact(blocks).encode()) <= WHOLE
        assert 0 < len(painted.text) <= 300
        harmless(blocks)
        assert "<" not in painted.text
        for block in blocks:
            parsed = Block.parse(block)
            assert parsed is not None
            assert parsed.to_dict() == block
    view = details(one)
    assert view_problems(view) == ()
    assert not too_large(view)
    harmless(view["blocks"])
    View(**view).to_dict()


def harmless(blocks: list[dict[str, Any]]) -> None:
    """No mark-up but ours, no mention or link as an element, nothing hidden."""
    for text in mrkdwn(blocks):
        assert not re.search(r"[<>]", OURS.sub("", text)), text
    assert not {"user", "usergroup", "broadcast", "link", "channel", "emoji"} & set(kinds(blocks))
    for text in leaves(blocks):
        assert not any(hidden(c) for c in text.replace("\n", "").replace("\u200b", ""))


@slowly
@given(anything_shown())
def test_any_request_in_any_state_gives_a_card_that_slack_takes(one: Shown) -> None:
    held_to_the_rules(one)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(deadline=None, max_examples=120, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(anything_shown())
def test_any_request_in_any_state_gives_a_card_that_slack_takes_for_long(one: Shown) -> None:
    held_to_the_rules(one)


@pytest.mark.parametrize("state", PartState)
def test_twenty_targets_with_the_longest_names_fit_in_every_state(state: PartState) -> None:
    plan = plan_of(
        *(pod_part(LONG_NAME[:250] + f"{n:03}", n) for n in range(20)),
        summary=", ".join([LONG_NAME] * 20),
    )
    held_to_the_rules(shown(state, plan=plan, reason="r" * 3000, lease_until=NOW, overdue=True))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field_stays_text(text: str) -> None:
    row = {"trouble": text}
    plan = plan_of(pod_part(text or "x"), summary=text, eta=text)

    held_to_the_rules(shown(PartState.APPLIED, plan=plan, reason=text, row=row, lease_until=NOW))


def test_two_names_that_differ_only_in_their_middle_are_told_apart_before_anything_is_opened() -> None:
    names = [f"payments-{'a' * 100}{mark}{'b' * 100}-0" for mark in "XY"]
    for name in names:
        plan = plan_of(pod_part(name), summary=f"quarantine pod prod/payments/{name}")
        seen = [block for block in paint(shown(plan=plan), APPROVERS).blocks if block["type"] != "container"]
        assert name in compact(seen)


def test_an_ordinary_card_is_not_shrunk() -> None:
    painted = paint(shown(), APPROVERS)

    assert len(compact(painted.blocks).encode()) < WHOLE * 0.75
    assert "more: Details" not in compact(painted.blocks)


def test_the_denial_modal_is_taken() -> None:
    assert view_problems(deny_modal("FB-7K3Q", 1, "0" * 12)) == ()


def test_a_card_that_is_too_long_even_so_says_where_its_plan_is() -> None:
    parts = tuple(pod_part(LONG_NAME[:250] + f"{n:03}", n) for n in range(20))
    page = Page(shown(plan=plan_of(*parts)), bare=True)

    assert "too long for a message: Details" in str(folded(page))
