"""The Web API as the real slack_sdk client meets it."""

from collections.abc import Awaitable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import App, Workspace, World

SECTION = {"type": "section", "block_id": "s", "text": {"type": "mrkdwn", "text": "*hello*"}}
CARD = {"event_type": "ir_request", "event_payload": {"id": "FB-1", "revision": 1}}


async def refusal(call: Awaitable[Any]) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as refused:
        await call
    answer: dict[str, Any] = dict(refused.value.response.data)
    return answer


async def test_the_token_says_who_the_app_is_and_where(client: AsyncWebClient, world: World) -> None:
    answer = await client.auth_test()

    assert (answer["team_id"], answer["user_id"]) == (world.team, world.app.bot_user)


async def test_an_unknown_token_is_refused_and_so_is_none(workspace: Workspace) -> None:
    stranger = AsyncWebClient("xoxb-nobody", base_url=workspace.base_url)
    nobody = AsyncWebClient(base_url=workspace.base_url)

    assert (await refusal(stranger.auth_test()))["error"] == "invalid_auth"
    assert (await refusal(nobody.auth_test()))["error"] == "not_authed"


async def test_each_kind_of_token_opens_only_its_own_methods(client: AsyncWebClient, world: World) -> None:
    assert (await refusal(client.apps_connections_open(app_token=world.app.bot_token)))[
        "error"
    ] == "not_allowed_token_type"
    assert (await refusal(client.auth_test(token=world.app.app_token)))["error"] == "not_allowed_token_type"


async def test_a_method_without_its_scope_names_what_is_needed(session: aiohttp.ClientSession) -> None:
    world = World(app=App(scopes=frozenset({"commands", "chat:write"})))
    async with Workspace(world) as workspace:
        client = AsyncWebClient(world.app.bot_token, base_url=workspace.base_url, session=session)
        answer = await refusal(client.users_info(user=world.app.bot_user))

    assert answer == {
        "ok": False,
        "error": "missing_scope",
        "needed": "users:read",
        "provided": "chat:write,commands",
    }


async def test_a_private_channel_needs_the_scope_of_private_channels(
    session: aiohttp.ClientSession, world: World
) -> None:
    world.app = App(scopes=frozenset({"channels:read"}))
    async with Workspace(world) as workspace:
        client = AsyncWebClient(world.app.bot_token, base_url=workspace.base_url, session=session)
        assert (await client.conversations_info(channel="C0IR"))["channel"]["name"] == "incident"
        assert (await refusal(client.conversations_info(channel="G0SECRET")))["needed"] == "groups:read"


