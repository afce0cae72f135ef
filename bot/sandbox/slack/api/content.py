"""What a message may say, and how the Web API shows it."""

import json
from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack.api.call import Call, Json
from bot.sandbox.slack.blockkit import Problem, message_problems
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.messages import Blocks, Content, Message
from bot.sandbox.slack.world import World

TEXT = 40_000
MARKDOWN = 12_000
ATTACHMENTS = 100
METADATA_BYTES = 8_000  # the real limit is not published; ours keeps an app from leaning on there being none


def read_content(call: Call) -> Content:
    """Read and check text, blocks, attachments and metadata; raises `ApiError` as chat.postMessage does."""
    text = _text(call)
    blocks = read_blocks(call.json("blocks", "invalid_blocks_format"))
    attachments = _attachments(call.json("attachments", "invalid_attachments"))
    if not (text or blocks or attachments):
        raise ApiError("no_text")
    return Content(text[:TEXT], blocks, attachments, _metadata(call))


def read_blocks(value: Any, pointer: str = "/blocks") -> Blocks:
    """Check blocks; raises `ApiError("invalid_blocks")` with Slack's two lists of messages."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ApiError("invalid_blocks_format")
    if problems := message_problems(value, pointer):
        raise invalid_blocks(problems)
    return tuple(value)


def invalid_blocks(problems: tuple[Problem, ...]) -> ApiError:
    """Make the refusal that names each problem with its JSON pointer."""
    said = [str(problem) for problem in problems]
    return ApiError(
        "invalid_blocks", errors=said, response_metadata={"messages": [f"[ERROR] {each}" for each in said]}
    )


def message_json(world: World, message: Message, *, with_metadata: bool = True) -> Json:
    """Show a message as the Web API and block_actions do."""
    shown: Json = {"type": "message", "user": message.author, "ts": message.ts, "text": message.text}
    shown["team"] = world.users[message.author].team if message.author in world.users else world.team
    if message.author == world.app.bot_user:
        shown |= {"bot_id": world.app.bot_id, "app_id": world.app.id}
        shown["bot_profile"] = {"id": world.app.bot_id, "app_id": world.app.id, "name": world.app.name}
    if message.blocks:
        shown["blocks"] = list(message.blocks)
    if message.content.attachments:
        shown["attachments"] = list(message.content.attachments)
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    if message.edited:
        shown["edited"] = {"user": message.author, "ts": message.edited}
    if with_metadata and message.metadata:
        shown["metadata"] = dict(message.metadata)
    return shown


def _text(call: Call) -> str:
    markdown = call.text("markdown_text")
    if markdown and (call.args.get("text") or call.args.get("blocks")):
        raise ApiError("markdown_text_conflict")
    if len(markdown) > MARKDOWN:
        raise ApiError("msg_too_long")
    return markdown or call.text("text")


def _attachments(value: Any) -> Blocks:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise ApiError("invalid_attachments")
    if len(value) > ATTACHMENTS:
        raise ApiError("too_many_attachments")
    for index, each in enumerate(value):
        read_blocks(each.get("blocks"), f"/attachments/{index}/blocks")
    return tuple(value)


def _metadata(call: Call) -> Mapping[str, Any] | None:
    value = call.json("metadata", "invalid_metadata_format")
    if value is None or value == {}:
        return value  # type: ignore[no-any-return]  # None or the empty object, which clears on update
    shaped = isinstance(value, Mapping) and set(value) <= {"event_type", "event_payload", "entities"}
    if (
        not shaped
        or not isinstance(value.get("event_type"), str)
        or not isinstance(value.get("event_payload"), Mapping)
    ):
        raise ApiError("invalid_metadata_format")
    if len(json.dumps(value).encode()) > METADATA_BYTES:
        raise ApiError("metadata_too_large")
    return dict(value)
