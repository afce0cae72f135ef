"""
Checkpoints in a Slack channel: readable by everybody in it, beyond the reach of whoever holds our database.

Any app of the workspace can write such metadata, so only messages of our own user are looked at; what they say is
believed for its signature alone.
"""

from typing import Any, Final

from bot.adapters.slack.card.rich import code, line, rich, say
from bot.adapters.slack.client import Slack
from bot.adapters.slack.installation import Installation
from bot.domain.errors import UnknownOutcomeError

EVENT: Final = "firebreak_checkpoint"
PAGES: Final = 25
PER_PAGE: Final = 200


class SlackAnchor:
    """``ports.Anchor`` over one channel, of which the bot is a member."""

    def __init__(self, slack: Slack, installation: Installation, channel: str) -> None:
        self._slack, self._installation, self._channel = slack, installation, channel

    @property
    def place(self) -> str:
        """``slack:`` and the channel's id."""
        return f"slack:{self._channel}"

    async def keep(self, size: int, note: str) -> str:
        """Post a message; one that is posted twice does no harm. Raises the errors of ``client``."""
        told = f"Checkpoint of the audit log: {size} records"
        answer = await self._slack.post(
            "chat.postMessage",
            channel=self._channel,
            text=told,
            blocks=[rich(line(say(told)), code(note))],
            metadata={"event_type": EVENT, "event_payload": {"size": size, "note": note}},
            unfurl_links=False,
            unfurl_media=False,
        )
        ts = answer.get("ts")
        if not isinstance(ts, str) or not ts:
            raise UnknownOutcomeError("odd_answer", "chat.postMessage: no ts")
        return f"{self._channel}/{ts}"

    async def newest(self) -> str:
        """Return the note of our newest such message. Raises the errors of ``client``."""
        home = await self._home()
        cursor: str | None = None
        for _ in range(PAGES):
            page = await self._slack.read(
                "conversations.history",
                channel=self._channel,
                include_all_metadata=True,
                limit=PER_PAGE,
                cursor=cursor,
            )
            for message in page.get("messages") or ():
                note = _note(message, home)
                if note:
                    return note
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return ""
        text = f"no checkpoint in its newest {PAGES * PER_PAGE} messages: give the anchors a channel of their own"
        raise UnknownOutcomeError(
            "buried", text
        )  # whoever may post could bury them, and an empty place is believed

    async def _home(self) -> str:
        if not self._installation.teams:
            await self._installation.learn()
        return self._installation.home.bot_user


def _note(message: Any, bot_user: str) -> str:
    """History comes newest first (docs.slack.dev/reference/methods/conversations.history)."""
    if not isinstance(message, dict) or message.get("user") != bot_user:
        return ""
    marks = message.get("metadata") or {}
    payload = marks.get("event_payload") or {} if isinstance(marks, dict) else {}
    if not isinstance(payload, dict) or marks.get("event_type") != EVENT:
        return ""
    note = payload.get("note")
    return note if isinstance(note, str) else ""
