"""What one person may do without a quorum: solo and break-glass, both off until the policy has them."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from bot.domain.policy.durations import Duration, told
from bot.domain.policy.names import ANY, ActionName, ClusterPattern, GroupName, NamespacePattern

SOLO_LONGEST: Final = 3600  # seconds
BREAK_GLASS_LONGEST: Final = 86400  # seconds
REVIEW_LONGEST: Final = 86400  # seconds
# What solo may do is a quarantine: reversible, and the pod stays cut whatever the clock says.
SOLO_KIND: Final = "quarantine-"

Actions = Annotated[tuple[ActionName, ...], Meta(min_length=1, max_length=50)]
Clusters = Annotated[tuple[ClusterPattern, ...], Meta(min_length=1, max_length=100)]
Namespaces = Annotated[tuple[NamespacePattern, ...], Meta(min_length=1, max_length=200)]
Somebody = Annotated[
    tuple[GroupName, ...],
    Meta(min_length=1, max_length=50, description="Any one of these groups; at least one is named."),
]


class Solo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    One person quarantines one pod on their own word, for ``lease_maximum`` at most (60 minutes or less).

    Unreviewed ``review_after`` its start, the ``reviewers`` are mentioned again and again; it stays cut meanwhile.
    """

    actions: Actions
    clusters: Clusters
    request: Somebody
    reviewers: Somebody
    namespaces: Namespaces = ("*",)
    lease_maximum: Duration = msgspec.field(default_factory=lambda: Duration(SOLO_LONGEST))
    review_after: Duration = msgspec.field(default_factory=lambda: Duration(1800))

    def __post_init__(self) -> None:
        wrong = next((name for name in self.actions if not name.startswith(SOLO_KIND)), None)
        if wrong is not None:
            raise ValueError(f"solo is for quarantines, written out one by one; `{wrong}` is none")
        _at_most(self.lease_maximum, SOLO_LONGEST, "solo lasts")
        _at_most(self.review_after, SOLO_LONGEST, "a solo waits for its review")


class BreakGlass(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    One person goes past the quorum, with a reason and a typed confirmation, loudly; never for protected targets or estate.

    It is open until one of the ``reviewers`` signs it off; ``review_within`` its start they are reminded.
    """

    actions: Actions
    clusters: Clusters
    request: Somebody
    reviewers: Somebody
    namespaces: Namespaces = ("*",)
    lease_maximum: Duration = msgspec.field(default_factory=lambda: Duration(7200))
    review_within: Duration = msgspec.field(default_factory=lambda: Duration(4 * 3600))

    def __post_init__(self) -> None:
        if ANY in self.actions:
            raise ValueError(
                "break_glass names its actions one by one; `*` would let in those of later versions"
            )
        _at_most(self.lease_maximum, BREAK_GLASS_LONGEST, "break-glass lasts")
        _at_most(self.review_within, REVIEW_LONGEST, "a break-glass waits for its review")


Alone = Solo | BreakGlass


def _at_most(length: Duration, longest: int, what: str) -> None:
    if length > longest:
        raise ValueError(f"{what} {told(longest)} at most, not {length}")
