"""Contain: several actions in one cluster as one plan, one question and one way back."""

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

import msgspec

from bot.actions.block_address import BlockAddress
from bot.actions.quarantine_pod import QuarantinePod
from bot.actions.quarantine_workload import QuarantineWorkload
from bot.domain.actions import Action, OnExpiry, Slot, SlotKind
from bot.domain.addresses import overlap
from bot.domain.composing import MOST_PLACES, MOST_STEPS, Refused, joined, side_by_side
from bot.domain.documents import Document
from bot.domain.findings import Refusal
from bot.domain.plans import Planning
from bot.domain.spelling import phrase

FEWEST_STEPS = 2

Single = QuarantinePod | QuarantineWorkload | BlockAddress


class Contain(Action, frozen=True, tag="contain"):
    """
    Do several of these as one plan: quarantine pods of any namespaces, quarantine Deployments, block addresses.

    Everything is in one cluster, 20 targets at most, and asked for, approved and rolled back together. What stands behind a target
    (``using``, ``probes``, ``allow``, ``scope``) is meant for that one alone. Each step takes what the policy asks for that
    step. When one step fails, what the others did stays, and each is shown by itself.
    """

    name: ClassVar[str] = "contain"
    word: ClassVar[str] = "contain"
    on_expiry: ClassVar[OnExpiry] = OnExpiry.HOLD
    composes: ClassVar[tuple[type[Action], ...]] = (QuarantinePod, QuarantineWorkload, BlockAddress)
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot(
            "steps",
            SlotKind.STEPS,
            "pods (by namespace), deployment:[cluster/]namespace/name, and addresses, divided by blanks",
        ),
        Slot("cluster", SlotKind.CLUSTER, "where all of it is", keyword="cluster", required=False),
    )

    cluster: str
    steps: tuple[Single, ...]

    def __post_init__(self) -> None:
        """Raise ``ValueError`` in plain words for steps that do not go together."""
        other = next((step for step in self.steps if step.at_cluster != self.cluster), None)
        if other is not None:
            raise ValueError(
                f"all of it is in one cluster, and {phrase(other)!r} is not in {self.cluster!r}: ask once for each"
            )
        if not FEWEST_STEPS <= len(self.steps) <= MOST_STEPS:
            raise ValueError(
                f"one request takes {FEWEST_STEPS} to {MOST_STEPS} steps together, not {len(self.steps)}"
            )
        if len(self.places) > MOST_PLACES:
            raise ValueError(
                f"one request takes {MOST_PLACES} targets in all, not {len(self.places)}: ask for some of them by another"
            )
        for one, more in itertools.combinations(self.steps, 2):
            _apart(one, more)

    @property
    def each(self) -> tuple[Action, ...]:
        """The steps."""
        return self.steps

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """The targets of all steps."""
        return tuple(place for step in self.steps for place in step.places)

    @property
    def at_cluster(self) -> str:
        """The cluster of all steps."""
        return self.cluster

    @property
    def at_scope(self) -> str:
        """The widest of the steps'."""
        return "estate" if any(step.at_scope == "estate" for step in self.steps) else "cluster"

    def plan(self, now: datetime, request_id: str, first: int = 0) -> Planning:
        """
        Plan the steps side by side, and join their plans. The first step that refuses refuses all of it.

        Raises ``ValueError`` for a request id that cannot be part of an object's name.
        """
        counts = (len(step.places) for step in self.steps)
        firsts = itertools.accumulate(counts, initial=first)
        asking = [step.plan(now, request_id, start) for step, start in zip(self.steps, firsts, strict=False)]
        made = yield from side_by_side(asking)
        if isinstance(made, Refused):
            said = f"step {made.index + 1} ({phrase(self.steps[made.index])}): {made.why.text}"
            return Refusal(made.why.code, said, made.why.remedy)
        return joined(self.name, Document.of(msgspec.to_builtins(self)), made)


def one_request(steps: Sequence[Single]) -> Action:
    """Return the action that does all of these: the only one itself. Raises ``ValueError`` as `Contain` does."""
    return steps[0] if len(steps) == 1 else Contain(steps[0].at_cluster if steps else "", tuple(steps))


def _apart(one: Single, other: Single) -> None:
    """
    Raise where two steps would not know of each other what they must.

    How many replicas are left, and who else is hit, is counted in one step: so all pods of a namespace are one.
    """
    match one, other:
        case BlockAddress(), BlockAddress():
            for address, more in itertools.product(one.addresses, other.addresses):
                if overlap(address, more):
                    raise ValueError(f"{address} and {more} overlap: name each address once")
            if one.scope == other.scope:
                raise ValueError(f"name all addresses of scope {one.scope} in one place, divided by commas")
        case QuarantinePod(), QuarantinePod() if one.namespace == other.namespace:
            raise ValueError(f"name all pods of {one.namespace!r} in one place, divided by commas")
        case QuarantineWorkload(), QuarantineWorkload() if one.places == other.places:
            raise ValueError(f"Deployment {one.deployments[0]!r} is named twice")
        case _:
            pass
