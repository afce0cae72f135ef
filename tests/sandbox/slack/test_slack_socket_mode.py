"""Socket Mode as the real slack_bolt connection, or a bare websocket, meets it."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Workspace, World
from tests.sandbox.slack.stage import BoltApp, Turned, close


async def opened(workspace: Workspace, world: World, session: aiohttp.ClientSession) -> str:
    """Ask for a websocket address."""
    client = AsyncWebClient(base_url=workspace.base_url, session=session)
    answer = await client.apps_connections_open(app_token=world.app.app_token)
    return str(answer["url"])


async def frame(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await socket.receive_str())
    return found


async def test_hello_tells_how_many_are_connected(
    workspace: Workspace, world: World, session: aiohttp.ClientSession
) -> None:
    async with session.ws_connect(await opened(workspace, world, session)) as socket:
        hello = await frame(socket)

    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    assert hello["connection_info"] == {"app_id": world.app.id}
    assert "approximate_connection_time" in hello["debug_info"]


async def test_a_ticket_opens_once(
    workspace: Workspace, world: World, session: aiohttp.ClientSession
) -> None:
    url = await opened(workspace, world, session)
    async with session.ws_connect(url):
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await session.ws_connect(url)


async def test_an_eleventh_connection_is_sent_away(
    workspace: Workspace, world: World, session: aiohttp.ClientSession
) -> None:
    sockets = [await session.ws_connect(await opened(workspace, world, session)) for _ in range(11)]
    frames = [await frame(socket) for socket in sockets]
    for socket in sockets:
        await socket.close()

    assert [each["type"] for each in frames] == ["hello"] * 10 + ["disconnect"]
    assert frames[-1]["reason"] == "too_many_websockets"


async def test_each_envelope_goes_to_exactly_one_connection(workspace: Workspace, bolt: BoltApp) -> None:
    connections = [await bolt.connect(workspace) for _ in range(2)]
    await workspace.until(lambda: len(workspace.sockets.connections) == 2)
    for _ in range(4):
        assert (await workspace.slash("U0ALICE", "C0IR", "/ir status")).acked
    for connection in connections:
        await close(connection)

    used = [envelope.connection for envelope in workspace.sockets.envelopes]
    assert len(bolt.bodies) == len(used) == 4
    assert len(set(used)) == 2


async def test_both_sides_answer_pings(workspace: Workspace, bolt: BoltApp) -> None:
    connection = await bolt.connect(workspace, ping_interval=0.05)
    first = await workspace.until(lambda: workspace.sockets.connections[0])
    await workspace.sockets.ping()
    await workspace.until(lambda: first.pongs >= 1 and first.pings >= 2)
    alive = await connection.client.is_connected()
    await close(connection)

    assert alive


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_disconnect_frame_makes_the_app_connect_anew(
    by_socket: Workspace, bolt: BoltApp, reason: Any
) -> None:
    first = by_socket.sockets.connections[0]
    await by_socket.sockets.disconnect(reason)
    await by_socket.until(lambda: [each for each in by_socket.sockets.connections if each is not first])
    await by_socket.until(lambda: first not in by_socket.sockets.connections)

    assert (await by_socket.slash("U0ALICE", "C0IR", "/ir status")).acked


async def test_a_leaving_connection_gets_no_more_envelopes(
    workspace: Workspace, world: World, session: aiohttp.ClientSession
) -> None:
    async with session.ws_connect(await opened(workspace, world, session)) as socket:
        await frame(socket)
        await workspace.sockets.disconnect("refresh_requested")

        assert (await frame(socket))["reason"] == "refresh_requested"
        assert (await workspace.slash("U0ALICE", "C0IR", "/ir status")).error == "no_connection"


async def test_socket_mode_switched_off_refuses_new_tickets(
    workspace: Workspace, world: World, session: aiohttp.ClientSession
) -> None:
    async with session.ws_connect(await opened(workspace, world, session)) as socket:
        await frame(socket)
        await workspace.sockets.disconnect("link_disabled")

        assert (await frame(socket))["reason"] == "link_disabled"
        with pytest.raises(SlackApiError, match="access_denied"):
            await opened(workspace, world, session)


async def test_a_dead_ticket_wedges_the_client_until_it_asks_for_another(
    workspace: Workspace, bolt: BoltApp
) -> None:
    """slack_sdk 3.47 tries the same dead address for ever; forgetting it makes the next try ask anew."""
    workspace.sockets.dead_tickets = 1
    connection = bolt.connection(workspace, ping_interval=0.02)
    connecting = asyncio.create_task(connection.connect_async())  # type: ignore[no-untyped-call]  # slack_bolt leaves it untyped
    await workspace.until(lambda: workspace.sockets.refused_upgrades >= 3)
    asked_while_wedged = len(workspace.calls("apps.connections.open"))
    connection.client.wss_uri = None
    await connecting
    await close(connection)

    assert asked_while_wedged == 1
    assert len(workspace.calls("apps.connections.open")) == 2


async def test_an_event_that_nobody_acknowledges_comes_again(
    slow_workspace: Workspace, world: World, session: aiohttp.ClientSession, turned: Turned
) -> None:
    event = {"type": "subteam_members_changed", "subteam_id": "S0ONCALL"}
    async with session.ws_connect(await opened(slow_workspace, world, session)) as socket:
        await frame(socket)
        delivering = asyncio.create_task(slow_workspace.event(event, redeliver=1))
        first = await frame(socket)
        turned.now += 3
        second = await frame(socket)
        await socket.send_json({"envelope_id": second["envelope_id"]})
        answer = await delivering

    assert answer.acked
    assert (first["retry_attempt"], second["retry_attempt"], second["retry_reason"]) == (0, 1, "timeout")
    assert first["payload"]["event_id"] == second["payload"]["event_id"]
    assert first["envelope_id"] != second["envelope_id"]


async def test_a_frame_that_means_nothing_is_passed_over(
    workspace: Workspace, world: World, session: aiohttp.ClientSession
) -> None:
    async with session.ws_connect(await opened(workspace, world, session)) as socket:
        await frame(socket)
        for odd in ("{", "[]", "{}"):
            await socket.send_str(odd)
        delivering = asyncio.create_task(workspace.slash("U0ALICE", "C0IR", "/ir status"))
        envelope = await frame(socket)
        await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "here"}})
        answer = await delivering

    assert (answer.status, answer.said) == (200, "here")


async def test_a_half_open_connection_answers_nothing(
    workspace: Workspace, world: World, session: aiohttp.ClientSession
) -> None:
    async with session.ws_connect(await opened(workspace, world, session), autoping=False) as socket:
        await frame(socket)
        connection = workspace.sockets.connections[0]
        connection.frozen = True
        await socket.ping(b"anyone")
        await workspace.until(lambda: connection.pings == 1)
        connection.frozen = False
        await socket.ping(b"now")
        answer = await socket.receive()

    assert (answer.type, bytes(answer.data)) == (aiohttp.WSMsgType.PONG, b"now")
