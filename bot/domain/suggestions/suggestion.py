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

    ``plan`` is what asking for ``action`` with ``parameters`` would show, ``digest`` the short digest of that plan;
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


class Suggestion(msgspec.Struct, frozen=True):
    """
    What one playbook suggests for one group of alerts.

    ``made_at`` is when its plans were made: they age, and are made again when somebody takes one. ``whole`` is the plan of
    all steps that have one, where there are two or more (its ``action`` is ``contain``). ``dismissed_by`` said that it is
    not wanted, and why.
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
    schema: int = SCHEMA

    @property
    def open(self) -> bool:
        """Whether nobody has dismissed it."""
        return self.dismissed_by is None
