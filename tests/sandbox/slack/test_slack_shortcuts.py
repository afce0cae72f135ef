"""Shortcuts, searches and choices in modals, truly signed or in envelopes, as Slack sends them."""

from typing import Any

import pytest

from bot.sandbox.slack import NotPossibleError, Workspace
from bot.sandbox.slack.blockkit import menu_problems

LABEL = {"type": "plain_text", "text": "x"}
FORM: dict[str, Any] = {
    "type": "modal",
    "title": LABEL,
    "submit": LABEL,
    "blocks": [
        {
            "type": "input",
            "block_id": "kind",
            "dispatch_action": True,
            "label": LABEL,
            "element": {
                "type": "static_select",
                "action_id": "kind",
                "options": [{"text": LABEL, "value": name} for name in ("a", "b")],
            },
        },
        {
            "type": "input",
            "block_id": "pod",
            "label": LABEL,
            "element": {"type": "external_select", "action_id": "search"},
        },
    ],
}


def test_a_search_takes_a_hundred_options_and_no_empty_group() -> None:
    option = {"text": LABEL, "value": "v"}

    assert not menu_problems({"options": []})
    assert not menu_problems({"options": [option] * 100})
    assert menu_problems({"options": [option] * 101})
    assert menu_problems({"option_groups": [{"label": LABEL, "options": []}]})
    assert menu_problems({"option_groups": []})
    assert menu_problems({})
    assert menu_problems("x")


@pytest.mark.parametrize("transport", ["http", "socket"])
async def test_only_shortcuts_of_the_app_and_messages_that_are_seen_can_be_chosen(
    workspace: Workspace, transport: str
) -> None:
    said = workspace.say("U0BOB", "C0IR", "look")
    workspace.transport = "http" if transport == "http" else "socket"

    with pytest.raises(NotPossibleError, match="no shortcut"):
        await workspace.shortcut("U0ALICE", "ir_other")
    with pytest.raises(NotPossibleError, match="sees no message"):
        await workspace.message_shortcut("U0ALICE", "C0IR", "1.0", "ir_contain_this")
    with pytest.raises(NotPossibleError, match="no member"):
        await workspace.message_shortcut("U0ALICE", "G0FOREIGN", said.ts, "ir_contain_this")


async def test_a_shortcut_has_a_trigger_and_one_on_a_message_quotes_it(workspace: Workspace) -> None:
    said = workspace.say("U0BOB", "C0IR", "look at this")
    plain = (await workspace.shortcut("U0ALICE", "ir_contain")).delivery.payload
    quoted = (
        await workspace.message_shortcut("U0ALICE", "C0IR", said.ts, "ir_contain_this")
    ).delivery.payload

    assert (plain["type"], quoted["type"]) == ("shortcut", "message_action")
    assert "channel" not in plain
    assert "response_url" not in plain
    assert quoted["message"]["text"] == "look at this"
    assert quoted["response_url"]
    assert plain["trigger_id"] != quoted["trigger_id"]


async def test_a_choice_that_is_told_at_once_carries_what_stands_in_the_form(workspace: Workspace) -> None:
    view = workspace.views.open("U0ALICE", FORM)
    answer = await workspace.click_view("U0ALICE", view.id, "kind", {"pod": {"search": "p/a"}}, value="b")
    payload = answer.delivery.payload

    assert payload["actions"][0]["selected_option"]["value"] == "b"
    assert payload["view"]["state"]["values"]["pod"]["search"]["selected_option"]["value"] == "p/a"
    with pytest.raises(NotPossibleError):
        await workspace.click_view("U0ALICE", view.id, "kind", value="c")


async def test_a_search_has_no_trigger_and_says_what_was_typed(workspace: Workspace) -> None:
    view = workspace.views.open("U0ALICE", FORM)
    payload = (await workspace.suggest("U0ALICE", view.id, "search", "api")).delivery.payload

    assert (payload["type"], payload["value"], payload["action_id"]) == ("block_suggestion", "api", "search")
    assert "trigger_id" not in payload
    with pytest.raises(NotPossibleError, match="no search"):
        await workspace.suggest("U0ALICE", view.id, "kind")
    with pytest.raises(NotPossibleError, match="does not look"):
        await workspace.suggest("U0BOB", view.id, "search")
