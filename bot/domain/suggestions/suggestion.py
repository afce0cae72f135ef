"""A suggestion: one playbook's steps for one group of alerts, each planned as if it had been asked for."""

from datetime import datetime

import msgspec

from bot.domain.documents import Document
from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.plans import Plan

SCHEMA = 1


class Suggested(msgspec.Struct, frozen=True):
    """
    One step as it was made: exactly one of ``plan``, ``refusal``, ``commands`` and ``why`` is there.

    ``plan`` is what asking for ``action`` with ``parameters`` would show, ``digest`` a short digest of what it changes,
    the same whatever id it is made under (``likeness``), so that a request can be held against it;
    ``refusal`` why there is none; ``commands`` are done by hand, ``more`` so many were left out; ``why`` is what the alert
    does not give. ``request_id`` is the newest request that came of it.
    """

    title: str
    action: str = ""
    parameters: Document | None = None
    plan: Plan | None = None
    digest: str = ""
    refusal: Refusal | None = None
    commands: tuple[str, ...] = ()
    more: int = 0
    why: str = ""
    request_id: str = ""


class Former(msgspec.Struct, frozen=True):
    """A request that came of a step when that was another: with these ``parameters``, which no step has now."""

    action: str
    parameters: Document
    request_id: str


class Suggestion(msgspec.Struct, frozen=True):
    """
    What one playbook suggests for one group of alerts.

    ``made_at`` is when its plans were made: they age, and are made again when somebody takes one. ``whole`` is the plan of
    all steps that have one, where there are two or more (its ``action`` is ``contain``). ``dismissed_by`` said that it is
    not wanted, and why. ``former`` are the newest requests that came of it while it suggested something else.
    """

    id: str
    group_id: str
    playbook: str
    version: int
    sha256: str
    title: str
    made_at: datetime
    steps: tuple[Suggested, ...]
    about: str = ""
    whole: Suggested | None = None
    dismissed_by: Principal | None = None
    dismissed_at: datetime | None = None
    reason: str = ""
    former: tuple[Former, ...] = ()
    schema: int = SCHEMA

    @property
    def open(self) -> bool:
        """Whether nobody has dismissed it."""
        return self.dismissed_by is None

    @property
    def requests(self) -> tuple[str, ...]:
        """The ids of the newest requests that came of its steps, of all in one plan, and of what it suggested before."""
        found = (*(each.request_id for each in self.every), *(each.request_id for each in self.former))
        return tuple(dict.fromkeys(filter(None, found)))

    @property
    def every(self) -> tuple[Suggested, ...]:
        """Its steps, and then all in one plan where there is that."""
        return (*self.steps, *((self.whole,) if self.whole else ()))

    def step(self, number: int) -> Suggested | None:
        """Return a step by its number, from 0 on, or all in one plan (-1); ``None`` where there is none."""
        if number == -1:
            return self.whole
        return self.steps[number] if 0 <= number < len(self.steps) else None
