"""Everything that lives for a time does so on the emulator's clock, which only the test turns."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.slack import Message, Workspace
from tests.sandbox.slack.stage import CARD, REASON, BoltApp, Turned, close


async def test_a_command_not_acknowledged_within_three_seconds_fails_for_the_person(
    slow_workspace: Workspace, session: aiohttp.ClientSession, turned: Turned
) -> None:
    bolt = BoltApp(slow_workspace, session)
    held = asyncio.Event()

    async def hold() -> None:
        await held.wait()

    bolt.before_ack = hold
    connection = await bolt.connect(slow_workspace)
    typed = asyncio.create_task(slow_workspace.slash("U0ALICE", "C0IR", "/ir status"))
    await slow_workspace.until(lambda: bolt.bodies)
    turned.now += 2.9
    assert not typed.done()
    turned.now += 0.2
    answer = await typed
    held.set()
    await slow_workspace.until(lambda: slow_workspace.sockets.acks)
    await slow_workspace.until(lambda: answer.posts)
    await close(connection)

    assert (answer.status, answer.error, answer.said) == (0, "timeout", "posted")
    assert [ack.late for ack in slow_workspace.sockets.acks] == [True]


async def test_without_a_connection_a_command_fails_at_once(slow_workspace: Workspace) -> None:
    answer = await slow_workspace.slash("U0ALICE", "C0IR", "/ir status")

    assert (answer.acked, answer.error) == (False, "no_connection")


async def trigger(workspace: Workspace) -> str:
    """Get a trigger_id, though no app is there to take it."""
    answer = await workspace.slash("U0ALICE", "C0IR", "/ir status")
    return str(answer.delivery.payload["trigger_id"])


async def test_a_trigger_opens_one_view_within_three_seconds(
    slow_workspace: Workspace, slow_client: AsyncWebClient, turned: Turned
) -> None:
    first = await trigger(slow_workspace)
    turned.now += 2.9
    opened = await slow_client.views_open(trigger_id=first, view=REASON)
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await slow_client.views_open(trigger_id=first, view=REASON)
    late = await trigger(slow_workspace)
    turned.now += 3
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await slow_client.views_open(trigger_id=late, view=REASON)
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        await slow_client.views_open(trigger_id="1.2.abc", view=REASON)

    assert opened["view"]["root_view_id"] == opened["view"]["id"]


async def test_a_view_is_updated_only_by_who_knows_its_last_state(
    slow_workspace: Workspace, slow_client: AsyncWebClient
) -> None:
    opened = (await slow_client.views_open(trigger_id=await trigger(slow_workspace), view=REASON))["view"]
    await slow_client.views_update(view_id=opened["id"], hash=opened["hash"], view=REASON)

    with pytest.raises(SlackApiError, match="hash_conflict"):
        await slow_client.views_update(view_id=opened["id"], hash=opened["hash"], view=REASON)
    with pytest.raises(SlackApiError, match="not_found"):
        await slow_client.views_update(view_id="V0NONE", view=REASON)


async def test_a_view_beyond_its_limits_is_refused_and_the_trigger_kept(
    slow_workspace: Workspace, slow_client: AsyncWebClient
) -> None:
    usable = await trigger(slow_workspace)
    long_title = {**REASON, "title": {"type": "plain_text", "text": "x" * 25}}
    with pytest.raises(SlackApiError) as refused:
        await slow_client.views_open(trigger_id=usable, view=long_title)

    assert refused.value.response["error"] == "invalid_arguments"
    assert "/view/title/text" in refused.value.response["response_metadata"]["messages"][0]
    assert (await slow_client.views_open(trigger_id=usable, view=REASON))["ok"]


async def test_a_home_is_published(slow_workspace: Workspace, slow_client: AsyncWebClient) -> None:
    await slow_client.views_publish(user_id="U0ALICE", view={"type": "home", "blocks": CARD})

    assert len(slow_workspace.views.homes["U0ALICE"].blocks) == 2


async def address(workspace: Workspace) -> AsyncWebhookClient:
    answer = await workspace.slash("U0ALICE", "C0IR", "/ir status")
    return AsyncWebhookClient(str(answer.delivery.payload["response_url"]))


async def test_a_response_url_takes_five_posts(slow_workspace: Workspace) -> None:
    webhook = await address(slow_workspace)
    statuses = [(await webhook.send(text=str(n))).status_code for n in range(5)]
    sixth = await webhook.send(text="5")

    assert statuses == [200] * 5
    assert (sixth.status_code, "used_url" in sixth.body) == (404, True)
    told = slow_workspace.messages("C0IR", ephemeral=True)
    assert [(each.text, each.only_for) for each in told] == [(str(n), "U0ALICE") for n in range(5)]


async def test_a_response_url_lives_half_an_hour(slow_workspace: Workspace, turned: Turned) -> None:
    webhook = await address(slow_workspace)
    turned.now += 30 * 60

    assert "expired_url" in (await webhook.send(text="late")).body


async def card(workspace: Workspace, client: AsyncWebClient) -> Message:
    await client.chat_postMessage(channel="C0IR", text="card", blocks=CARD)
    return workspace.messages("C0IR")[0]


async def test_a_click_lets_the_app_answer_aside_replace_or_delete(
    slow_workspace: Workspace, slow_client: AsyncWebClient
) -> None:
    message = await card(slow_workspace, slow_client)
    answer = await slow_workspace.click("U0BOB", "C0IR", message.ts, "approve")
    webhook = AsyncWebhookClient(str(answer.delivery.payload["response_url"]))
    await webhook.send(text="not yours")
    await webhook.send(text="for all", response_type="in_channel")
    await webhook.send(text="replaced", replace_original=True)

    assert answer.said == "not yours"
    assert [each.text for each in slow_workspace.messages("C0IR")] == ["replaced", "for all"]
    await webhook.send(delete_original=True)
    assert [each.text for each in slow_workspace.messages("C0IR")] == ["for all"]
