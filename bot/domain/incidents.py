"""Incidents: what a group of requests belongs to, and what must be over before one is closed."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from bot.domain.people import Principal
from bot.domain.requests import PartRow, Request, state_of
from bot.domain.states import FINAL, PartState

SCHEMA: Final = 1
LONGEST_TITLE: Final = 150


class IncidentState(StrEnum):
    """Whether requests may still join."""

    OPEN = "open"
    CLOSED = "closed"


class Incident(msgspec.Struct, frozen=True):
    """
    What requests belong to. ``title`` is free text from outside: shown escaped, recorded as a disclosure.

    ``channel`` is where it was opened; ``room`` the channel of its own, once Slack has made it, which ``private``
    asks for. ``request_id`` is the request that opened it, where no person did by hand; ``opened_by`` is ``None`` where
    nobody asked for that either, because a playbook acted by itself.
    """

    id: str
    title: str
    channel: str
    opened_by: Principal | None
    opened_at: datetime
    state: IncidentState = IncidentState.OPEN
    private: bool = False
    room: str = ""
    request_id: str = ""
    closed_by: Principal | None = None
    closed_at: datetime | None = None
    reason: str = ""
    schema: int = SCHEMA

    @property
    def open(self) -> bool:
        """Whether requests may still join it."""
        return self.state is IncidentState.OPEN

    @property
    def home(self) -> str:
        """Where it is talked about: its own channel, or the one where it was opened."""
        return self.room or self.channel

    def at(self, place: str) -> bool:
        """Whether that channel means it: its own; the one where it was opened only while it has none of its own."""
        return bool(place) and place == self.home


def of_place(incidents: tuple[Incident, ...], *places: str) -> Incident | None:
    """
    Return the one open incident that a place means; the first place that means any decides.

    A channel of its own is unmistakable. Where several were opened in one channel, none is meant: it is not guessed.
    """
    opened = [one for one in incidents if one.open]
    for place in places:
        found = [one for one in opened if one.at(place)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def unfinished(request: Request, rows: tuple[PartRow, ...]) -> str:
    """Return why an incident with this request cannot be closed, and what to do about it; empty if it can."""
    state = state_of(rows)
    if any(row.active for row in rows):
        return f"{request.id} is {_worded(state)}: /ir rollback {request.id}"
    if state is PartState.PROPOSED:
        return f"{request.id} waits for a decision: approve it, or /ir deny {request.id} because <why>"
    if state not in FINAL:
        return f"{request.id} is {_worded(state)}: wait for it, or /ir rollback {request.id}"
    if request.review is not None and request.review.open:
        return f"{request.id} ran without a quorum and is not reviewed: /ir review {request.id} because <what you looked at>"
    return ""


def _worded(state: PartState) -> str:
    return state.value.replace("_", " ")
