"""Channels of incidents: made, their opener invited; and what is said where an incident is talked about."""

from typing import Any, Final

from bot.adapters.slack.conversations import conversation_with
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.posting import SKEW, Poster
from bot.adapters.slack.spoken import spoken
from bot.adapters.slack.text import escape
from bot.domain.errors import DeniedError
from bot.domain.people import Principal
from bot.engine.incidents import roomed
from bot.ports import Note, OutboxRow

PAGES: Final = 20


async def make_room(desk: Desk, note: Note) -> None:
    """
    Make an incident's own private channel and invite who opened it.

    What Slack refuses is recorded and told to them: the incident is open all the same. Raises the other errors of
    ``client``; one that was made by an earlier attempt is found by its name, which is the incident's id.
    """
    incident_id = note.document
    try:
        to = Principal.parse(note.to)
    except ValueError as error:
        raise DeniedError("odd_note", "a channel for nobody") from error
    direct = await conversation_with(desk, to)
    try:
        room = await _made(desk, incident_id.lower())
        await _invited(desk, room, to.user)
    except DeniedError as error:
        text = f"{incident_id} is open, but its own channel could not be made: {error.code}."
        remedy = "Ask an admin to give the app the scope groups:write, or make the channel yourself and invite the bot."
        if await roomed(desk.context, incident_id, "", error.code):
            await desk.slack.post("chat.postMessage", channel=direct, text=escape(f"{text} {remedy}"))
        return
    if await roomed(desk.context, incident_id, room):
        text = f"{incident_id} has its own channel: what is asked for there belongs to it."
        await desk.slack.post("chat.postMessage", channel=direct, text=f"{escape(text)} <#{room}>")


async def _made(desk: Desk, name: str) -> str:
    try:
        made: Any = (await desk.slack.post("conversations.create", name=name, is_private=True)).get("channel")
    except DeniedError as error:
        if error.code != "name_taken":
            raise
        made = await _found(desk, name)
    found = made.get("id") if isinstance(made, dict) else None
    if not isinstance(found, str) or not found:
        raise DeniedError("name_taken", "a channel of that name is there, and it is not ours")
    return found


async def _found(desk: Desk, name: str) -> Any:
    """Return the private channel of this name that we made ourselves."""
    cursor: str | None = None
    for _ in range(PAGES):
        page = await desk.slack.read(
            "conversations.list", types="private_channel", limit=200, cursor=cursor, exclude_archived=True
        )
        for one in page.get("channels") or ():
            if one.get("name") == name and one.get("creator") == desk.installation.home.bot_user:
                return one
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
        if cursor is None:
            break
    return None


async def _invited(desk: Desk, room: str, user: str) -> None:
    try:
        await desk.slack.post("conversations.invite", channel=room, users=user)
    except DeniedError as error:
        if error.code != "already_in_channel":
            raise


async def say(desk: Desk, poster: Poster, row: OutboxRow, *, search: bool) -> None:
    """Say something as a message of its own: where an incident is talked about, or in the channel ``to``."""
    note = row.note
    channel = note.to
    if note.document:
        async with desk.context.store.begin() as tx:
            incident = await tx.incidents.get(note.document)
        channel = incident.home if incident else ""
    refusal = await desk.directory.channel(channel) if channel else None
    if refusal is not None or not channel:
        raise DeniedError(
            refusal.code if refusal else "no_channel", refusal.text if refusal else "no channel"
        )
    since = (row.created_at - SKEW).timestamp()
    await poster.alone(channel, row.id, spoken(note.text), since=since, search=search)
