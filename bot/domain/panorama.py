"""
A whole cluster as its policies see it, for those who only look: all pods, namespaces, nodes and policies, and the engine.

Two rounds: what is there, then what its engines' agents were told and the policies of the engines that it serves.
"""

from collections.abc import Iterable

from bot.domain import reading, refs, views
from bot.domain.engines import questions
from bot.domain.engines.calico_api import ruling_kinds
from bot.domain.findings import Refusal, Unseen
from bot.domain.quarantine.surroundings import PLAIN, Reading, api_servers, api_servers_of, believed, compiled
from bot.domain.queries import Asked, Discover, Discovered, Each, Listing, Query
from bot.domain.reading import T, each, unseen
from bot.domain.residual import Compiled, Gap, World, world_of
from bot.domain.residual.rules import EVERYTHING


def first(cluster: str) -> tuple[Query, ...]:
    """Ask who the cluster is and what is in it."""
    return (
        Discover(cluster),
        *(Each(cluster, kind) for kind in PLAIN),
        api_servers_of(cluster),
        *questions.first(cluster),
    )


def second(cluster: str, nodes: Iterable[str], asked: Asked) -> tuple[Query, ...]:
    """Ask for the engines on some nodes, and for the policies of all engines that the cluster serves."""
    return (
        *questions.second(cluster, nodes, asked),
        *(Each(cluster, kind) for kind in ruling_kinds(asked)),
    )


def unreachable(cluster: str, asked: Asked) -> Refusal | None:
    """Return why nothing can be said of a cluster: it does not say who it is."""
    answer = next((answer for query, answer in asked if isinstance(query, Discover)), None)
    return None if isinstance(answer, Discovered) else reading.unreachable(cluster, answer)


def narrower(cluster: str, namespaces: Iterable[str], asked: Asked) -> tuple[Query, ...]:
    """
    Ask in some namespaces for what was not answered for the whole cluster, and is not asked yet.

    The bot may have been given rights in a few namespaces only.
    """
    before = [query for query, _ in asked if isinstance(query, Each)]
    kinds = [q.kind for q, a in asked if isinstance(q, Each) and _wide(q) and not isinstance(a, Listing)]
    near = (k for k in kinds if k.namespaced and k in {*PLAIN, *refs.RULING_KINDS})
    spaces = tuple(dict.fromkeys(namespaces))
    wanted = [Each(cluster, kind, space) for kind in near for space in spaces]
    return tuple(query for query in wanted if query not in before)


def listed(asked: Asked, kind: refs.Kind, view: type[T]) -> tuple[T, ...] | None:
    """Return all objects of a kind that were seen: in the cluster, or else in namespaces; ``None`` where none were."""
    every = everywhere(asked, kind, view)
    if every is not None:
        return every
    near = [
        each(a, view)
        for q, a in asked
        if isinstance(q, Each) and q.kind == kind and q.namespace and not q.node
    ]
    found = [some for some in near if some is not None]
    return tuple(item for some in found for item in some) if found else None


def everywhere(asked: Asked, kind: refs.Kind, view: type[T]) -> tuple[T, ...] | None:
    """Return all objects of a kind in the cluster; ``None`` where that was not answered."""
    answer = next((a for q, a in asked if isinstance(q, Each) and q.kind == kind and _wide(q)), None)
    return each(answer, view) if answer is not None else None


def _wide(query: Each) -> bool:
    return not query.namespace and not query.node


def foreign(asked: Asked) -> tuple[views.Foreign, ...]:
    """Return the policies of engines, and what they name."""
    return tuple(i for kind in refs.RULING_KINDS for i in listed(asked, kind, views.Foreign) or ())


def blind(asked: Asked) -> tuple[Unseen, ...]:
    """Return the lists that bear on who may talk to whom and were not answered."""
    bearing = [(q, a) for q, a in asked if isinstance(q, Each) and q.kind in {*PLAIN, *refs.RULING_KINDS}]
    return unseen([query for query, _ in bearing], [answer for _, answer in bearing])


def world(asked: Asked, way: Reading, more: Iterable[views.PodView] = ()) -> World:
    """
    Return the cluster as an engine that reads so would see it; ``more`` are pods that were read by name.

    What could not be read is a gap: then what is found is at least what is open, never all of it.
    """
    pods = listed(asked, refs.POD, views.PodView) or ()
    there = {(pod.metadata.namespace, pod.metadata.name) for pod in pods}
    added = (pod for pod in more if (pod.metadata.namespace, pod.metadata.name) not in there)
    policies = listed(asked, refs.NETWORK_POLICY, views.NetworkPolicyView) or ()
    slices = next((a for q, a in asked if isinstance(q, Each) and q.kind == refs.ENDPOINT_SLICE), None)
    servers = api_servers(each(slices, views.EndpointSliceView) or () if slices is not None else ())
    missing = (f"{one.question} could not be read: {one.why}" for one in blind(asked))
    items, odd = believed(foreign(asked), asked, way)
    gaps = Compiled((), (*odd, *(Gap(EVERYTHING, why) for why in missing)))
    return world_of(
        (*pods, *added),
        listed(asked, refs.NAMESPACE, views.NamespaceView) or (),
        listed(asked, refs.NODE, views.NodeView) or (),
        compiled(policies, items, way, servers) + gaps,
        servers,
    )
