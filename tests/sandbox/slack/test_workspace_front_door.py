"""The payloads of acts for which no app needs to listen, and the forms that a client would not let go."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import NotPossibleError, Workspace
from tests.sandbox.slack.stage import CARD, REASON

LABEL = {"type": "plain_text", "text": "x"}
MENU = {
    "type": "static_select",
    "action_id": "lease",
    "options": [{"text": LABEL, "value": value} for value in ("1h", "4h")],
}
FORM: dict[str, Any] = {
    **REASON,
    "blocks": [
        {"type": "input", "block_id": "lease", "label": LABEL, "element": MENU},
        {
            "type": "input",
            "block_id": "note",
            "label": LABEL,
            "optional": True,
            "element": {"type": "plain_text_input", "action_id": "note", "initial_value": "none"},
        },
        {
            "type": "actions",
            "block_id": "more",
            "elements": [{"type": "button", "action_id": "details", "text": LABEL, "value": "FB-1"}],
        },
    ],
}


async def form(workspace: Workspace, client: AsyncWebClient) -> str:
    """Open the form before Alice; answers its id."""
    typed = await workspace.slash("U0ALICE", "C0IR", "/ir status")
    opened = await client.views_open(trigger_id=typed.delivery.payload["trigger_id"], view=FORM)
    return str(opened["view"]["id"])


async def test_a_click_on_an_ephemeral_shows_no_message(workspace: Workspace, client: AsyncWebClient) -> None:
    private = await client.chat_postEphemeral(channel="C0IR", user="U0ALICE", text="x", blocks=CARD)
    answer = await workspace.click("U0ALICE", "C0IR", private["message_ts"], "approve")

    payload = answer.delivery.payload
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    with pytest.raises(NotPossibleError, match="sees no message"):
        await workspace.click("U0BOB", "C0IR", private["message_ts"], "approve")


async def test_a_choice_from_a_menu_beside_a_text_is_carried(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    blocks = [{"type": "section", "block_id": "s", "text": LABEL, "accessory": MENU}]
    posted = await client.chat_postMessage(channel="C0IR", text="x", blocks=blocks)
    answer = await workspace.click("U0ALICE", "C0IR", posted["ts"], "lease", value="4h")

    action = answer.delivery.payload["actions"][0]
    assert (action["type"], action["block_id"], action["selected_option"]["value"]) == (
        "static_select",
        "s",
        "4h",
    )
    with pytest.raises(NotPossibleError, match="does not carry"):
        await workspace.click("U0ALICE", "C0IR", posted["ts"], "lease", value="9h")


async def test_a_button_in_an_attachment_is_found_and_its_thread_told(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    parent = await client.chat_postMessage(channel="C0IR", text="parent")
    reply = await client.chat_postMessage(
        channel="C0IR", text="x", thread_ts=parent["ts"], attachments=[{"color": "#f00", "blocks": CARD}]
    )
    answer = await workspace.click("U0ALICE", "C0IR", reply["ts"], "deny", block_id="vote")

    assert answer.delivery.payload["container"]["thread_ts"] == parent["ts"]
    assert answer.delivery.payload["actions"][0]["value"] == "FB-1:abc"


async def test_a_form_carries_choices_and_what_stood_in_it(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    view = await form(workspace, client)
    answer = await workspace.submit_view("U0ALICE", view, {"lease": {"lease": "4h"}})

    values = answer.delivery.payload["view"]["state"]["values"]
    assert values["lease"]["lease"]["selected_option"]["value"] == "4h"
    assert values["note"]["note"] == {"type": "plain_text_input", "value": "none"}


@pytest.mark.parametrize(
    ("filled", "refused"),
    [
        ({}, "must be filled"),
        ({"lease": {"lease": "9h"}}, "no option"),
        ({"other": {"other": "x"}}, "no input block"),
    ],
)
async def test_a_form_filled_wrongly_does_not_leave_the_client(
    workspace: Workspace, client: AsyncWebClient, filled: dict[str, Any], refused: str
) -> None:
    view = await form(workspace, client)

    with pytest.raises(NotPossibleError, match=refused):
        await workspace.submit_view("U0ALICE", view, filled)
    with pytest.raises(NotPossibleError, match="does not look at"):
        await workspace.submit_view("U0BOB", view, {"lease": {"lease": "1h"}})


async def test_a_button_in_a_form_may_push_another_upon_it(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    view = await form(workspace, client)
    answer = await workspace.click_view("U0ALICE", view, "details")
    pushed = await client.views_push(trigger_id=answer.delivery.payload["trigger_id"], view=REASON)

    assert answer.delivery.payload["container"] == {"type": "view", "view_id": view}
    assert (pushed["view"]["previous_view_id"], pushed["view"]["root_view_id"]) == (view, view)
    top = workspace.views.top("U0ALICE")
    assert top is not None
    assert top.id == pushed["view"]["id"]


async def test_only_the_apps_own_command_can_be_typed(workspace: Workspace) -> None:
    with pytest.raises(NotPossibleError, match="no app has the command /nope"):
        await workspace.slash("U0ALICE", "C0IR", "/nope now")
