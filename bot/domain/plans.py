"""The plan: exact ordered changes in parts, and everything worth knowing before saying yes."""

import itertools
from collections.abc import Iterator
from datetime import datetime

import msgspec

from bot.domain.changes import Change
from bot.domain.documents import Document
from bot.domain.findings import BlastRadius, Finding, Forecast, Refusal, Unseen
from bot.domain.probes import Canary
from bot.domain.queries import Rounds
from bot.domain.refs import Ref


class Target(msgspec.Struct, frozen=True):
    """
    What an action is done to.

    ``uid`` is what the digest binds to: an object's UID, or the normalised address. ``details`` are facts for
    the reader (owner, node, image), in the order to show them, and not bound. ``created`` is when a pod was made, as far as
    its cluster said so.
    """

    kind: str
    cluster: str
    namespace: str
    name: str
    uid: str
    labels: tuple[tuple[str, str], ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    created: datetime | None = None

    @property
    def title(self) -> str:
        """``prod/payments/api-7d9f`` or ``203.0.113.7``."""
        return "/".join(p for p in (self.cluster, self.namespace, self.name) if p)


class Expectation(msgspec.Struct, frozen=True):
    """What must read back afterwards: an object as written, keys as set, or an entry in a shared thing."""

    ref: Ref
    text: str


class Commands(msgspec.Struct, frozen=True):
    """The exact commands that do and undo a part by hand, for the day that the bot is dead."""

    do: tuple[str, ...]
    undo: tuple[str, ...]


class Proving(msgspec.Struct, frozen=True):
    """
    What is needed to gather evidence of a part: who enforces on its node, our label's value on it, and when it must bite.

    ``engine`` is empty where it is not known. ``settle``: seconds after the writes within which this engine enforces,
    at the longest; the gathering of evidence ends with them. ``before`` names what stood open when it was planned, as far
    as the policies of its own namespace and of the cluster tell: what a rollback must give back. ``None`` is not known.
    ``tested``: the settings have self-tests of the cluster made, of which a rung tells.
    """

    engine: str = ""
    mark: str = ""
    settle: float = 10.0
    before: tuple[str, ...] | None = None
    tested: bool = False


class Part(msgspec.Struct, frozen=True):
    """
    One target's ordered changes, all in one lane. ``proving`` is missing where no evidence can be gathered.

    ``probes`` are pods of ours that show with packets whether it works: placed after the changes, and removed again.
    ``pods``: how many are cut with a target that has a namespace; more than one where a selector catches them.
    """

    target: Target
    lane: str
    changes: tuple[Change, ...]
    words: tuple[str, ...]
    commands: Commands
    expectations: tuple[Expectation, ...] = ()
    forecast: Forecast = Forecast.UNKNOWN
    best_verdict: str = ""
    proving: Proving | None = None
    probes: tuple[Canary, ...] = ()
    pods: int = 1


Found = tuple[tuple[str, str], ...]
"""Findings by (code, subject)."""


class PlannedStep(msgspec.Struct, frozen=True):
    """
    What one action among several of a plan says for itself.

    Its ``parts`` are so many of the plan's, in their order, and so is ``also``. What it found is named by (code, subject),
    ``unseen`` by its question, and stands in the plan. A step is judged by itself too: what one gains, or said already,
    must not hide what another loses.
    """

    action: str
    scope: str
    strategy: str
    summary: str
    parts: int
    eta: str = ""
    forecast: Forecast = Forecast.UNKNOWN
    blast_radius: BlastRadius = BlastRadius()
    reversible: bool = True
    also: int = 0
    residual: Found = ()
    side_effects: Found = ()
    warnings: Found = ()
    unseen: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """
    Everything that an approver judges. Bound to its digest by the fields that ``digests.bound`` lists.

    ``residual`` is traffic that stays allowed; ``side_effects`` what else happens; ``warnings`` what may go
    wrong; ``also`` targets that are hit without a part of their own; ``unseen`` what could not be read; ``means`` why it is done in this way. ``reversible`` is False for what no
    inverse can undo. ``steps`` are there where it is made of several actions.
    """

    action: str
    parameters: Document
    cluster: str
    cluster_uid: str
    scope: str
    strategy: str
    parts: tuple[Part, ...]
    summary: str
    eta: str = ""
    forecast: Forecast = Forecast.UNKNOWN
    residual: tuple[Finding, ...] = ()
    side_effects: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    means: tuple[str, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    blast_radius: BlastRadius = BlastRadius()
    reversible: bool = True
    also: tuple[Target, ...] = ()
    steps: tuple[PlannedStep, ...] = ()

    def by_step(self) -> Iterator[tuple[PlannedStep, tuple[Part, ...]]]:
        """Yield each step with its parts; nothing where the plan is one action's."""
        for number, step in enumerate(self.steps):
            yield step, self.parts[self.span_of(number)]

    def step_of(self, index: int) -> int:
        """Return the number of the step that a part is of, from 0, by the part's own."""
        ends = itertools.accumulate(step.parts for step in self.steps)
        return next((number for number, end in enumerate(ends) if index < end), 0)

    def span_of(self, step: int) -> slice:
        """Return which of the parts are a step's: all of them where the plan is one action's."""
        if not self.steps:
            return slice(0, len(self.parts))
        start = sum(one.parts for one in self.steps[:step])
        return slice(start, start + self.steps[step].parts)

    def also_of(self, step: int) -> tuple[Target, ...]:
        """Return what a step hits without a part of its own."""
        if not self.steps:
            return self.also
        start = sum(one.also for one in self.steps[:step])
        return self.also[start : start + self.steps[step].also]


Planning = Rounds[Plan | Refusal]
