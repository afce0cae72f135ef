"""What somebody wants explained."""

from typing import Final

import msgspec

from bot.domain.directions import Direction

INTERNET: Final = "internet"
PROTOCOLS: Final = ("TCP", "UDP", "SCTP")


class Toward(msgspec.Struct, frozen=True):
    """
    The other end: a pod of the same cluster, an address, or with neither the internet.

    ``direction`` is seen from the pod that is asked about. Without a ``port`` all of them are meant.
    """

    direction: Direction
    namespace: str = ""
    pod: str = ""
    address: str = ""
    protocol: str = "TCP"
    port: int | None = None

    @property
    def title(self) -> str:
        """How people read the other end."""
        return f"{self.namespace}/{self.pod}" if self.pod else self.address or "the internet"

    @property
    def ports(self) -> str:
        """How people read the port."""
        return "" if self.port is None else f" on {self.protocol} {self.port}"


class Wish(msgspec.Struct, frozen=True):
    """A pod, and perhaps the other end of a connection."""

    cluster: str
    namespace: str
    pod: str
    toward: Toward | None = None

    @property
    def title(self) -> str:
        """How people read the pod."""
        return f"{self.namespace}/{self.pod}"

    @property
    def target(self) -> str:
        """What the record says was asked about."""
        place = f"{self.cluster}/{self.title}"
        if self.toward is None:
            return place
        way = "to" if self.toward.direction is Direction.EGRESS else "from"
        return f"{place} {way} {self.toward.title}{self.toward.ports}"
