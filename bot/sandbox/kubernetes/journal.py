"""Every request that came in, so that a test can count and a rehearsal can tell."""

from dataclasses import dataclass
from typing import Any

from bot.sandbox.kubernetes.calls import WRITES


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and how it ended; `status` is None where the caller got no answer.

    `applied` tells whether the cluster's state may have changed: a dry run, a refusal and a read do not.
    """

    number: int
    verb: str
    path: str
    resource: str
    namespace: str
    name: str
    user: str
    body: Any
    dry_run: bool
    status: int | None
    applied: bool


class Journal:
    """Entries in the order in which the requests ended."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def note(self, entry: Entry) -> None:
        """Add an entry."""
        self.entries.append(entry)

    def writes(self, *, resource: str = "", dry_run: bool = False) -> list[Entry]:
        """Return the requests that asked for a write, refused ones too; of one resource, if named."""
        return [
            entry
            for entry in self.entries
            if entry.verb in WRITES and entry.dry_run is dry_run and resource in {"", entry.resource}
        ]

    def applied(self) -> list[Entry]:
        """Return the writes that took effect."""
        return [entry for entry in self.entries if entry.applied]

    def clear(self) -> None:
        """Start anew."""
        self.entries.clear()
