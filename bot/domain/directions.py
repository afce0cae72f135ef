"""Which way a connection goes."""

from enum import StrEnum


class Direction(StrEnum):
    """Seen from the pod that is asked about."""

    INGRESS = "ingress"
    EGRESS = "egress"

    @property
    def other(self) -> "Direction":
        """The same connection, seen from the peer."""
        return Direction.EGRESS if self is Direction.INGRESS else Direction.INGRESS