async def test_a_post_is_found_again_by_its_metadata_only_when_asked_for(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0IR", text="card", blocks=[SECTION], metadata=CARD)

    full = await client.conversations_history(channel="C0IR", include_all_metadata=True)
    bare = await client.conversations_history(channel="C0IR")

    assert [(each["ts"], each["metadata"]) for each in full["messages"]] == [(posted["ts"], CARD)]
    assert "metadata" not in bare["messages"][0]


async def test_an_update_keeps_metadata_unless_an_empty_object_clears_it(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    posted = await client.chat_postMessage(channel="C0IR", text="one", blocks=[SECTION], metadata=CARD)
    await client.chat_update(channel="C0IR", ts=posted["ts"], text="two")
    await client.chat_update(channel="C0IR", ts=posted["ts"], text="three", metadata={})

    painted = [
        (state.change, state.message.text, state.message.metadata) for state in workspace.states("C0IR")
    ]
    assert painted == [("posted", "one", CARD), ("updated", "two", CARD), ("updated", "three", None)]
    assert workspace.messages("C0IR")[0].blocks == ()


async def test_only_own_messages_can_be_changed(client: AsyncWebClient, workspace: Workspace) -> None:
    foreign = workspace.say("U0ALICE", "C0IR", "mine")

    assert (await refusal(client.chat_update(channel="C0IR", ts=foreign.ts, text="x")))[
        "error"
    ] == "cant_update_message"
    assert (await refusal(client.chat_delete(channel="C0IR", ts=foreign.ts)))[
        "error"
    ] == "cant_delete_message"
    assert (await refusal(client.chat_update(channel="C0IR", ts="1.0", text="x")))[
        "error"
    ] == "message_not_found"


async def test_a_deleted_message_is_gone_and_its_states_stay(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    posted = await client.chat_postMessage(channel="C0IR", text="oops")
    await client.chat_delete(channel="C0IR", ts=posted["ts"])

    assert workspace.messages("C0IR") == ()
    assert [state.change for state in workspace.states("C0IR", posted["ts"])] == ["posted", "deleted"]


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0NONE", "channel_not_found"),
        ("G0FOREIGN", "channel_not_found"),
        ("C0LOUNGE", "not_in_channel"),
        ("C0OLD", "is_archived"),
    ],
)
async def test_where_the_app_may_not_post_slack_says_why(
    client: AsyncWebClient, channel: str, error: str
) -> None:
    assert (await refusal(client.chat_postMessage(channel=channel, text="x")))["error"] == error


async def test_text_limits_are_those_of_each_method(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0IR", text="x" * 40_001)
    too_long = client.chat_update(channel="C0IR", ts=posted["ts"], text="x" * 4_001)

    assert posted["warning"] == "message_truncated"
    assert len(posted["message"]["text"]) == 40_000
    assert (await refusal(too_long))["error"] == "msg_too_long"
    assert (await refusal(client.api_call("chat.postMessage", json={"channel": "C0IR"})))[
        "error"
    ] == "no_text"


async def test_an_ephemeral_is_for_a_member_and_stays_out_of_history(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    await client.chat_postEphemeral(channel="C0IR", user="U0ALICE", text="only you")
    outsider = client.chat_postEphemeral(channel="C0IR", user="U0STRANGER", text="x")

    assert (await refusal(outsider))["error"] == "user_not_in_channel"
    assert (await client.conversations_history(channel="C0IR"))["messages"] == []
    assert [each.only_for for each in workspace.messages("C0IR", ephemeral=True)] == ["U0ALICE"]


async def test_an_ephemeral_cannot_be_updated(client: AsyncWebClient) -> None:
    private = await client.chat_postEphemeral(channel="C0IR", user="U0ALICE", text="only you")

    update = client.chat_update(channel="C0IR", ts=private["message_ts"], text="x")
    assert (await refusal(update))["error"] == "message_not_found"


async def test_replies_stand_in_their_thread_and_not_in_history(client: AsyncWebClient) -> None:
    parent = await client.chat_postMessage(channel="C0IR", text="parent")
    await client.chat_postMessage(channel="C0IR", text="reply", thread_ts=parent["ts"])

    thread = await client.conversations_replies(channel="C0IR", ts=parent["ts"])
    assert [each["text"] for each in thread["messages"]] == ["parent", "reply"]
    assert len((await client.conversations_history(channel="C0IR"))["messages"]) == 1
    assert (await refusal(client.conversations_replies(channel="C0IR", ts="1.0")))[
        "error"
    ] == "thread_not_found"


async def test_history_is_paged_newest_first_and_bounded_by_time(client: AsyncWebClient) -> None:
    stamps = [(await client.chat_postMessage(channel="C0IR", text=str(n)))["ts"] for n in range(5)]

    pages = [page["messages"] async for page in await client.conversations_history(channel="C0IR", limit=2)]
    since = await client.conversations_history(channel="C0IR", oldest=stamps[3], inclusive=True)

    assert [each["text"] for page in pages for each in page] == ["4", "3", "2", "1", "0"]
    assert [each["ts"] for each in since["messages"]] == [stamps[4], stamps[3]]


async def test_users_show_every_flag_that_decides_about_authority(
    client: AsyncWebClient, world: World
) -> None:
    async def user(name: str) -> dict[str, Any]:
        found: dict[str, Any] = (await client.users_info(user=name))["user"]
        return found

    assert (await user("U0ALICE"))["is_restricted"] is False
    assert (await user("U0SINGLE"))["is_ultra_restricted"] is True
    stranger = await user("U0STRANGER")
    assert (stranger["team_id"], stranger["is_stranger"], "is_admin" in stranger) == ("T0OTHER", True, False)
    world.deactivate("U0BOB")
    assert (await user("U0BOB"))["deleted"] is True
    assert (await refusal(client.users_info(user="U0NONE")))["error"] == "user_not_found"
    assert (await refusal(client.users_info(user="U0HIDDEN")))["error"] == "user_not_visible"


async def test_an_address_is_shown_only_to_who_may_read_it(client: AsyncWebClient, world: World) -> None:
    assert "email" not in (await client.users_info(user="U0ALICE"))["user"]["profile"]
    world.app = App(scopes=world.app.scopes | {"users:read.email"})

    assert (await client.users_info(user="U0ALICE"))["user"]["profile"]["email"] == "alice@example.org"


async def test_a_group_changes_while_the_app_runs(client: AsyncWebClient, world: World) -> None:
    assert (await client.usergroups_users_list(usergroup="S0ONCALL"))["users"] == ["U0ALICE", "U0BOB"]
    world.set_group("S0ONCALL", ["U0BOB"])
    assert (await client.usergroups_users_list(usergroup="S0ONCALL"))["users"] == ["U0BOB"]

    world.set_group("S0ONCALL", ["U0BOB"], disabled=True)
    assert (await refusal(client.usergroups_users_list(usergroup="S0ONCALL")))["error"] == "no_such_subteam"
    assert (await client.usergroups_list())["usergroups"] == []
    world.plan_has_groups = False
    assert (await refusal(client.usergroups_list()))["error"] == "plan_upgrade_required"


async def test_a_channel_that_becomes_shared_says_so(client: AsyncWebClient, world: World) -> None:
    before = (await client.conversations_info(channel="C0IR"))["channel"]
    world.share("C0IR", "T0OTHER")
    after = (await client.conversations_info(channel="C0IR"))["channel"]

    assert (before["is_ext_shared"], after["is_ext_shared"]) == (False, True)
    assert after["connected_team_ids"] == ["T0OTHER"]


async def test_lists_show_what_the_app_may_know(client: AsyncWebClient) -> None:
    channels = await client.conversations_list(types="public_channel,private_channel", exclude_archived=True)
    people = await client.users_list()

    assert {each["id"] for each in channels["channels"]} == {"C0IR", "C0LOUNGE", "G0SECRET"}
    assert "U0STRANGER" not in {each["id"] for each in people["members"]}
    assert (await client.conversations_members(channel="G0SECRET"))["members"] == ["U0ALICE", "U0FIREBREAK"]


async def test_a_direct_conversation_is_opened_once(client: AsyncWebClient) -> None:
    first = await client.conversations_open(users=["U0ALICE"])
    again = await client.conversations_open(users=["U0ALICE"], return_im=True)
    posted = await client.chat_postMessage(channel="U0ALICE", text="receipt")

    assert first["channel"]["id"] == again["channel"]["id"] == posted["channel"]
    assert again["already_open"] is True
    assert (await refusal(client.conversations_open(users=["U0LEFT"])))["error"] == "user_disabled"


async def test_a_file_goes_up_in_three_steps(client: AsyncWebClient, workspace: Workspace) -> None:
    answer = await client.files_upload_v2(
        channel="C0IR", filename="plan.json", content="{}", initial_comment="the plan"
    )

    assert workspace.files[answer["files"][0]["id"]].content == b"{}"
    assert workspace.messages("C0IR")[0].text == "the plan"


async def test_a_permalink_names_the_message(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0IR", text="x")
    link = await client.chat_getPermalink(channel="C0IR", message_ts=posted["ts"])

    assert link["permalink"].endswith("/C0IR/p" + posted["ts"].replace(".", ""))


async def test_the_journal_keeps_arguments_and_no_token(
    client: AsyncWebClient, workspace: Workspace, world: World
) -> None:
    await client.chat_postMessage(channel="C0IR", text="x", token=world.app.bot_token)
    await refusal(client.chat_postMessage(channel="C0NONE", text="y"))

    first, second = workspace.calls("chat.postMessage")
    assert (first.args["text"], first.error, second.error) == ("x", None, "channel_not_found")
    assert world.app.bot_token not in repr(workspace.calls()) + repr(world.app)


async def test_an_unknown_method_is_named(client: AsyncWebClient) -> None:
    assert (await refusal(client.api_call("chat.shout")))["error"] == "unknown_method"
