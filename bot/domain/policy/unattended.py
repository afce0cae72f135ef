"""What playbooks may do without a person: off until the policy has it, and names each of them with its hash."""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from bot.domain.policy.alone import Actions, Alone, BreakGlass, Clusters, Namespaces, Somebody
from bot.domain.policy.durations import Duration, told
from bot.domain.policy.names import END, any_matches, covers

LONGEST: Final = 3600  # seconds
KNOWN: Final = ("block-address", "quarantine-pod")
"""What may be done without a person: it can be undone, and is done to one thing at a time."""

PlaybookName = Annotated[
    str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?" + END, description="A playbook's name.")
]
Sha256 = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{64}" + END,
        description="The playbook's hash, as `firebreak playbook check` prints it: another version does not act.",
    ),
]


class Unattended(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Playbooks act by themselves: one pod or one address, for ``lease_maximum`` at most (60 minutes or less).

    It takes both: the playbook's own ``auto``, and its name and hash here. ``per_hour`` counts what all of them did
    together. Two different people out of ``reviewers`` sign off each act; unreviewed ``review_after`` its start they are
    mentioned again and again.
    """

    playbooks: Annotated[Mapping[PlaybookName, Sha256], Meta(min_length=1, max_length=50)]
    actions: Actions
    clusters: Clusters
    namespaces: Namespaces
    reviewers: Somebody
    lease_maximum: Duration = msgspec.field(default_factory=lambda: Duration(LONGEST))
    review_after: Duration = msgspec.field(default_factory=lambda: Duration(1800))
    per_hour: Annotated[int, Meta(ge=1, le=20, description="By all playbooks together.")] = 3

    def __post_init__(self) -> None:
        wrong = next((name for name in self.actions if name not in KNOWN), None)
        if wrong is not None:
            raise ValueError(f"auto is for {' and '.join(KNOWN)}, written out one by one, not for `{wrong}`")
        for length, what in (
            (self.lease_maximum, "auto lasts"),
            (self.review_after, "auto waits for review"),
        ):
            if length > LONGEST:
                raise ValueError(f"{what} {told(LONGEST)} at most, not {length}")

    def covers(self, action: str, cluster: str, namespace: str) -> bool:
        """Whether it is for this action there; an address has no namespace, and only a plain star matches that."""
        there = any_matches(self.clusters, cluster) and covers(self.namespaces, namespace)
        return action in self.actions and there


Reviewed = Alone | Unattended
"""What somebody looks at afterwards."""


def review_wait(reviewed: Reviewed) -> Duration:
    """Return how long after its start the reviewers are reminded for the first time."""
    return reviewed.review_within if isinstance(reviewed, BreakGlass) else reviewed.review_after
