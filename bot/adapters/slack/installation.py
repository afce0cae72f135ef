"""
Whose token ours is: the one workspace that everything here is about.

Slack may be away when the program starts. Until it has said, nothing that comes in is taken, nobody is a member of
anything, and what must be said waits.
"""

import asyncio
import logging
from typing import Any, Final

import msgspec

from bot.adapters.slack.client import Slack, Sleep
from bot.domain.errors import DeniedError, OutsideError, UnknownOutcomeError
from bot.domain.people import Principal
from bot.engine.resting import first_of

log = logging.getLogger("firebreak.slack.installation")

LONGEST_BACKOFF: Final = 60.0  # seconds


class Home(msgspec.Struct, frozen=True):
    """The installed workspace, our bot user in it, and our app's id where Slack told it."""

    team: str
    bot_user: str
    app_id: str = ""


class Installation:
    """What Slack said of our own token. ``known`` is for those who know already."""

    def __init__(self, slack: Slack, known: Home | None = None) -> None:
        self._slack, self._home = slack, known

    @property
    def home(self) -> Home:
        """The workspace. Raises ``UnknownOutcomeError`` until Slack has said."""
        if self._home is None:
            raise UnknownOutcomeError("not_known_yet", "Slack has not said yet whose token this is")
        return self._home

    @property
    def teams(self) -> frozenset[str]:
        """The workspace, or nothing until Slack has said."""
        return frozenset() if self._home is None else frozenset({self._home.team})

    async def learn(self) -> Home:
        """
        Ask Slack once, by auth.test.

        Raises ``DeniedError`` for a token that Slack refuses, or that does not belong to exactly one workspace;
        ``UnknownOutcomeError`` or ``ThrottledError`` when Slack does not answer.
        """
        answer = await self._slack.read("auth.test")
        try:
            me = Principal(str(answer.get("team_id", "")), str(answer.get("user_id", "")))
        except ValueError:
            raise DeniedError("not_one_team", "auth.test names no workspace") from None
        if answer.get("is_enterprise_install"):
            raise DeniedError(
                "not_one_team", "the bot token belongs to an organisation, not to one workspace"
            )
        self._home = Home(me.team, me.user, await self._app_id(answer.get("bot_id")))
        return self._home

    async def hold(self, stop: asyncio.Event, sleep: Sleep = asyncio.sleep) -> None:
        """Ask until Slack has said, or ``stop`` is set. A refused token may be replaced, so it is asked again too."""
        wait = 1.0
        while self._home is None and not stop.is_set():
            try:
                await self.learn()
            except OutsideError as error:
                log.warning("slack_workspace_unknown", extra={"code": error.code})
                await first_of(stop.wait(), sleep(wait))
                wait = min(LONGEST_BACKOFF, wait * 2)

    async def _app_id(self, bot: Any) -> str:
        """bots.info names the app; without that right the token and the signature alone bind payloads to it."""
        try:
            found = (await self._slack.read("bots.info", bot=str(bot))).get("bot")
        except DeniedError:
            return ""
        app = found.get("app_id") if isinstance(found, dict) else None
        return app if isinstance(app, str) else ""
