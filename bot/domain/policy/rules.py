"""Rules: what may be done where, who asks, who approves, who releases, and for how long."""

from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from bot.domain.people import Principal
from bot.domain.policy.durations import Duration
from bot.domain.policy.names import (
    ActionName,
    ClusterPattern,
    GroupName,
    NamespacePattern,
    PersonKey,
    UsergroupId,
)

QUORUM_MAX: Final = 10
APPROVAL_EXPIRY: Final = 30 * 60
APPROVAL_EXPIRY_MAX: Final = 86400

GroupNames = Annotated[
    tuple[GroupName, ...],
    Meta(max_length=50, description="Any one of these groups. An empty list is nobody."),
]


class Scope(StrEnum):
    """How far an action reaches: one cluster, or everything behind the shared firewall."""

    CLUSTER = "cluster"
    ESTATE = "estate"


class OnExpiry(StrEnum):
    """What the end of a lease does: ``hold`` stays contained and becomes OVERDUE, ``release`` undoes."""

    HOLD = "hold"
    RELEASE = "release"


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """People: the members of a Slack user group (asked live), people named one by one, or both."""

    usergroup: UsergroupId | None = None
    users: Annotated[tuple[PersonKey, ...], Meta(max_length=200)] = ()

    def __post_init__(self) -> None:
        if self.usergroup is None and not self.users:
            raise ValueError("a group names a Slack usergroup, users, or both")

    @property
    def people(self) -> frozenset[Principal]:
        """Those named one by one."""
        return frozenset(Principal.parse(key) for key in self.users)


class Lease(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long: when nothing is said, at most, and what the end does (the action's own way if not said)."""

    default: Duration
    maximum: Duration
    on_expiry: OnExpiry | None = None

    def __post_init__(self) -> None:
        if self.default > self.maximum:
            raise ValueError("the lease's default is longer than its maximum")


class FlowRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Who may ask who talked to whom there. Rules add up; where none matches, nobody may.

    A question about an address, a range or a name spans all namespaces: it needs a rule with ``namespaces: ["*"]``.
    """

    clusters: Annotated[tuple[ClusterPattern, ...], Meta(min_length=1, max_length=100)]
    groups: Annotated[
        tuple[GroupName, ...],
        Meta(min_length=1, max_length=50, description="Any one of these groups; at least one is named."),
    ]
    namespaces: Annotated[tuple[NamespacePattern, ...], Meta(min_length=1, max_length=200)] = ("*",)


class AlertRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may hold back the cards of alerts for a while. What is muted is counted and recorded as ever."""

    mute: Annotated[
        tuple[GroupName, ...],
        Meta(max_length=50, description="Any one of these groups. An empty list is nobody."),
    ] = ()


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule. The first rule that matches a target governs it, and no later one is looked at."""

    actions: Annotated[tuple[ActionName, ...], Meta(min_length=1, max_length=50)]
    clusters: Annotated[tuple[ClusterPattern, ...], Meta(min_length=1, max_length=100)]
    request: GroupNames
    approve: GroupNames
    release: GroupNames
    lease: Lease
    name: Annotated[
        str, Meta(max_length=80, description="What people call this rule, shown in refusals.")
    ] = ""
    namespaces: Annotated[tuple[NamespacePattern, ...], Meta(min_length=1, max_length=200)] = ("*",)
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1)] = (Scope.CLUSTER,)
    quorum: Annotated[
        int, Meta(ge=1, le=QUORUM_MAX, description="How many approvers, the requester never counted.")
    ] = 1
    four_eyes: Annotated[bool, Meta(extra_json_schema={"const": True})] = True
    approval_expiry: Duration = msgspec.field(default_factory=lambda: Duration(APPROVAL_EXPIRY))
    escalation: Annotated[
        tuple[GroupName, ...] | None,
        Meta(description="Mentioned when nobody decides; the policy's own where this is not written."),
    ] = None
    escalate_after: Duration | None = None

    def __post_init__(self) -> None:
        if self.four_eyes is not True:
            raise ValueError(
                "four_eyes can't be switched off: the requester never approves; leave the key out"
            )
        if self.quorum < 1:
            raise ValueError("quorum is at least 1: nothing changes without an approver")
        if self.approval_expiry > APPROVAL_EXPIRY_MAX:
            raise ValueError("approval_expiry is at most 1d: an old question is asked anew")
