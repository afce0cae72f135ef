"""What can go wrong on the way to Slack, switched on for single calls."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import (
    AnswerLost,
    Closed,
    Hang,
    RateLimited,
    Refused,
    ServerError,
    Slow,
    Workspace,
    World,
)
from tests.sandbox.slack.stage import BoltApp, Turned, close


async def post(client: AsyncWebClient, text: str = "x") -> Any:
    return await client.chat_postMessage(channel="C0IR", text=text)


async def test_a_rate_limit_is_http_429_with_its_wait(client: AsyncWebClient, workspace: Workspace) -> None:
    workspace.faults.stage("chat.postMessage", RateLimited(7))
    with pytest.raises(SlackApiError) as refused:
        await post(client)
    await post(client)

    answer = refused.value.response
    assert (answer.status_code, answer.headers["Retry-After"], answer["error"]) == (429, "7", "ratelimited")
    assert [call.status for call in workspace.calls("chat.postMessage")] == [429, 200]


async def test_a_server_error_is_no_envelope(client: AsyncWebClient, workspace: Workspace) -> None:
    workspace.faults.stage("*", ServerError(503), times=2)

    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            await post(client)
        assert refused.value.response.status_code == 503
    assert (await post(client))["ok"]


async def test_a_named_refusal_can_be_staged_for_one_sort_of_call(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    workspace.faults.stage(
        "chat.postMessage", Refused("internal_error"), when=lambda args: args["text"] == "b"
    )

    assert (await post(client, "a"))["ok"]
    with pytest.raises(SlackApiError, match="internal_error"):
        await post(client, "b")


async def test_a_connection_closed_before_handling_posts_nothing(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    workspace.faults.stage("chat.postMessage", Closed())
    with pytest.raises(aiohttp.ClientConnectionError):
        await post(client)

    assert workspace.messages("C0IR") == ()


async def test_a_lost_answer_leaves_the_message_posted(client: AsyncWebClient, workspace: Workspace) -> None:
    workspace.faults.stage("chat.postMessage", AnswerLost())
    with pytest.raises(aiohttp.ClientConnectionError):
        await post(client)

    assert [each.text for each in workspace.messages("C0IR")] == ["x"]


async def test_the_sdks_own_retry_after_a_lost_answer_posts_twice(workspace: Workspace, world: World) -> None:
    workspace.faults.stage("chat.postMessage", AnswerLost())
    at_once = FixedValueRetryIntervalCalculator(fixed_internal=0)
    retry = AsyncConnectionErrorRetryHandler(interval_calculator=at_once)
    retrying = AsyncWebClient(world.app.bot_token, base_url=workspace.base_url, retry_handlers=[retry])
    await post(retrying)

    assert len(workspace.messages("C0IR")) == 2


async def test_a_slow_answer_comes_when_the_clock_is_turned(
    slow_client: AsyncWebClient, slow_workspace: Workspace, turned: Turned
) -> None:
    slow_workspace.faults.stage("chat.postMessage", Slow(20))
    posting = asyncio.create_task(post(slow_client))
    await slow_workspace.until(lambda: slow_workspace.messages("C0IR"))
    before = posting.done()
    turned.now += 20

    assert not before
    assert (await posting)["ok"]


async def test_a_hanging_call_does_nothing_and_ends_closed(
    slow_client: AsyncWebClient, slow_workspace: Workspace, turned: Turned
) -> None:
    slow_workspace.faults.stage("chat.postMessage", Hang(60))
    posting = asyncio.create_task(post(slow_client))
    await slow_workspace.until(lambda: slow_workspace.calls("chat.postMessage"))
    turned.now += 60
    with pytest.raises(aiohttp.ClientConnectionError):
        await posting

    assert slow_workspace.messages("C0IR") == ()


async def test_the_workspace_stops_though_a_call_hangs(world: World, session: aiohttp.ClientSession) -> None:
    async with Workspace(world) as workspace:
        client = AsyncWebClient(
            world.app.bot_token, base_url=workspace.base_url, session=session, retry_handlers=[]
        )
        workspace.faults.stage("*", Hang())
        posting = asyncio.create_task(post(client))
        await workspace.until(workspace.calls)

    with pytest.raises(aiohttp.ClientConnectionError):
        await posting


async def test_slack_is_down_and_comes_back(by_socket: Workspace, client: AsyncWebClient) -> None:
    await by_socket.go_down()
    with pytest.raises(SlackApiError):
        await post(client)
    away = await by_socket.slash("U0ALICE", "C0IR", "/ir status")
    by_socket.come_up()

    assert away.error == "no_connection"
    assert (await post(client))["ok"]


async def test_the_app_connects_again_by_itself_after_slack_was_down(
    workspace: Workspace, bolt: BoltApp
) -> None:
    connection = await bolt.connect(workspace, ping_interval=0.05)
    await workspace.go_down()
    await workspace.until(lambda: workspace.calls("apps.connections.open")[-1].status == 503)
    workspace.come_up()
    await workspace.until(lambda: workspace.sockets.connections)
    answer = await workspace.slash("U0ALICE", "C0IR", "/ir status")
    await close(connection)

    assert answer.acked


async def test_switched_on_rates_allow_one_post_a_second_and_channel(
    slow_client: AsyncWebClient, slow_workspace: Workspace, turned: Turned
) -> None:
    slow_workspace.faults.rates.on = True
    await post(slow_client)
    with pytest.raises(SlackApiError, match="ratelimited"):
        await post(slow_client)
    await slow_client.chat_postMessage(channel="U0ALICE", text="another channel")
    turned.now += 1

    assert (await post(slow_client))["ok"]


async def test_switched_on_rates_count_a_methods_tier_by_the_minute(
    slow_client: AsyncWebClient, slow_workspace: Workspace, turned: Turned
) -> None:
    slow_workspace.faults.rates.on = True
    for _ in range(20):
        await slow_client.usergroups_list()
    turned.now += 30
    with pytest.raises(SlackApiError) as refused:
        await slow_client.usergroups_list()

    assert refused.value.response.headers["Retry-After"] == "30"
