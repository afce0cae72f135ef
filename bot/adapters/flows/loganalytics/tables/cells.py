"""Single values of a row, read strictly: what is of another kind than documented makes a row unreadable, never a guess."""

import ipaddress
from collections.abc import Hashable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec

from bot.domain.flows.flow import LONGEST, Being, Endpoint, Observer, Policy

_REMEMBERED: Final = 50_000


class Reading:
    """
    What the rows of one answer are read with. Equal ends become one object, which merging is fast by.

    ``source`` is the source's name.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._ends: dict[Endpoint, Endpoint] = {}
        self._observers: dict[tuple[str, str], Observer] = {}
        self._known: set[Hashable] = set()

    def address(
        self, address: object, *, names: tuple[str, ...] = (), being: Being = Being.UNKNOWN
    ) -> Endpoint:
        """Return the end with an address, in its one spelling; of what is no address nothing is kept."""
        return self.end(Endpoint(address=spelled(address), names=names, being=being))

    def end(self, one: Endpoint) -> Endpoint:
        """Return an end as one object."""
        if len(self._ends) >= _REMEMBERED:
            self._ends.clear()
        return self._ends.setdefault(one, one)

    def observer(self, node: str, point: str) -> Observer:
        """Return where it was seen, as one object."""
        found = self._observers.get((node, point))
        if found is None:
            found = self._observers[node, point] = Observer(self.source, node, point)
        return found

    def first(self, key: Hashable) -> bool:
        """Whether this is the first time that somebody asks for it."""
        if key in self._known:
            return False
        self._known.add(key)
        return True

    @staticmethod
    def time(cell: object) -> datetime:
        """Return a time, UTC. Raises ``ValueError`` or ``TypeError``."""
        if not isinstance(cell, str):
            raise TypeError("a time is a text")
        found = datetime.fromisoformat(cell)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)

    @staticmethod
    def number(cell: object) -> int:
        """Return a whole number that is not negative, 0 where there is none. Raises ``ValueError`` or ``TypeError``."""
        if cell is None or cell == "":
            return 0
        if isinstance(cell, bool) or not isinstance(cell, int | float | str):
            raise TypeError("a number was something else")
        found = int(cell)
        if found < 0:
            raise ValueError("a negative number")
        return found

    def port(self, cell: object) -> int:
        """Return a port, 0 where there is none. Raises ``ValueError`` or ``TypeError``."""
        found = self.number(cell)
        if found > 65535:
            raise ValueError("no port is that large")
        return found


def spelled(cell: object) -> str:
    """Return an address in its one spelling, empty for what is none."""
    return _spelled(cell[:64]) if isinstance(cell, str) else ""


@lru_cache(maxsize=8192)
def _spelled(written: str) -> str:
    try:
        return str(ipaddress.ip_address(written.strip()))
    except ValueError:
        return ""


def text(cell: object) -> str:
    """Return a text, cut; empty for none. Raises ``TypeError`` for anything else."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        raise TypeError("a text was something else")
    return cell[:LONGEST]


def name(cell: object) -> tuple[str, ...]:
    """Return a DNS name as ends carry it, none where there is none."""
    found = text(cell).strip().lower().rstrip(".")
    return (found,) if found else ()


def nested(cell: object) -> Any:
    """Return what a dynamic column holds: it comes as JSON in a text, or as it is. Raises ``ValueError``."""
    if not isinstance(cell, str):
        return cell
    if not cell:
        return None
    try:
        return msgspec.json.decode(cell)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError("a dynamic column holds no JSON") from error


def resource(cell: object) -> str:
    """Return the last part of an ARM id: the firewall's or cluster's own name."""
    return text(cell).rstrip("/").rpartition("/")[2]


def rule(row: Any) -> tuple[Policy, ...]:
    """Return the rule of a firewall policy that decided, from group to rule; none where no rule did."""
    parts = [text(row.get(column)) for column in ("RuleCollectionGroup", "RuleCollection", "Rule")]
    path = "/".join(part for part in parts if part)
    return (Policy(path, text(row.get("Policy")), "firewall rule"),) if path else ()
