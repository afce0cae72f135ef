"""The workspace's people and places, changeable while the app runs."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bot.sandbox.slack.people import App, Channel, Group, User


class World:
    """One workspace: who is in it, which groups and channels it has. Unknown ids raise `KeyError`."""

    def __init__(self, team: str = "T0HOST", domain: str = "sandbox", app: App | None = None) -> None:
        self.team = team
        self.domain = domain
        self.app = app or App()
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}
        self.channels: dict[str, Channel] = {}
        self.plan_has_groups = True
        self.add_user(User(self.app.bot_user, self.app.name, self.app.name, is_bot=True))

    def add_user(self, user: User) -> User:
        """Add or replace a user; without a team they are at home here."""
        self.users[user.id] = user if user.team else replace(user, team=self.team)
        return self.users[user.id]

    def add_group(self, group: Group) -> Group:
        """Add or replace a user group."""
        self.groups[group.id] = group
        return group

    def add_channel(self, channel: Channel, *, with_app: bool = True) -> Channel:
        """Add or replace a channel; the app is a member unless said otherwise."""
        app = {self.app.bot_user} if with_app else set()
        self.channels[channel.id] = replace(channel, members=channel.members | app)
        return self.channels[channel.id]

    def change_user(self, user: str, **flags: Any) -> User:
        """Change flags of a user, e.g. `deleted=True`."""
        return self.add_user(replace(self.users[user], **flags))

    def deactivate(self, user: str) -> User:
        """Deactivate an account."""
        return self.change_user(user, deleted=True)

    def set_group(self, group: str, users: Iterable[str], *, disabled: bool = False) -> Group:
        """Replace the members of a group, or disable it."""
        return self.add_group(replace(self.groups[group], users=tuple(users), disabled=disabled))

    def change_channel(self, channel: str, **flags: Any) -> Channel:
        """Change flags of a channel, e.g. `archived=True`."""
        self.channels[channel] = replace(self.channels[channel], **flags)
        return self.channels[channel]

    def share(self, channel: str, team: str) -> Channel:
        """Share a channel with another organisation (Slack Connect)."""
        teams = (*self.channels[channel].connected_teams, team)
        return self.change_channel(channel, ext_shared=True, connected_teams=teams)

    def join(self, channel: str, *users: str) -> Channel:
        """Make users members."""
        return self.change_channel(channel, members=self.channels[channel].members | set(users))

    def leave(self, channel: str, *users: str) -> Channel:
        """Take users out."""
        return self.change_channel(channel, members=self.channels[channel].members - set(users))

    def direct(self, user: str) -> Channel:
        """Find the app's direct conversation with a user, or open it."""
        for channel in self.channels.values():
            if channel.im_user == user:
                return channel
        members = frozenset({user, self.app.bot_user})
        return self.add_channel(Channel(f"D0{user}", "", members, kind="im", im_user=user))
