"""Rows of alerts: what was told, the groups that they belong to, and the heads of posts that did not fit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.alerts import Alert
from bot.domain.alerts.grouping import Group
from bot.domain.alerts.hearing import Heard
from bot.domain.alerts.occurrence import Known
from bot.domain.alerts.posts import Misfit


class Alerts(Protocol):
    """Rows of alerts and of their groups. Lock order: the turn, groups, alerts, the audit head."""

    async def turn(self) -> None:
        """Wait until no other transaction counts alerts, and keep others waiting until this one ends."""

    async def newest(self, key: str) -> Group | None:
        """Return the newest group of a key, locked until the transaction ends."""

    async def group(self, group_id: str, *, lock: bool = False) -> Group | None:
        """Return a group by its id; ``lock`` holds its row until the transaction ends."""

    async def add_group(self, group: Group, before: str = "") -> None:
        """Insert as the newest of its key, after the one that was: ``before`` is that one's id. Take the turn first."""

    async def put_group(self, group: Group) -> None:
        """Save."""

    async def known(self, ids: Iterable[str]) -> Mapping[str, Known]:
        """Return what is known of these alerts."""

    async def put(self, told: Sequence[Known]) -> None:
        """Insert or save alerts that told something now."""

    async def put_times(self, heard: Sequence[Known]) -> None:
        """Save only when was said what of alerts that told nothing new."""

    async def recent(self, since: datetime, limit: int) -> tuple[Group, ...]:
        """
        Return the groups that were told of since then, the latest first.

        Where they are more than ``limit`` sources share it: of each its latest, and none is left out for another's many.
        """

    async def by_source(self, since: datetime) -> Mapping[str, int]:
        """Return how many groups each source told of since then."""

    async def sources(self, rule: str, since: datetime, limit: int) -> tuple[str, ...]:
        """Return the sources that told of a rule of this name since then, sorted."""

    async def told_by(
        self, told_by: tuple[str, str], since: datetime, limit: int, *, after: str = ""
    ) -> tuple[Group, ...]:
        """Return the groups of a source's rule, told of since then or the newest of their keys, by id, after this one."""

    async def of(self, group_id: str, limit: int, *, firing: bool = False) -> tuple[Alert, ...]:
        """Return a group's alerts, the latest first; ``firing``: only those that are not over."""


class Hearing(Protocol):
    """When each source was last heard. Each call is a transaction of its own."""

    async def begin(self, sources: Iterable[str]) -> Mapping[str, Heard]:
        """Return what is known of these sources; one that is new is known from now on."""

    async def heard(self, at: Mapping[str, datetime]) -> None:
        """Keep when sources were last heard; an earlier time than the one that is known changes nothing."""

    async def all(self) -> Mapping[str, Heard]:
        """Return what is known of every source that ever was in the settings."""


class Misfits(Protocol):
    """What did not fit, of each source the newest. Each call is a transaction of its own."""

    async def put(self, misfit: Misfit) -> None:
        """Keep one; the oldest of its source goes when there are many."""

    async def recent(self, limit: int) -> tuple[Misfit, ...]:
        """Return the newest, of whatever source."""
