"""
Who people are, who is in a user group, and which channels may be used: asked live, each time.

There is no cache: a decision never rests on an old answer, and mentions need no answer at all.
Fields are those of users.info, usergroups.users.list and conversations.info (docs.slack.dev/reference/methods).
"""

from collections.abc import Mapping
from typing import Any, Final

from bot.adapters.slack.client import Slack
from bot.adapters.slack.installation import Installation
from bot.domain.errors import DeniedError, OutsideError
from bot.domain.findings import Refusal
from bot.domain.people import ID_MAX, USER, Person, Principal
from bot.domain.queries import Unavailable

FLAGS: Final = (
    "deleted",
    "is_bot",
    "is_app_user",
    "is_restricted",
    "is_ultra_restricted",
    "is_stranger",
    "is_invited_user",
    "is_workflow_bot",
    "is_connector_bot",
)
DIRECT: Final = "D"  # ids of direct conversations, which are never shared with a third party


class SlackDirectory:
    """``ports.Directory`` by Slack, and the guard of channels."""

    def __init__(self, slack: Slack, installation: Installation) -> None:
        self._slack, self._installation = slack, installation

    async def person(self, principal: Principal) -> Person | Unavailable:
        """Return what Slack says of a person now; ``Unavailable`` for an answer about anybody else."""
        return await self.of_user(principal.user)

    async def of_user(self, user: str) -> Person | Unavailable:
        """Return what Slack says of a user id now, with the team that is that person's home."""
        if not _is_user(user):
            return Unavailable("that is no user id")
        try:
            answer = await self._slack.read("users.info", user=user)
        except OutsideError as error:
            return Unavailable(f"Slack: {error.code}")
        shown = answer.get("user")
        if not isinstance(shown, dict) or shown.get("id") != user:
            return Unavailable("Slack answered about somebody else")
        return _person(shown)

    async def members(self, usergroup: str) -> frozenset[Principal] | Unavailable:
        """Return who is in a user group of our workspace now; a disabled group is ``Unavailable``."""
        try:
            team = self._installation.home.team
            answer = await self._slack.read("usergroups.users.list", usergroup=usergroup)
        except OutsideError as error:
            return Unavailable(f"Slack: {error.code}")
        users = answer.get("users")
        if not isinstance(users, list) or not all(isinstance(u, str) and _is_user(u) for u in users):
            return Unavailable("Slack's answer could not be understood")
        return frozenset(Principal(team, user) for user in users)

    async def channel(self, channel: str) -> Refusal | None:
        """
        Return why this channel must not be used; ``None`` means that only our own people can be in it.

        Raises ``UnknownOutcomeError`` or ``ThrottledError`` when Slack does not answer: then do nothing.
        """
        if channel.startswith(DIRECT):
            return None
        try:
            shown = (await self._slack.read("conversations.info", channel=channel)).get("channel")
        except DeniedError as error:
            text = f"Slack does not show this channel to the bot ({error.code})."
            return Refusal("channel-unseen", text, "Invite the bot to it, or write to the bot directly.")
        return _unfit(shown if isinstance(shown, dict) else {})


def _unfit(shown: Mapping[str, Any]) -> Refusal | None:
    """Both flags of sharing must be there and false: an answer without them is not understood."""
    if any(shown.get(flag) is not False for flag in ("is_ext_shared", "is_pending_ext_shared")):
        text = "This channel is, or is about to be, shared with another organisation."
        return Refusal("channel-shared", text, "Use a channel of this workspace alone.")
    if shown.get("is_archived") is not False:
        return Refusal("channel-archived", "This channel is archived.", "Use one that is not.")
    return None


def _person(shown: Mapping[str, Any]) -> Person | Unavailable:
    grid = shown.get("enterprise_user")
    teams = grid.get("teams") if isinstance(grid, dict) else None
    flags = {flag: shown[flag] if isinstance(shown.get(flag), bool) else None for flag in FLAGS}
    if any(flag in shown and flags[flag] is None for flag in FLAGS):
        return Unavailable("Slack's answer could not be understood")
    try:
        principal = Principal(str(shown.get("team_id", "")), str(shown["id"]))
    except ValueError:
        return Unavailable("Slack did not say where this person is at home")
    known = frozenset(str(team) for team in teams) if isinstance(teams, list) else frozenset()
    return Person(principal=principal, teams=known, **flags)


def _is_user(text: str) -> bool:
    return len(text) <= ID_MAX and USER.fullmatch(text) is not None
