"""conversations.*: what the app may know of channels and read in them."""

from decimal import Decimal, InvalidOperation

from bot.sandbox.slack.api.access import PREFIX, scoped
from bot.sandbox.slack.api.call import Call, Json
from bot.sandbox.slack.api.content import message_json
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.shapes import channel_json

KINDS = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}


def info(call: Call) -> Json:
    """conversations.info."""
    channel = scoped(call, "read")
    shown = channel_json(call.core.world, channel)
    if call.flag("include_num_members"):
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


def listing(call: Call) -> Json:
    """conversations.list: private conversations only where the app is a member."""
    world = call.core.world
    wanted = {KINDS.get(each.strip(), "") for each in (call.text("types") or "public_channel").split(",")}
    for kind in sorted(wanted & PREFIX.keys()):
        call.allow(f"{PREFIX[kind]}:read")
    found = [
        channel_json(world, channel)
        for channel in world.channels.values()
        if channel.kind in wanted
        and not (channel.private and world.app.bot_user not in channel.members)
        and not (channel.archived and call.flag("exclude_archived"))
    ]
    page, cursor = call.page(found)
    return {"channels": page, "response_metadata": {"next_cursor": cursor}}


def members(call: Call) -> Json:
    """conversations.members."""
    page, cursor = call.page(sorted(scoped(call, "read").members))
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def opening(call: Call) -> Json:
    """conversations.open: a direct conversation with one person."""
    world = call.core.world
    users = [each for each in call.text("users").split(",") if each]
    if not users:
        raise ApiError("users_list_not_supplied")
    if any(user not in world.users for user in users):
        raise ApiError("user_not_found")
    if len(users) > 1:
        raise ApiError("method_not_supported_for_channel_type")
    if world.users[users[0]].deleted:
        raise ApiError("user_disabled")
    known = any(channel.im_user == users[0] for channel in world.channels.values())
    channel = world.direct(users[0])
    shown = channel_json(world, channel) if call.flag("return_im") else {"id": channel.id}
    return {"channel": shown, **({"no_op": True, "already_open": True} if known else {})}


def history(call: Call) -> Json:
    """conversations.history: newest first, no replies, no ephemerals."""
    channel = _readable(call)
    found = [
        each
        for each in _between(call, channel)
        if not each.thread_ts or each.thread_ts == each.ts or each.broadcast
    ]
    return _page(call, found[::-1])


def replies(call: Call) -> Json:
    """conversations.replies: the parent, then its replies, oldest first."""
    channel = _readable(call)
    ts = call.need("ts")
    thread = [each for each in _between(call, channel) if ts in {each.ts, each.thread_ts}]
    if call.core.ledger.find(channel.id, ts) is None:
        raise ApiError("thread_not_found")
    return _page(call, thread)


def _readable(call: Call) -> Channel:
    channel = scoped(call, "history")
    if call.core.world.app.bot_user not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def _between(call: Call, channel: Channel) -> list[Message]:
    oldest, latest = _moment(call, "oldest"), _moment(call, "latest")
    ends = call.flag("inclusive")
    return [
        each
        for each in call.core.ledger.standing(channel.id)
        if not each.ephemeral
        and (oldest is None or Decimal(each.ts) > oldest or (ends and Decimal(each.ts) == oldest))
        and (latest is None or Decimal(each.ts) < latest or (ends and Decimal(each.ts) == latest))
    ]


def _moment(call: Call, name: str) -> Decimal | None:
    try:
        return Decimal(call.text(name)) if call.text(name) else None
    except InvalidOperation:
        raise ApiError(f"invalid_ts_{name}") from None


def _page(call: Call, found: list[Message]) -> Json:
    page, cursor = call.page(found, most=999)
    full = call.flag("include_all_metadata")
    shown = [message_json(call.core.world, each, with_metadata=full) for each in page]
    return {"messages": shown, "has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}
