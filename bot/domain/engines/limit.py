"""What can be said of an engine's limits: the shapes of the data in `limits`."""

from enum import StrEnum
from typing import Final

import msgspec

Sources = tuple[str, ...]
K8S: Final = ("kubernetes.io/docs/concepts/services-networking/network-policies",)


class Way(StrEnum):
    """A direction, seen from the contained pod."""

    IN = "ingress"
    OUT = "egress"
    BOTH = "both ways"


class Peer(StrEnum):
    """Whom a hole leads to."""

    OWN_NODE = "own node"
    NODE_PORT = "NodePort and LoadBalancer"
    NODE_DNS = "DNS on the node"
    ANY = "any"


class Cut(StrEnum):
    """What happens to connections that are open when a policy comes."""

    KEPT = "kept"
    ALL = "cut"
    FORWARD = "cut forward"
    AT_FIRST = "cut by a pod's first policy"
    UNKNOWN = "not known"


class Saying(msgspec.Struct, frozen=True):
    """One limit: a stable code, one short line for the card, a longer one for the help, and where that is from."""

    code: str
    short: str
    long: str
    sources: Sources


class Hole(msgspec.Struct, frozen=True):
    """Traffic that is always let through. ``protocol`` is empty for any."""

    way: Way
    peer: Peer
    saying: Saying
    protocol: str = ""


class Established(msgspec.Struct, frozen=True):
    """What happens to open connections."""

    cut: Cut
    saying: Saying


class Delay(msgspec.Struct, frozen=True):
    """Seconds from the accepted write until it bites: usually, and at worst; ``None`` where nobody says."""

    typical: float | None
    worst: float | None
    saying: Saying


class Deny(msgspec.Struct, frozen=True):
    """The engine's own explicit deny: the API group that it is written in, empty where it has none."""

    group: str
    saying: Saying


class IpBlock(msgspec.Struct, frozen=True):
    """Whether ``ipBlock`` matches the addresses of pods and of nodes; ``None`` where that is not known."""

    pods: bool | None
    nodes: bool | None
    saying: Saying


class Beyond(StrEnum):
    """What there may be of a pod that an engine does not reach."""

    UNOWNED = "unowned"
    IPV6 = "IPv6"


class Unpoliced(msgspec.Struct, frozen=True):
    """Pods, or traffic of pods, that an engine lets alone whatever a policy says."""

    beyond: Beyond
    saying: Saying


class Limits(msgspec.Struct, frozen=True):
    """
    The limits of one engine.

    ``end_port`` is the version since which ``endPort`` counts: empty for always, ``None`` where that is not known.
    ``quirks`` is what it ignores, or reads otherwise than the API says; ``unpoliced`` whom it does not reach at all.
    """

    deny: Deny
    established: Established
    delay: Delay
    ip_block: IpBlock
    holes: tuple[Hole, ...]
    end_port: str | None = ""
    quirks: tuple[Saying, ...] = ()
    unpoliced: tuple[Unpoliced, ...] = ()

    @property
    def sayings(self) -> tuple[Saying, ...]:
        """All of them, in the order of reading."""
        return (
            self.deny.saying,
            self.established.saying,
            self.delay.saying,
            self.ip_block.saying,
            *(hole.saying for hole in self.holes),
            *(one.saying for one in self.unpoliced),
            *self.quirks,
        )

    def reaches(self, beyond: Beyond) -> bool:
        """Whether it polices such pods, or such traffic, as far as a source tells."""
        return all(one.beyond is not beyond for one in self.unpoliced)


# -- what many engines have in common ----------------------------------------------------------------------


def no_deny(engine: str, sources: Sources) -> Deny:
    """Return that an engine knows no deny."""
    text = f"{engine} knows no deny: what any other policy allows stays allowed"
    return Deny("", Saying("no-deny", "it has no deny of its own", text, sources))


def kept(sources: Sources, more: str = "") -> Established:
    """Return that open connections go on."""
    text = f"a connection that is open already goes on, a reverse shell too, until an end closes it{more}"
    return Established(Cut.KEPT, Saying("established-connections", "open connections go on", text, sources))


def soon(seconds: float, sources: Sources, how: str = "") -> Delay:
    """Return that an engine bites within seconds, though nobody says how many at worst."""
    short = f"bites within about {seconds:g} s"
    long = f"{short}{how}; how long at worst is not documented"
    return Delay(seconds, None, Saying("bites-late", short, long, sources))


def unsaid(sources: Sources) -> Delay:
    """Return that nobody says when an engine bites."""
    text = "when it bites is not documented"
    return Delay(None, None, Saying("bites-late", text, f"{text}: as a rule within seconds", sources))


def matches(pods: bool | None, nodes: bool | None, sources: Sources, more: str = "") -> IpBlock:
    """Return what ``ipBlock`` matches."""
    words = {True: "matches", False: "never matches", None: "may match"}
    apart = f"{words[pods]} pods and {words[nodes]} nodes by their addresses"
    text = f"an ipBlock {f'{words[pods]} pods and nodes by their addresses' if pods is nodes else apart}"
    return IpBlock(pods, nodes, Saying("ip-block", text, f"{text}{more}", sources))


def from_node(text: str, sources: Sources) -> Hole:
    """Return that the own node can reach the pod."""
    return Hole(Way.IN, Peer.OWN_NODE, Saying("own-node", "its own node can still reach it", text, sources))


def node_both(text: str, sources: Sources) -> Hole:
    """Return that nothing between a pod and its own node is policed."""
    short = "traffic to and from its own node stays open"
    return Hole(Way.BOTH, Peer.OWN_NODE, Saying("own-node", short, text, sources))


def icmp(text: str, sources: Sources) -> Hole:
    """Return that ICMP passes, or may."""
    return Hole(Way.BOTH, Peer.ANY, Saying("icmp", "ICMP may stay open", text, sources), "ICMP")


def unknown(what: str) -> Limits:
    """Return what the API leaves open for any engine: all of it counts where nothing better is known."""
    late = Saying(
        "bites-late", "when it bites is not known", f"when {what} enforces a policy is not known", K8S
    )
    open_ = "the API leaves to the engine what happens to open connections: count on them to go on"
    survive = Saying("established-connections", "open connections may go on", open_, K8S)
    return Limits(
        deny=no_deny(what, K8S),
        established=Established(Cut.UNKNOWN, survive),
        delay=Delay(None, None, late),
        ip_block=matches(None, None, K8S),
        holes=(
            node_both("traffic to and from the node that a pod runs on is always allowed by the API", K8S),
            icmp("policies govern TCP, UDP and SCTP; what becomes of all else is not defined", K8S),
        ),
        end_port=None,
    )
