"""Rows of what is suggested for groups of alerts, what was seen of each, and of rules that are muted."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Protocol

from bot.domain.suggestions import Look, Mute, Suggestion


class Suggestions(Protocol):
    """
    Rows of suggestions, looks and mutes.

    Lock order: after requests and groups of alerts; the look before its suggestions and before notes about it.
    """

    async def look(self, group_id: str, *, lock: bool = False) -> Look | None:
        """Return what was seen of a group; ``lock`` holds its row until the transaction ends."""

    async def hold(self, group_id: str) -> Look:
        """Return a group's row, made where there is none, locked until the transaction ends."""

    async def put_look(self, look: Look) -> None:
        """Insert or save."""

    async def claim(self, lease: timedelta) -> Look | None:
        """
        Take one that is due, by fence: nobody else is given it before the lease ends.

        Sources of alerts take turns: of so many that have one due, each is served within so many takings.
        """

    async def of(self, group_id: str) -> tuple[Suggestion, ...]:
        """Return a group's suggestions, by id."""

    async def get(self, suggestion_id: str, *, lock: bool = False) -> Suggestion | None:
        """Return one; ``lock`` holds its row until the transaction ends. Lock the look first."""

    async def put(self, suggestion: Suggestion) -> None:
        """Insert or save."""

    async def mute(self, mute: Mute) -> None:
        """Insert, or save in the place of the one of that rule of that source."""

    async def muted(self, told_by: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Mute]:
        """Return which of these are muted now, each a source and a rule."""

    async def mutes(self) -> tuple[Mute, ...]:
        """Return all that are in force now, the one that ends first before the others."""

    async def muters(self, rule: str) -> tuple[Mute, ...]:
        """Return those of rules of this name, of whatever source, in force or ended, by source, locked."""

    async def unmute(self, told_by: tuple[str, str]) -> None:
        """Remove one, in force or ended."""

    async def ended(self, limit: int) -> tuple[Mute, ...]:
        """Return mutes whose time is over and that are not removed yet, locked; others' are passed over."""
