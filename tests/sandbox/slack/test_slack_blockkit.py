"""What Slack refuses about blocks and views, and what it takes."""

import copy
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.blockkit import message_problems, view_problems

Block = dict[str, Any]


def text(words: str, kind: str = "plain_text") -> Block:
    return {"type": kind, "text": words}


def button(**more: Any) -> Block:
    return {"type": "button", "action_id": "go", "text": text("Go"), **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def menu(count: int, label: int = 5, value: int = 5) -> Block:
    return {
        "type": "static_select",
        "action_id": "m",
        "options": [{"text": text("x" * label), "value": "v" * value}] * count,
    }


def confirm(title: int = 5, words: int = 5, label: int = 5) -> Block:
    return {
        "title": text("t" * title),
        "text": text("x" * words),
        "confirm": text("c" * label),
        "deny": text("no"),
    }


def section(words: str, **more: Any) -> Block:
    return {"type": "section", "text": text(words, "mrkdwn"), **more}


def cell(words: str) -> Block:
    return {"type": "raw_text", "text": words}


AT_THE_LIMIT: list[list[Block]] = [
    [section("x" * 3000)],
    [{"type": "header", "text": text("x" * 150)}],
    [actions(*(button(action_id=f"b{n}") for n in range(25)))],
    [actions(button(text=text("x" * 75), value="v" * 2000, action_id="a" * 255))],
    [actions(button(confirm=confirm(100, 300, 30)))],
    [{"type": "context", "elements": [text("x", "mrkdwn")] * 10}],
    [{"type": "section", "fields": [text("x" * 2000, "mrkdwn")] * 10}],
    [actions(menu(100, 75, 150))],
    [{"type": "divider", "block_id": f"d{n}"} for n in range(50)],
    [{"type": "markdown", "text": "x" * 6000}] * 2,
    [{"type": "table", "rows": [[cell("x" * 5), cell("y" * 5)]] * 100}],
    [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_preformatted", "elements": [text("kubectl", "text")]}],
        }
    ],
    [{"type": "container", "title": text("Evidence"), "child_blocks": [section("x")] * 10}],
]


@pytest.mark.parametrize("blocks", AT_THE_LIMIT)
def test_blocks_at_the_limit_are_taken(blocks: list[Block]) -> None:
    assert message_problems(blocks) == ()


BEYOND: list[tuple[list[Block], str]] = [
    ([{"type": "nope"}], "unsupported type: nope [json-pointer:/blocks/0/type]"),
    ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    ([section("x" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    ([{"type": "section"}], "missing required field: text [json-pointer:/blocks/0]"),
    ([{"type": "header", "text": text("x" * 151)}], "must be less than 151 characters [json-pointer:/blocks/0/text/text]"),
    ([{"type": "header", "text": text("x", "mrkdwn")}], "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"),
    ([actions(button(text=text("x" * 76)))], "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"),
    ([actions(button(value="v" * 2001))], "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"),
    ([actions(button(action_id="a" * 256))], "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]"),
    ([actions(button(style="loud"))], "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]"),
    ([actions(button(onclick="x"))], "invalid additional property: onclick [json-pointer:/blocks/0/elements/0]"),
    ([actions(*(button(action_id=f"b{n}") for n in range(26)))], "no more than 25 items allowed [json-pointer:/blocks/0/elements]"),
    ([actions()], "no less than 1 items allowed [json-pointer:/blocks/0/elements]"),
    ([actions(button(), button())], "action_id `go` already exists [json-pointer:/blocks/0/elements/1/action_id]"),
    ([section("x", block_id="b")] * 2, "block_id `b` already exists [json-pointer:/blocks/1/block_id]"),
    ([section("x", block_id="b" * 256)], "must be less than 256 characters [json-pointer:/blocks/0/block_id]"),
    ([actions(button(confirm=confirm(title=101)))], "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]"),
    ([actions(button(confirm=confirm(words=301)))], "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]"),
    ([actions(button(confirm=confirm(label=31)))], "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/confirm/text]"),
    ([{"type": "context", "elements": [text("x", "mrkdwn")] * 11}], "no more than 10 items allowed [json-pointer:/blocks/0/elements]"),
    ([{"type": "context", "elements": [button()]}], "unsupported type: button [json-pointer:/blocks/0/elements/0/type]"),
    ([{"type": "section", "fields": [text("x")] * 11}], "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
    ([{"type": "section", "fields": [text("x" * 2001)]}], "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"),
    ([actions(menu(101))], "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"),
    ([actions(menu(1, label=76))], "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]"),
    ([actions(menu(1, value=151))], "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]"),
    ([{"type": "alert", "text": text("x")}], "unsupported type: alert [json-pointer:/blocks/0/type]"),
    ([{"type": "markdown", "text": "x" * 6001}] * 2, "markdown blocks must be less than 12001 characters in total [json-pointer:/blocks]"),
    ([{"type": "table", "rows": [[cell("x" * 101)]] * 100}], "tables must be less than 10001 characters in total [json-pointer:/blocks]"),
    ([{"type": "table", "rows": [[cell("x")]] * 101}], "no more than 100 items allowed [json-pointer:/blocks/0/rows]"),
]  # fmt: skip


@pytest.mark.parametrize(("blocks", "problem"), BEYOND)
def test_blocks_beyond_a_limit_are_refused_with_the_place(blocks: list[Block], problem: str) -> None:
    assert problem in [str(each) for each in message_problems(blocks)]


MODAL: Block = {
    "type": "modal",
    "callback_id": "deny",
    "title": text("x" * 24),
    "submit": text("Deny"),
    "private_metadata": "m" * 3000,
    "blocks": [
        {"type": "alert", "text": text("x" * 200), "level": "warning"},
        {
            "type": "input",
            "block_id": "why",
            "label": text("Why"),
            "element": {"type": "plain_text_input", "action_id": "why"},
        },
    ],
}


def test_a_modal_at_the_limits_is_taken() -> None:
    assert view_problems(MODAL) == ()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"title": text("x" * 25)}, "must be less than 25 characters [json-pointer:/view/title/text]"),
        (
            {"private_metadata": "m" * 3001},
            "must be less than 3001 characters [json-pointer:/view/private_metadata]",
        ),
        (
            {"blocks": [{"type": "divider"}] * 101},
            "no more than 100 items allowed [json-pointer:/view/blocks]",
        ),
        (
            {"blocks": [{"type": "markdown", "text": "x"}]},
            "unsupported type: markdown [json-pointer:/view/blocks/0/type]",
        ),
        ({"type": "home"}, "unsupported type: home [json-pointer:/view/type]"),
    ],
)
def test_a_modal_beyond_a_limit_is_refused(change: Block, problem: str) -> None:
    assert problem in [str(each) for each in view_problems({**MODAL, **change})]


def test_a_modal_that_asks_must_have_a_way_to_submit() -> None:
    silent = copy.deepcopy(MODAL)
    del silent["submit"]

    assert "submit" in str(view_problems(silent)[0])


async def test_a_refused_card_is_answered_in_both_lists_of_slack(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="C0IR", text="x", blocks=[section("x" * 3001)])

    said = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    answer = refused.value.response
    assert (answer["error"], answer["errors"]) == ("invalid_blocks", [said])
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {said}"]


async def test_blocks_that_are_no_json_are_refused_by_another_name(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError, match="invalid_blocks_format"):
        await client.chat_postMessage(channel="C0IR", text="x", blocks="[{")


async def test_metadata_that_is_no_event_is_refused(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError, match="invalid_metadata_format"):
        await client.chat_postMessage(channel="C0IR", text="x", metadata={"event_type": "x"})
