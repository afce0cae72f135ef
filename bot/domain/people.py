"""Who someone is, and whether that someone may act here at all."""

import re
from datetime import datetime
from typing import Final

import msgspec

from bot.domain.findings import Refusal

TEAM: Final = re.compile(r"[TE][A-Z0-9]+")
USER: Final = re.compile(r"[UW][A-Z0-9]+")
ID_MAX: Final = 32


class Principal(msgspec.Struct, frozen=True, order=True):
    """
    One acting person: the team and the user that Slack names in ``body.user`` (never ``body.team``).

    Raises ``ValueError`` for ids that are not Slack's, at most 32 characters each.
    """

    team: str
    user: str

    def __post_init__(self) -> None:
        if not _is_id(TEAM, self.team):
            raise ValueError("a team id looks like T0123ABCD or E0123ABCD")
        if not _is_id(USER, self.user):
            raise ValueError("a user id looks like U0123ABCD or W0123ABCD")

    @property
    def key(self) -> str:
        """``team:user``, as policies and records write it."""
        return f"{self.team}:{self.user}"

    @classmethod
    def parse(cls, key: str) -> "Principal":
        """Read ``team:user``; raises ``ValueError`` for anything else."""
        team, _, user = key.partition(":")
        return cls(team, user)


def same_human(one: Principal, other: Principal) -> bool:
    """
    Whether two principals may be one human: the same user id, in whatever team.

    On an Enterprise Grid one person acts from several workspaces under one user id, so four-eyes compares
    the user. A chance collision of ids between workspaces costs a refusal, never a false second pair of eyes.
    """
    return one.user == other.user


class Frozen(msgspec.Struct, frozen=True):
    """An account that may do nothing until an operator lets it: since when, and which vote was disowned."""

    principal: Principal
    at: datetime
    request_id: str = ""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """
    What the identity provider says about someone right now: ``user`` of Slack's ``users.info``.

    ``teams`` are the workspaces of ``enterprise_user.teams``. A flag that was not in the answer is ``None``.
    """

    principal: Principal
    teams: frozenset[str] = frozenset()
    deleted: bool | None = None
    is_bot: bool | None = None
    is_app_user: bool | None = None
    is_restricted: bool | None = None
    is_ultra_restricted: bool | None = None
    is_stranger: bool | None = None
    is_invited_user: bool | None = None
    is_workflow_bot: bool | None = None
    is_connector_bot: bool | None = None


# Slack states these for every member of a workspace, so a missing one means that the answer is not understood.
STATED: Final = {
    "deleted": "this account is deactivated",
    "is_bot": "this is a bot, and only people act",
    "is_app_user": "this account belongs to an app, and only people act",
    "is_restricted": "this is a guest account",
    "is_ultra_restricted": "this is a single-channel guest account",
}
# Slack sends these only when true (user object reference: "or this field is not present"). Their absence says
# something only about members of our own teams, which is why the team is looked at first.
SENT_WHEN_TRUE: Final = {
    "is_stranger": "this person belongs to another workspace",
    "is_invited_user": "this person was invited but has not joined yet",
    "is_workflow_bot": "this is a workflow, and only people act",
    "is_connector_bot": "this is a connector, and only people act",
}
REMEDY: Final = "Ask a full member of the workspace to do it, or a workspace admin to correct the account."


def standing(person: Person, home_teams: frozenset[str]) -> Refusal | None:
    """
    Return why this person may not act here at all; ``None`` means: of good standing, and nothing more.

    What must hold, in this order: (1) the person's own team, or one of their Grid workspaces, is ours;
    (2) Slack said of each flag that every member has that it is false; (3) none of the rest is true. The
    caller MUST ask Slack for exactly the acting principal, and ask now, not from a cache.
    """
    if not ({person.principal.team} | person.teams) & home_teams:  # (1)
        return Refusal("person-foreign-team", "this person is not a member of this workspace", REMEDY)
    for flag, words in STATED.items():  # (2)
        if getattr(person, flag) is None:
            unclear = f"Slack did not say whether {words}"
            return Refusal(
                "person-unknown",
                unclear,
                "Try again; if it stays, ask a workspace admin to look at the account.",
            )
        if getattr(person, flag) is not False:
            return Refusal(f"person-{_code(flag)}", words, REMEDY)
    for flag, words in SENT_WHEN_TRUE.items():  # (3)
        if getattr(person, flag) not in (None, False):
            return Refusal(f"person-{_code(flag)}", words, REMEDY)
    return None


def _is_id(pattern: re.Pattern[str], text: str) -> bool:
    return len(text) <= ID_MAX and pattern.fullmatch(text) is not None


def _code(flag: str) -> str:
    return flag.removeprefix("is_").replace("_", "-")
