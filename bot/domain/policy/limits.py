"""How much at once, what asks for more approvers, and how much worse a plan may become."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from bot.domain.policy.rules import GroupNames

TARGETS_MAX: Final = 20
REQUEST_WINDOW: Final = 600


class Caps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Most at once. Active containments are counted in targets: a request for six pods is six."""

    active_total: Annotated[int, Meta(ge=1, le=100_000)] = 100
    active_per_cluster: Annotated[int, Meta(ge=1, le=100_000)] = 50
    active_per_namespace: Annotated[int, Meta(ge=1, le=100_000)] = 20
    targets_per_request: Annotated[int, Meta(ge=1, le=TARGETS_MAX)] = TARGETS_MAX
    requests_per_person: Annotated[int, Meta(ge=1, le=1000, description="In any 10 minutes.")] = 10


class ManyTargets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """More than this many targets in one request ask for this many approvers more."""

    targets: Annotated[int, Meta(ge=1, le=TARGETS_MAX)] = 5
    approvers: Annotated[int, Meta(ge=0, le=5)] = 1


class AddsApprover(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What asks for more than a rule's quorum. Additions add up.

    ``last_ready_replica`` and ``targets_over`` raise the count; ``estate`` names groups of which one member
    must be among the approvers of anything that reaches beyond one cluster (none named: refused).
    """

    last_ready_replica: Annotated[int, Meta(ge=0, le=5)] = 1
    targets_over: ManyTargets = ManyTargets()
    estate: GroupNames = ()


class Flood(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What is too much at once: more than ``pods`` in ``minutes``, or more than ``namespace_percent`` of a namespace.

    It asks for one approver more, and for one out of ``approve``; while none is named, a flood is refused. Whoever asks.
    """

    pods: Annotated[int, Meta(ge=1, le=1000)] = 5
    minutes: Annotated[int, Meta(ge=1, le=1440)] = 10
    namespace_percent: Annotated[int, Meta(ge=1, le=100)] = 10
    approve: GroupNames = ()


class NoWorse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By how many pods, Services and addresses together the blast radius may grow after approval."""

    blast_radius: Annotated[int, Meta(ge=0, le=1000)] = 0
