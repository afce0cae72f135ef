"""What containments have in common, so that all of them can be undone at once: an incident, alerts, a playbook."""

import re
from enum import StrEnum
from typing import Final

import msgspec

from bot.domain.suggestions.causes import Cause


class Kind(StrEnum):
    """What they came of, in the word that people type."""

    INCIDENT = "incident"
    ALERT = "alert"
    PLAYBOOK = "playbook"


_SHAPES: Final = {
    Kind.INCIDENT: re.compile(r"IN-[0-9A-HJKMNP-TV-Z]{4,12}", re.ASCII),
    Kind.ALERT: re.compile(r"g-[0-9a-f]{16}", re.ASCII),
    Kind.PLAYBOOK: re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII),
}
_MARK: Final = "playbook/"  # a playbook may be called like anything else


class Root(msgspec.Struct, frozen=True):
    """
    One of them. ``name`` is the id of an incident or of a group of alerts, or a playbook's name, of whatever version.

    Without a name it is the incident that the channel means where it was typed.
    """

    kind: Kind = Kind.INCIDENT
    name: str = ""

    @property
    def typed(self) -> str:
        """As people type it: ``playbook beaconing``."""
        return f"{self.kind.value} {self.name}".strip()

    @property
    def key(self) -> str:
        """One word for it that ``read`` understands, without a colon."""
        return f"{_MARK}{self.name}" if self.kind is Kind.PLAYBOOK else self.name

    def told(self, cause: Cause | None) -> str:
        """Return what is worth telling of a containment that came of it: which version of the playbook it was."""
        if self.kind is not Kind.PLAYBOOK or cause is None:
            return ""
        return f"version {cause.version} ({cause.sha256[:8]})"


def fits(kind: Kind, name: str) -> bool:
    """Whether this could be the name of such a thing."""
    return _SHAPES[kind].fullmatch(name) is not None


def read(key: str) -> Root | None:
    """Return what a key stands for; ``None`` for what is none."""
    if key.startswith(_MARK):
        kind, name = Kind.PLAYBOOK, key.removeprefix(_MARK)
    else:
        kind, name = (Kind.ALERT if key.startswith("g-") else Kind.INCIDENT), key
    return Root(kind, name) if fits(kind, name) else None
