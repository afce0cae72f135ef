"""The payloads of commands and interactions, with the ids where the real ones have them.

In a channel shared with another organisation `team` is the host, and only `user.team_id` tells where the person is at
home (slackapi/java-slack-sdk issue 1041); a slash command has no field at all that would tell.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.api.content import message_json
from bot.sandbox.slack.messages import Blocks, Message
from bot.sandbox.slack.people import Channel, User
from bot.sandbox.slack.views import View
from bot.sandbox.slack.world import World

Json = dict[str, Any]
VERIFICATION = "deprecated-verification"
NO_CHANNEL_NAME = {"im": "directmessage", "group": "privategroup", "mpim": "mpdm"}


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts, and the short-lived rights that the app gets with it."""

    user: User
    trigger_id: str
    response_url: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """Something on a message that can be pressed, in its block."""

    block_id: str
    element: Mapping[str, Any]

    @property
    def action_id(self) -> str:
        """The element's action_id."""
        return str(self.element.get("action_id", ""))


def controls(blocks: Blocks | list[Mapping[str, Any]]) -> Iterator[Control]:
    """Find what can be pressed, in the order in which it is shown."""
    for block in blocks:
        name = str(block.get("block_id", ""))
        if block.get("type") in {"actions", "context_actions"}:
            yield from (Control(name, element) for element in block["elements"])
        if isinstance(block.get("accessory"), Mapping) and block["accessory"].get("type") != "image":
            yield Control(name, block["accessory"])
        if block.get("type") == "input" and block.get("dispatch_action"):
            yield Control(name, block["element"])
        yield from controls(block.get("child_blocks", []))


def message_controls(message: Message) -> Iterator[Control]:
    """Find what can be pressed on a message, attachments included."""
    yield from controls(message.blocks)
    for attachment in message.content.attachments:
        yield from controls(attachment.get("blocks", []))


def slash(world: World, act: Act, channel: Channel, line: str) -> Json:
    """Make the fields of a slash command; Slack strips the text after the command."""
    command, _, text = line.partition(" ")
    return {
        "token": VERIFICATION,
        "team_id": world.team,
        "team_domain": world.domain,
        "channel_id": channel.id,
        "channel_name": NO_CHANNEL_NAME.get(channel.kind, channel.name),
        "user_id": act.user.id,
        "user_name": act.user.name,
        "command": command,
        "text": text.strip(),
        "api_app_id": world.app.id,
        "is_enterprise_install": "false",
        "response_url": act.response_url,
        "trigger_id": act.trigger_id,
    }


def block_actions(world: World, act: Act, channel: Channel, message: Message, action: Json) -> Json:
    """Make the payload of a click on a message; an ephemeral is not shown in it."""
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.ephemeral,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    made = _interaction(world, act, "block_actions") | {
        "container": container,
        "channel": {"id": channel.id, "name": NO_CHANNEL_NAME.get(channel.kind, channel.name)},
        "state": {"values": {}},
        "response_url": act.response_url,
        "actions": [action],
    }
    return made if message.ephemeral else made | {"message": message_json(world, message)}


def view_action(
    world: World, act: Act, view: View, action: Json, values: Mapping[str, Any] | None = None
) -> Json:
    """Make the payload of a click inside a modal; `values` is what stands in it."""
    shown = view.shown(world.team, world.app, values)
    container = {"type": "view", "view_id": view.id}
    return _interaction(world, act, "block_actions") | {
        "container": container,
        "view": shown,
        "actions": [action],
    }


def global_shortcut(world: World, act: Act, callback_id: str) -> Json:
    """Make the payload of a shortcut chosen from the menu of the client: it has no channel and no response_url."""
    return _interaction(world, act, "shortcut") | {"callback_id": callback_id, "action_ts": "0.0"}


def message_shortcut(world: World, act: Act, channel: Channel, message: Message, callback_id: str) -> Json:
    """Make the payload of a shortcut chosen on a message, which it quotes."""
    return _interaction(world, act, "message_action") | {
        "callback_id": callback_id,
        "action_ts": "0.0",
        "message_ts": message.ts,
        "channel": {"id": channel.id, "name": NO_CHANNEL_NAME.get(channel.kind, channel.name)},
        "message": message_json(world, message),
        "response_url": act.response_url,
    }


def block_suggestion(world: World, act: Act, view: View, control: Control, typed: str) -> Json:
    """Make the payload of a search in an external menu of a modal; it has no trigger."""
    made = _interaction(world, act, "block_suggestion")
    del made["trigger_id"]
    return made | {
        "container": {"type": "view", "view_id": view.id},
        "view": view.shown(world.team, world.app),
        "action_id": control.action_id,
        "block_id": control.block_id,
        "value": typed,
    }


def view_submission(world: World, act: Act, view: View, values: Mapping[str, Any]) -> Json:
    """Make the payload of a submitted modal."""
    shown = view.shown(world.team, world.app, values)
    return _interaction(world, act, "view_submission") | {"view": shown, "response_urls": []}


def view_closed(world: World, act: Act, view: View, *, is_cleared: bool) -> Json:
    """Make the payload of a closed modal; it has no trigger."""
    made = _interaction(world, act, "view_closed")
    del made["trigger_id"]
    return made | {"view": view.shown(world.team, world.app), "is_cleared": is_cleared}


def pressed(control: Control, value: str | None, action_ts: str) -> Json:
    """Make the `actions[]` entry of a pressed button or a chosen option."""
    element = control.element
    made: Json = {
        "type": element.get("type", "button"),
        "action_id": control.action_id,
        "block_id": control.block_id,
    }
    made["action_ts"] = action_ts
    if "options" in element:
        chosen = [each for each in element["options"] if each.get("value") == value]
        return made | {"selected_option": chosen[0] if chosen else {"value": value}}
    if "text" in element:
        made["text"] = element["text"]
    given = element.get("value") if value is None else value
    return made | ({} if given is None else {"value": given})


def event_callback(world: World, event: Json, event_id: str, event_time: int) -> Json:
    """Wrap an event as the Events API delivers it."""
    channel = world.channels.get(str(event.get("channel", "")))
    return {
        "token": VERIFICATION,
        "team_id": world.team,
        "context_team_id": world.team,
        "api_app_id": world.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": event_time,
        "authorizations": [{"team_id": world.team, "user_id": world.app.bot_user, "is_bot": True}],
        "is_ext_shared_channel": bool(channel and channel.ext_shared),
    }


def _interaction(world: World, act: Act, kind: str) -> Json:
    user = act.user
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team},
        "team": {"id": world.team, "domain": world.domain},
        "enterprise": None,
        "is_enterprise_install": False,
        "api_app_id": world.app.id,
        "token": VERIFICATION,
        "trigger_id": act.trigger_id,
    }
