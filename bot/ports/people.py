"""Who people are, and chance: both asked, never assumed."""

from typing import Protocol

from bot.domain.people import Person, Principal
from bot.domain.queries import Unavailable


class Directory(Protocol):
    """Who people are, asked live. Whatever cannot be answered is ``Unavailable``, which means no."""

    async def person(self, principal: Principal) -> Person | Unavailable:
        """Return what the identity provider says of a person now."""

    async def members(self, usergroup: str) -> frozenset[Principal] | Unavailable:
        """Return who is in a Slack user group now."""


class Entropy(Protocol):
    """Randomness, passed in."""

    def request_id(self) -> str:
        """Return a fresh id like ``FB-7K3Q``: short enough to type, never proof of anything."""

    def incident_id(self) -> str:
        """Return a fresh id like ``IN-7K3Q``."""

    def salt(self) -> bytes:
        """Return 16 random bytes for a disclosure."""

    def operation_id(self) -> str:
        """Return a UUID that an outside system joins to its own logs."""
