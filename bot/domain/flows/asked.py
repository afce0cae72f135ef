"""What a source is asked: about whom, over which time, and what of it."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from bot.domain.flows.flow import PASSED, Verdict

MOST: Final = 100_000
"""Flows that one source may tell; beyond it says ``Truncated``."""


class About(StrEnum):
    """What kind of thing a question is about."""

    POD = "pod"
    NAMESPACE = "namespace"
    WORKLOAD = "workload"
    ADDRESS = "address"
    NETWORK = "network"
    NAME = "name"


IN_CLUSTER: Final = frozenset({About.POD, About.NAMESPACE, About.WORKLOAD})
"""What stands in a namespace of a cluster; the rest may be anywhere."""


class Subject(msgspec.Struct, frozen=True):
    """
    About whom. ``name`` is the pod, ``deployment/api``, the address, CIDR, or DNS name; empty for a whole namespace.

    The rest is what the cluster told whoever asks, for sources that know only a part: ``pods`` of a workload by name,
    ``addresses`` that are the subject's own alone, ``behind`` the addresses of its nodes, which it shares with others and
    by which a firewall outside sees it, ``service_accounts`` its pods run as, ``identities`` its engine gave them.
    ``hosted``: pods of it are on the network of their node, under which every source sees them.
    """

    about: About
    name: str = ""
    namespace: str = ""
    pods: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    service_accounts: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    hosted: bool = False

    def __str__(self) -> str:
        """Name it for people."""
        match self.about:
            case About.NAMESPACE:
                return f"namespace {self.namespace}"
            case About.POD | About.WORKLOAD:
                return f"{self.namespace}/{self.name}"
            case _:
                return self.name


class Asked(msgspec.Struct, frozen=True):
    """
    A question to one source. From ``since`` (included) to ``until`` (not), both UTC.

    ``peer`` is the other end, where only one is wanted; ``port`` the one that was connected to; ``verdict`` ``None`` means
    all, and ``ALLOWED`` whatever passed. ``sources`` are names of sources, empty for all: for who asks them, not for a source. No source tells more than
    ``limit`` flows; the newest where it can choose.
    """

    cluster: str
    subject: Subject
    since: datetime
    until: datetime
    peer: Subject | None = None
    port: int | None = None
    verdict: Verdict | None = None
    sources: tuple[str, ...] = ()
    limit: int = MOST

    @property
    def done(self) -> frozenset[Verdict]:
        """What was done with what is wanted, empty for all: who asks for what was allowed asks for all that passed."""
        if self.verdict is None:
            return frozenset()
        return PASSED if self.verdict is Verdict.ALLOWED else frozenset((self.verdict,))
