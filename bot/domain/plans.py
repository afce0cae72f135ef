"""The plan: exact ordered changes in parts, and everything worth knowing before saying yes."""

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
    the reader (owner, node, image), in the order to show them, and not bound.
    """

    kind: str
    cluster: str
    namespace: str
    name: str
    uid: str
    labels: tuple[tuple[str, str], ...] = ()
    details: tuple[tuple[str, str], ...] = ()

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


class Plan(msgspec.Struct, frozen=True):
    """
    Everything that an approver judges. Bound to its digest by the fields that ``digests.bound`` lists.

    ``residual`` is traffic that stays allowed; ``side_effects`` what else happens; ``warnings`` what may go
    wrong; ``also`` targets that are hit without a part of their own; ``unseen`` what could not be read; ``means`` why it is done in this way. ``reversible`` is False for what no
    inverse can undo.
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


Planning = Rounds[Plan | Refusal]
