"""Which engine enforces on the nodes of each pool, from lists alone: no question for each of a thousand nodes."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from bot.domain import panorama, refs, views
from bot.domain.documents import Document
from bot.domain.engines.answers import gathered
from bot.domain.engines.detection import engine_on
from bot.domain.engines.engine import Enforced, Engine, NotEnforced, enforcement
from bot.domain.engines.views import DaemonSetView
from bot.domain.posture.rows import Row, What
from bot.domain.queries import Asked, Each, Found, Get, Listing, kube
from bot.domain.reading import cut

POOLS: Final = (
    "kubernetes.azure.com/agentpool",
    "eks.amazonaws.com/nodegroup",
    "cloud.google.com/gke-nodepool",
    "karpenter.sh/nodepool",
    "agentpool",
)
"""Labels that name a node's pool: AKS, EKS, GKE, Karpenter, and AKS of old."""
UNNAMED: Final = "nodes of no pool"


def pool_of(node: views.NodeView) -> str:
    """Return the name of a node's pool."""
    return next((node.metadata.labels[key] for key in POOLS if node.metadata.labels.get(key)), UNNAMED)


def engines(cluster: str, asked: Asked) -> Mapping[str, Engine]:
    """Return the engine of each node."""
    nodes = panorama.listed(asked, refs.NODE, views.NodeView) or ()
    evidence = gathered((*asked, *_each_alone(cluster, asked, nodes)))
    return {node.metadata.name: engine_on(node.metadata.name, evidence) for node in nodes}


def _each_alone(cluster: str, asked: Asked, nodes: tuple[views.NodeView, ...]) -> Asked:
    """Return what the lists say as if each node, and the pods on it where agents live, had been asked for alone."""
    found: list[tuple[Get | Each, Found | Listing]] = []
    for node in nodes:
        ref = kube(cluster, refs.NODE, "", node.metadata.name)
        found.append((Get(ref), Found(ref, Document(msgspec.json.encode(node).decode()), "")))
    sets = panorama.listed(asked, refs.DAEMON_SET, DaemonSetView) or ()
    homes = frozenset(one.metadata.namespace for one in sets)
    pods = panorama.everywhere(asked, refs.POD, views.PodView)
    if pods is None:
        return tuple(found)
    there: dict[tuple[str, str], list[views.PodView]] = {
        (home, node.metadata.name): [] for home in homes for node in nodes
    }
    for pod in pods:
        place = (pod.metadata.namespace, pod.spec.node_name)
        if place in there:
            there[place].append(pod)
    found += (
        (Each(cluster, refs.POD, home, node=node), Listing(tuple(some)))
        for (home, node), some in there.items()
    )
    return tuple(found)


def rows(nodes: tuple[views.NodeView, ...], found: Mapping[str, Engine]) -> Iterator[Row]:
    """Yield each pool with its engines, those of which nothing is proved with the reason."""
    pools: dict[tuple[str, str], list[str]] = {}
    for node in nodes:
        engine = found[node.metadata.name]
        pools.setdefault((pool_of(node), said(engine)), []).append(node.metadata.name)
    for (pool, told), names in sorted(pools.items()):
        some = "1 node" if len(names) == 1 else f"{len(names)} nodes"
        yield Row(What.ENGINE, "", pool, f"{some}: {told}")


def said(engine: Engine) -> str:
    """Say who enforces and how sure that is, without the node's name."""
    told = enforcement(engine)
    if isinstance(told, Enforced):
        return f"{engine.title} enforces ({engine.confidence})"
    why = f": {cut(told.why[-1].text)}" if told.why else ""
    word = "nothing enforces policies" if isinstance(told, NotEnforced) else "enforcement is not proved"
    return f"{word} ({engine.title}{why})"
