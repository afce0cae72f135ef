"""The people of the test workspace, a clock to turn, and a real slack_bolt app to act against."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Channel, Group, User, Workspace, World


class Turned:
    """A clock that stands still until the test turns it."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def staffed() -> World:
    """Alice and Bob on call, a guest, a stranger of another organisation, someone who left."""
    world = World()
    for user in (
        User("U0ALICE", "alice", "Alice", "alice@example.org"),
        User("U0BOB", "bob", "Bob"),
        User("U0GUEST", "guest", is_restricted=True),
        User("U0SINGLE", "single", is_restricted=True, is_ultra_restricted=True),
        User("U0STRANGER", "mallory", team="T0OTHER"),
        User("U0LEFT", "left", deleted=True),
        User("U0HIDDEN", "hidden", visible=False),
    ):
        world.add_user(user)
    everyone = frozenset({"U0ALICE", "U0BOB", "U0GUEST", "U0LEFT"})
    world.add_channel(Channel("C0IR", "incident", everyone))
    world.add_channel(Channel("G0SECRET", "secret", frozenset({"U0ALICE"}), kind="group"))
    world.add_channel(Channel("G0FOREIGN", "foreign", frozenset({"U0BOB"}), kind="group"), with_app=False)
    world.add_channel(Channel("C0LOUNGE", "lounge", everyone), with_app=False)
    world.add_channel(Channel("C0OLD", "old", everyone, archived=True))
    world.add_group(Group("S0ONCALL", "oncall", ("U0ALICE", "U0BOB")))
    return world


CARD: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "Quarantine `prod/web-7d9f`?"}},
    {
        "type": "actions",
        "block_id": "vote",
        "elements": [
            {
                "type": "button",
                "action_id": "approve",
                "text": {"type": "plain_text", "text": "Approve"},
                "value": "FB-1:abc",
            },
            {
                "type": "button",
                "action_id": "deny",
                "text": {"type": "plain_text", "text": "Deny"},
                "value": "FB-1:abc",
            },
        ],
    },
]
REASON: dict[str, Any] = {
    "type": "modal",
    "callback_id": "reason",
    "notify_on_close": True,
    "title": {"type": "plain_text", "text": "Deny"},
    "submit": {"type": "plain_text", "text": "Deny"},
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Why"},
            "element": {"type": "plain_text_input", "action_id": "why"},
        }
    ],
}


class BoltApp:
    """A small real app: `/ir` posts a card, Approve repaints it, Deny asks for a reason in a modal."""

    def __init__(self, workspace: Workspace, session: aiohttp.ClientSession) -> None:
        token, secret = workspace.world.app.bot_token, workspace.world.app.signing_secret
        client = AsyncWebClient(token, base_url=workspace.base_url, session=session, retry_handlers=[])
        self.app = AsyncApp(client=client, signing_secret=secret)
        self.bodies: list[dict[str, Any]] = []
        self.retries: list[str] = []
        self.before_ack: Callable[[], Awaitable[None]] | None = None
        self.app.command("/ir")(self.command)
        self.app.action("approve")(self.approve)
        self.app.action("deny")(self.deny)
        self.app.view("reason")(self.reason)
        self.app.view_closed("reason")(self.closed)
        self.app.event("subteam_members_changed")(self.group_changed)

    async def command(self, ack: Any, body: Any, client: AsyncWebClient, respond: Any) -> None:
        self.bodies.append(body)
        if self.before_ack is not None:
            await self.before_ack()
        await ack(f"heard: {body['text']}")
        await client.chat_postMessage(channel=body["channel_id"], text="card", blocks=CARD)
        await respond("posted")

    async def approve(self, ack: Any, body: Any, client: AsyncWebClient) -> None:
        self.bodies.append(body)
        await ack()
        where = {"channel": body["channel"]["id"], "ts": body["container"]["message_ts"]}
        await client.chat_update(**where, text=f"approved by {body['user']['team_id']}:{body['user']['id']}")

    async def deny(self, ack: Any, body: Any, client: AsyncWebClient) -> None:
        self.bodies.append(body)
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=REASON)

    async def reason(self, ack: Any, body: Any) -> None:
        self.bodies.append(body)
        why = body["view"]["state"]["values"]["why"]["why"]["value"]
        if len(why) < 5:
            await ack(response_action="errors", errors={"why": "say more"})
        else:
            await ack()

    async def closed(self, ack: Any, body: Any) -> None:
        self.bodies.append(body)
        await ack()

    async def group_changed(self, body: Any, request: AsyncBoltRequest) -> None:
        self.bodies.append(body)
        self.retries += request.headers.get("x-slack-retry-num", [])

    def connection(self, workspace: Workspace, ping_interval: float = 10) -> AsyncSocketModeHandler:
        """Prepare one Socket Mode connection, as the product does: inside the running loop."""
        web_client = AsyncWebClient(workspace.world.app.app_token, base_url=workspace.base_url)
        token = workspace.world.app.app_token
        return AsyncSocketModeHandler(self.app, token, web_client=web_client, ping_interval=ping_interval)

    async def connect(self, workspace: Workspace, ping_interval: float = 10) -> AsyncSocketModeHandler:
        """Open one Socket Mode connection."""
        opened = self.connection(workspace, ping_interval)
        await opened.connect_async()  # type: ignore[no-untyped-call]  # slack_bolt leaves it untyped
        return opened

    async def listen(self, request: web.Request) -> web.Response:
        """Take a signed request."""
        return await to_aiohttp_response(await self.app.async_dispatch(await to_bolt_request(request)))


async def close(connection: AsyncSocketModeHandler) -> None:
    """Close a connection for good, and let the last frames go out."""
    await connection.close_async()  # type: ignore[no-untyped-call]  # slack_bolt leaves it untyped
