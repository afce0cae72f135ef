"""What was seen for an explanation: the pod, the other end, the world as its engine reads it, and who enforces."""

from collections.abc import Iterable, Iterator

import msgspec

from bot.domain import panorama, refs, views
from bot.domain.engines.answers import gathered
from bot.domain.engines.detection import engine_on
from bot.domain.engines.engine import Bearing, Confidence, Engine, EngineName, Reason
from bot.domain.explain.wish import Toward, Wish
from bot.domain.findings import AGAIN, Refusal
from bot.domain.pods import closest
from bot.domain.quarantine.surroundings import reading
from bot.domain.queries import Absent, Asked, Each, Get, Query, Unavailable, kube
from bot.domain.reading import cut, read
from bot.domain.residual import Pod, World
from bot.domain.residual.sets import numbered
from bot.domain.residual.world import Node

End = Pod | Node | str | None
"""The other end: a pod, a node, an address beyond the cluster, or the internet."""


class Sight(msgspec.Struct, frozen=True):
    """``peer`` is the other end of a wish that names one; ``engine`` and ``theirs`` are of the two pods' nodes."""

    wish: Wish
    pod: Pod
    world: World
    engine: Engine
    peer: End = None
    theirs: Engine | None = None


def names(wish: Wish) -> Iterator[tuple[str, str]]:
    """Yield the pods that a wish names, by namespace and name."""
    yield wish.namespace, wish.pod
    if wish.toward is not None and wish.toward.pod:
        yield wish.toward.namespace, wish.toward.pod


def questions(wish: Wish) -> tuple[Query, ...]:
    """Ask for the named pods, and for Services where an address may be one's."""
    pods = (Get(kube(wish.cluster, refs.POD, *name)) for name in names(wish))
    services = (Each(wish.cluster, refs.SERVICE),) if wish.toward and wish.toward.address else ()
    return (*pods, *services)


def found(wish: Wish, asked: Asked) -> tuple[views.PodView, ...] | Refusal:
    """Return the named pods, or why there is nothing to explain."""
    every: list[views.PodView] = []
    for query, answer in asked:
        if not (
            isinstance(query, Get) and isinstance(query.ref, refs.KubeRef) and query.ref.kind == refs.POD
        ):
            continue
        title = f"{wish.cluster}/{query.ref.namespace}/{query.ref.name}"
        match read(answer, views.PodView):
            case views.PodView() as pod if pod.ended:
                text = f"{title} has ended ({pod.status.phase}): it has no network"
                return Refusal("pod-finished", text, "Look for the pod that replaced it.")
            case views.PodView() as pod:
                every.append(pod)
            case Absent():
                return _absent(title, query.ref, asked)
            case Unavailable(why):
                return Refusal("pod-unavailable", f"pod {title} could not be read: {cut(why)}", AGAIN)
    return _a_service(wish, asked) or tuple(every)


def nodes(wish: Wish, asked: Asked, pods: tuple[views.PodView, ...]) -> frozenset[str]:
    """Return the nodes whose engines matter: those of the named pods, and of the pod that has the address asked about."""
    every = panorama.listed(asked, refs.POD, views.PodView) or ()
    address = wish.toward.address if wish.toward else ""
    having = (p for p in every if address and not p.ended and address in {p.status.pod_ip, *_ips(p)})
    return frozenset(pod.spec.node_name for pod in (*pods, *having) if pod.spec.node_name)


def _ips(pod: views.PodView) -> Iterator[str]:
    return (one.ip for one in pod.status.pod_ips)


def _absent(title: str, ref: refs.KubeRef, asked: Asked) -> Refusal:
    spaces = panorama.listed(asked, refs.NAMESPACE, views.NamespaceView)
    known = [space.metadata.name for space in spaces or ()]
    if spaces is not None and ref.namespace not in known:
        near = closest(ref.namespace, known)
        remedy = f"Closest: {', '.join(near)}" if near else "Check its spelling."
        return Refusal("namespace-absent", f"there is no namespace {ref.namespace} in {ref.cluster}", remedy)
    pods = panorama.listed(asked, refs.POD, views.PodView) or ()
    near = closest(ref.name, (p.metadata.name for p in pods if p.metadata.namespace == ref.namespace))
    remedy = f"Closest: {', '.join(near)}" if near else "See what is there: `kubectl get pods`"
    return Refusal("pod-absent", f"there is no pod {title}", remedy)


def _a_service(wish: Wish, asked: Asked) -> Refusal | None:
    """A Service's address is that of the pods behind it by the time a policy is asked."""
    services = panorama.listed(asked, refs.SERVICE, views.ServiceView) or ()
    address = wish.toward.address if wish.toward else ""
    named = next((s.metadata for s in services if address and address in s.spec.addresses), None)
    if named is None:
        return None
    text = f"{address} is the address of Service {named.namespace}/{named.name}: policies are asked about the pods behind it"
    return Refusal("service-address", text, "Name one of those pods in its place: /ir help explain")


def sight(wish: Wish, asked: Asked, pods: tuple[views.PodView, ...]) -> Sight | Refusal:
    """Return what was seen. The world is read as the engine of the pod's own node reads it."""
    evidence = gathered(asked)
    own = pods[0].spec.node_name
    engine = engine_on(own, evidence) if own else _nowhere()
    world = panorama.world(asked, reading(engine), pods)
    pod = world.pod(wish.namespace, wish.pod)
    if pod is None or pod.ended:
        text = f"pod {wish.cluster}/{wish.title} ended while it was looked at"
        return Refusal("pod-finished", text, "Look for the pod that replaced it.")
    peer = _end(wish.toward, world) if wish.toward else None
    theirs = None
    if isinstance(peer, Pod):
        theirs = engine_on(peer.node, evidence) if peer.node else _nowhere()
    return Sight(wish, pod, world, engine, peer, theirs)


def _nowhere() -> Engine:
    why = (Reason("the pod", "it has no node yet", Bearing.OPEN),)
    return Engine("", EngineName.UNKNOWN, Confidence.UNPROVEN, why)


def _end(toward: Toward, world: World) -> End:
    if toward.pod:
        return world.pod(toward.namespace, toward.pod)
    if not toward.address:
        return None
    wanted = numbered(toward.address)
    pods: Iterable[Pod | Node] = (p for p in world.pods if not p.ended and not p.host_network)
    return next((e for e in (*pods, *world.nodes) if wanted in map(numbered, e.addresses)), toward.address)
