"""
What a quarantine reads, and what it makes of the answers.

Two rounds: the namespace and all in it, then what the targets point at (nodes, controllers).
"""

import msgspec

from bot.domain import bystanders, isolation, pods, refs, views
from bot.domain.findings import AGAIN, SILENT, Refusal, Unseen
from bot.domain.queries import (
    Absent,
    Answer,
    Discover,
    Discovered,
    Each,
    Get,
    Query,
    Unavailable,
    kube,
    told,
)
from bot.domain.reading import cut, each, read, unseen

SECOND_VIEWS: dict[refs.Kind, type[views.NodeView | views.ReplicaSetView | views.StatefulSetView]] = {
    refs.NODE: views.NodeView,
    refs.REPLICA_SET: views.ReplicaSetView,
    refs.STATEFUL_SET: views.StatefulSetView,
}
OWNERS = {kind.kind: kind for kind in (refs.REPLICA_SET, refs.STATEFUL_SET)}


class Targets(msgspec.Struct, frozen=True):
    """Pods by name, all of one namespace of one cluster."""

    cluster: str
    namespace: str
    pods: tuple[str, ...]


class Scene(msgspec.Struct, frozen=True):
    """What was read: ``nodes`` holds the nodes that answered, ``None`` for one that does not exist."""

    cluster: Discovered
    around: bystanders.Neighbours
    policies: tuple[views.NetworkPolicyView, ...]
    unseen: tuple[Unseen, ...]
    nodes: tuple[tuple[str, bool | None], ...] = ()


def first(wanted: Targets) -> tuple[Query, ...]:
    """Ask for the namespace and what is in it."""
    kinds = (refs.NETWORK_POLICY, refs.SERVICE, refs.POD_DISRUPTION_BUDGET, refs.POD)
    return (
        Discover(wanted.cluster),
        Get(kube(wanted.cluster, refs.NAMESPACE, "", wanted.namespace)),
        *(Each(wanted.cluster, kind, wanted.namespace) for kind in kinds),
        *(Get(kube(wanted.cluster, refs.POD, wanted.namespace, pod)) for pod in wanted.pods),
    )


def understood(wanted: Targets, queries: tuple[Query, ...], answers: tuple[Answer, ...]) -> Scene | Refusal:
    """Return what the first round tells, or why there is nothing to contain."""
    cluster, namespace, policies, services, budgets, others, *targets = answers
    if not isinstance(cluster, Discovered):
        why = cluster.why if isinstance(cluster, Unavailable) else "it did not say who it is"
        text = f"cluster {wanted.cluster} does not answer: {cut(why)}"
        return Refusal("cluster-unavailable", text, SILENT)
    standing, known = each(others, views.PodView), each(policies, views.NetworkPolicyView)
    near = tuple(p.metadata.name for p in standing or ())
    pairs = zip(wanted.pods, targets, strict=True)
    found = [_target(f"{wanted.cluster}/{wanted.namespace}/{pod}", a, near, known) for pod, a in pairs]
    refusal = _no_namespace(wanted, namespace) or _joined([f for f in found if isinstance(f, Refusal)])
    if refusal is not None:
        return refusal
    around = bystanders.Neighbours(
        namespace=wanted.namespace,
        targets=tuple(f for f in found if isinstance(f, views.PodView)),
        cut=isolation.LABEL,
        pods=standing,
        services=each(services, views.ServiceView),
        budgets=each(budgets, views.BudgetView),
    )
    return Scene(cluster, around, known or (), unseen(queries, answers))


def _no_namespace(wanted: Targets, answer: Answer) -> Refusal | None:
    place = f"{wanted.cluster}/{wanted.namespace}"
    match read(answer, views.NamespaceView):
        case Absent():
            return Refusal("namespace-absent", f"there is no namespace {place}", "Check its spelling.")
        case Unavailable(why):
            text = f"namespace {place} could not be read: {cut(why)}"
            return Refusal("namespace-unavailable", text, AGAIN)
        case views.NamespaceView() as view if view.ending:
            text = f"namespace {place} is being deleted: it takes no new objects, and its pods are ending"
            remedy = "Its pods end by themselves; look where they run next."
            return Refusal("namespace-terminating", text, remedy)
        case _:
            return None


def _target(
    title: str, answer: Answer, names: tuple[str, ...], policies: tuple[views.NetworkPolicyView, ...] | None
) -> views.PodView | Refusal:
    match read(answer, views.PodView):
        case Absent():
            near = pods.closest(title.rpartition("/")[2], names)
            remedy = f"Closest: {', '.join(near)}" if near else "See what is there: `kubectl get pods`"
            return Refusal("pod-absent", f"there is no pod {title}", remedy)
        case Unavailable(why):
            return Refusal("pod-unavailable", f"pod {title} could not be read: {cut(why)}", AGAIN)
        case views.PodView() as view:
            return pods.unfit(view, title, isolation.mark_of(view, policies)) or view


def _joined(refusals: list[Refusal]) -> Refusal | None:
    if len(refusals) < 2:
        return refusals[0] if refusals else None
    texts = "; ".join(f"{r.text} ({r.remedy})" if r.remedy else r.text for r in refusals)
    return Refusal(refusals[0].code, texts, "Leave these out, or correct them.")


def second(wanted: Targets, scene: Scene) -> tuple[Query, ...]:
    """Ask for the nodes and the controllers of the targets."""
    targets = scene.around.targets
    nodes = {pod.spec.node_name for pod in targets if pods.is_subdomain(pod.spec.node_name)}
    controllers = (pod.metadata.controller for pod in targets)
    owners = {(o.kind, o.name) for o in controllers if o and o.kind in OWNERS and pods.is_subdomain(o.name)}
    return (
        *(Get(kube(wanted.cluster, refs.NODE, "", node)) for node in sorted(nodes)),
        *(Get(kube(wanted.cluster, OWNERS[kind], wanted.namespace, name)) for kind, name in sorted(owners)),
    )


def widened(scene: Scene, queries: tuple[Query, ...], answers: tuple[Answer, ...]) -> Scene:
    """Return the scene with what the second round told: nodes, and the StatefulSets behind the targets."""
    nodes: list[tuple[str, bool | None]] = []
    sets: list[views.StatefulSetView] = []
    blind = list(scene.unseen)
    for query, answer in zip(queries, answers, strict=True):
        match read(answer, SECOND_VIEWS[_kind(query)]):
            case views.NodeView() as node:
                nodes.append((node.metadata.name, node.ready))
            case views.StatefulSetView() as group:
                sets.append(group)
            case Absent(ref) if isinstance(ref, refs.KubeRef) and ref.kind == refs.NODE:
                nodes.append((ref.name, None))
            case Unavailable(why):
                blind.append(Unseen(told(query), cut(why)))
            case _:
                pass
    around = msgspec.structs.replace(scene.around, sets=tuple(sets))
    return msgspec.structs.replace(scene, around=around, nodes=tuple(nodes), unseen=tuple(blind))


def _kind(query: Query) -> refs.Kind:
    assert isinstance(query, Get)
    assert isinstance(query.ref, refs.KubeRef)
    return query.ref.kind
