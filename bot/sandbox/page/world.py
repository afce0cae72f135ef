"""The small world as the page draws it: pods, the connections between them, the firewall. Read, never written."""

from typing import Final, Literal

import msgspec

from bot.domain import refs
from bot.domain.isolation import LABEL
from bot.domain.residual import World
from bot.sandbox.azure.operations import Operation
from bot.sandbox.azure.resources import key
from bot.sandbox.kubernetes.objects import Json, name_of
from bot.sandbox.kubernetes.resources import BY_PATH, NETWORK_POLICIES, PODS
from bot.sandbox.network import end, networked
from bot.sandbox.page.reach import End, ruled
from bot.sandbox.page.talks import Talk
from bot.sandbox.scene import Scene
from bot.sandbox.story.given import PARTNER

OPEN: Final = "open"
CUT: Final = "cut"
CHANGING: Final = "changing"
KEPT: Final = "kept"
STEPS: Final = 40
"""Steps that a running update is shown in: fewer repaints, and still smooth."""

State = Literal["open", "cut", "changing", "kept"]


class Link(msgspec.Struct, frozen=True):
    """
    One connection. ``by`` are the policies against it, by kind and name; ``firewall`` says whether the firewall denies the address.

    ``state`` is what is true now: ``changing`` while the firewall is being told, ``kept`` where it is open though one
    of its ends is quarantined, because the policies ``allowed`` go on allowing it there.
    """

    source: End
    target: End
    port: int
    what: str
    by: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    firewall: bool = False
    state: State = "open"

    @property
    def words(self) -> str:
        """Where it stands, in words."""
        if self.state == CHANGING:
            return "still open: the firewall is being told, which takes minutes"
        if self.state == KEPT:
            return f"still open: {' and '.join(self.allowed) or 'nothing'} allows it"
        reasons = [*self.by, *["the firewall"] * self.firewall]
        return f"cut by {' and '.join(reasons)}" if reasons else "open"


class Group(msgspec.Struct, frozen=True):
    """One IP Group: its addresses, its state as Azure tells it, and how far a running update is (of `STEPS`)."""

    name: str
    words: str
    addresses: tuple[str, ...]
    state: str
    step: int | None = None
    left: str = ""


class Seen(msgspec.Struct, frozen=True):
    """
    The world at one moment. ``suspect`` and ``beacon`` are the names of the story's ends.

    ``talks`` are the connections that the relay's nodes saw, of all pods; empty where there is no relay.
    """

    suspect: End
    beacon: str
    callers: tuple[End, ...]
    pods: tuple[End, ...]
    resolver: End
    outside: tuple[End, ...]
    links: tuple[Link, ...]
    groups: tuple[Group, ...]
    marked: tuple[str, ...]
    policies: tuple[str, ...]
    talks: tuple[Talk, ...] = ()

    def talk(self, link: Link) -> Talk | None:
        """Return what was seen of a connection."""
        ends = (link.source.address, link.target.address, link.port)
        return next((one for one in self.talks if (one.client, one.server, one.port) == ends), None)

    def flowing(self, link: Link) -> bool:
        """Whether it is seen to pass now; without a relay nobody sees, and what policies let through counts."""
        if not self.talks:
            return link.state in (OPEN, KEPT)
        talk = self.talk(link)
        return talk is not None and talk.now in ("passed", "both")


def seen(scene: Scene, talks: tuple[Talk, ...] = ()) -> Seen:
    """Look at the cluster and the firewall."""
    store, incident = scene.cluster.registry.store, scene.incident
    pods = tuple(end(pod) for pod in store.each(PODS, incident.namespace))
    world, policies = networked(scene.cluster), store.each(NETWORK_POLICIES, incident.namespace)
    resolver = next(end(pod) for pod in store.each(PODS, "kube-system"))
    groups = _groups(scene)
    suspect = next((p for p in pods if p.name == incident.pod), End(incident.pod, incident.pod_address))
    beacon = End("beacon", incident.beacon)
    outside = (beacon, End("partner", PARTNER))
    callers = tuple(p for p in pods if p.labels.get("app") == "web")
    others = tuple(p for p in pods if p.labels.get("app") != "web" and p.name != suspect.name)
    drawn = _drawn(suspect, others, callers, (*outside, resolver))
    return Seen(
        suspect=suspect,
        beacon=incident.beacon,
        callers=callers,
        pods=(suspect, *others),
        resolver=resolver,
        outside=outside,
        links=tuple(_judged(link, world, groups) for link in drawn),
        groups=groups,
        marked=tuple(p.name for p in pods if LABEL in p.labels),
        policies=tuple(name_of(policy) for policy in (*policies, *_engine_policies(scene))),
        talks=talks,
    )


def _drawn(
    suspect: End, others: tuple[End, ...], callers: tuple[End, ...], servers: tuple[End, ...]
) -> tuple[Link, ...]:
    beacon, partner, resolver = servers
    inward = tuple(Link(web, pod, 8080, "requests") for pod in (suspect, *others) for web in callers)
    outward = (
        Link(suspect, beacon, 443, "beacon"),
        Link(suspect, partner, 443, "payments"),
        Link(suspect, resolver, 53, "names"),
    )
    return outward + inward + tuple(Link(pod, partner, 443, "payments") for pod in others)


def _engine_policies(scene: Scene) -> list[Json]:
    kind = refs.CALICO_POLICY
    return scene.cluster.registry.store.each(
        BY_PATH[kind.group, kind.version, kind.plural], scene.incident.namespace
    )


def _judged(link: Link, world: World, groups: tuple[Group, ...]) -> Link:
    ruling = ruled(link.source, link.target, link.port, world)
    by, held = ruling.against, [LABEL in end.labels for end in (link.source, link.target)]
    allowed = ruling.leaving * held[0] + ruling.entering * held[1]
    holding = [group for group in groups if link.target.address in group.addresses]
    denied = any(group.step is None for group in holding)
    state: State = "cut" if by or denied else "changing" if holding else "kept" if any(held) else "open"
    return msgspec.structs.replace(link, by=by, allowed=allowed, firewall=denied, state=state)


def _groups(scene: Scene) -> tuple[Group, ...]:
    estate = scene.estate
    words = {estate.cluster_group: "this cluster", estate.estate_group: "the whole estate"}
    return tuple(_group(scene, group, name) for group, name in words.items())


def _group(scene: Scene, group: str, words: str) -> Group:
    arm = scene.arm
    running = [o for o in arm.operations if not o.settled and o.target == key(group)]
    name, addresses, state = group.rsplit("/", 1)[-1], arm.addresses(group), arm.state(group)
    if not running:
        return Group(name, words, addresses, state)
    step, left = _progress(running[-1], arm.now)
    return Group(name, words, addresses, state, step, left)


def _progress(operation: Operation, now: float) -> tuple[int, str]:
    if operation.ends is None:
        return 0, "no end in sight"
    whole = operation.ends - operation.started
    left = max(0.0, operation.ends - now)
    shown = int(left / whole * STEPS + 0.999)
    seconds = shown * whole / STEPS
    return STEPS - shown, f"{int(seconds) // 60}:{int(seconds) % 60:02d} min left by Azure's clock"
