"""Who and what is in a workspace: people, groups, channels, and the app itself. All frozen; the world replaces them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class User:
    """A person or bot, with every flag of users.info that decides about authority. `team` is their home workspace."""

    id: str
    name: str
    real_name: str = ""
    email: str = ""
    team: str = ""
    deleted: bool = False
    is_bot: bool = False
    is_app_user: bool = False
    is_admin: bool = False
    is_owner: bool = False
    is_primary_owner: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_invited_user: bool = False
    is_workflow_bot: bool = False
    is_connector_bot: bool = False
    is_email_confirmed: bool = True
    has_2fa: bool = True
    enterprise_user: Mapping[str, Any] | None = None
    visible: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """A Slack user group (`S...`)."""

    id: str
    handle: str
    users: tuple[str, ...] = ()
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Channel:
    """A conversation; `kind` is channel (public), group (private), or im (`im_user` is the other end)."""

    id: str
    name: str
    members: frozenset[str] = field(default_factory=frozenset)
    kind: str = "channel"
    archived: bool = False
    ext_shared: bool = False
    pending_ext_shared: bool = False
    org_shared: bool = False
    connected_teams: tuple[str, ...] = ()
    im_user: str = ""
    creator: str = ""

    @property
    def private(self) -> bool:
        """Whether only members may know of it."""
        return self.kind != "channel"


def _unreal(*words: str) -> str:
    """Make a credential that no scanner and no reader takes for a real one."""
    return "-".join((words[0], "sandbox", *words[1:]))


LEAST_SCOPES = frozenset(
    (
        "chat:write",
        "commands",
        "users:read",
        "usergroups:read",
        "channels:read",
        "groups:read",
        "groups:write",
        "im:write",
        "channels:history",
        "groups:history",
        "im:history",
        "files:write",
    )
)


@dataclass(frozen=True, slots=True)
class App:
    """The installed app: its ids, and its credentials, which never look real and never show in a repr."""

    id: str = "A0SANDBOX"
    bot_user: str = "U0FIREBREAK"
    bot_id: str = "B0FIREBREAK"
    name: str = "firebreak"
    command: str = "/ir"
    shortcuts: tuple[str, ...] = ("ir_contain", "ir_contain_this")
    scopes: frozenset[str] = LEAST_SCOPES
    bot_token: str = field(default=_unreal("xoxb", "bot"), repr=False)
    app_token: str = field(default=_unreal("xapp", "app"), repr=False)
    signing_secret: str = field(default=_unreal("signing", "secret"), repr=False)
