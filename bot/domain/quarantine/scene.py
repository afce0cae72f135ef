"""
What a quarantine reads, and what it makes of the answers.

Two rounds: the namespace and all in it, then what the targets point at: nodes with the engines on them, controllers,
and the policies of those engines.
"""

from collections.abc import Iterator, Mapping

import msgspec

from bot.domain import bystanders, isolation, pods, refs, views
from bot.domain.engines import questions
from bot.domain.engines.answers import gathered
from bot.domain.engines.calico_api import ruling_kinds
from bot.domain.engines.detection import engine_on
from bot.domain.engines.engine import Bearing, Confidence, Engine, EngineName, Reason
from bot.domain.findings import AGAIN, Refusal, Unseen
from bot.domain.plans import Target
from bot.domain.quarantine.claims import claims, contained, loose
from bot.domain.queries import (
    Absent,
    Answer,
    Asked,
    Discover,
    Discovered,
    Each,
    Get,
    Listing,
    Query,
    Recorded,
    Rounds,
    Unavailable,
    kube,
    told,
)
from bot.domain.reading import cut, each, read, unreachable, unseen
from bot.domain.seen import View

OWNERS = {kind.kind: kind for kind in (refs.REPLICA_SET, refs.STATEFUL_SET)}


class Targets(msgspec.Struct, frozen=True):
    """Pods by name, all of one namespace of one cluster. ``first`` is the number of the first among those of its request."""

    cluster: str
    namespace: str
    pods: tuple[str, ...]
    first: int = 0


class Scene(msgspec.Struct, frozen=True):
    """
    What was read: ``nodes`` holds the nodes that answered, ``None`` for one that does not exist.

    ``space`` is the namespace with its labels; ``engines`` are by node; ``foreign`` holds policies of engines and the sets that
    they name, as they are. ``first`` is the number of the first target in its request; ``loose`` who has which on record alone.
    """

    cluster: Discovered
    space: views.NamespaceView
    around: bystanders.Neighbours
    policies: tuple[views.NetworkPolicyView, ...]
    unseen: tuple[Unseen, ...]
    asked: Asked = ()
    nodes: tuple[tuple[str, bool | None], ...] = ()
    engines: tuple[Engine, ...] = ()
    foreign: tuple[views.Foreign, ...] = ()
    first: int = 0
    loose: Mapping[str, Recorded] = {}

    @property
    def lists(self) -> tuple[tuple[Each, Listing], ...]:
        """The lists of engines' policies that were answered."""
        return tuple(
            (query, answer)
            for query, answer in self.asked
            if isinstance(query, Each) and query.kind in refs.RULING_KINDS and isinstance(answer, Listing)
        )

    def engine(self, pod: views.PodView) -> Engine:
        """Return who enforces on the node of a pod; one that has no node yet may come to any."""
        on = pod.spec.node_name
        why = (Reason("the pod", "it has no node yet", Bearing.OPEN),)
        none = Engine(on, EngineName.UNKNOWN, Confidence.UNPROVEN, why)
        return next((engine for engine in self.engines if engine.node == on), none)


def looked_at(
    wanted: Targets, standing: Target | None = None, *, as_they_are: bool = False
) -> Rounds[Scene | Refusal]:
    """
    Ask both rounds; return the scene, or why there is nothing to contain.

    ``as_they_are``: targets are looked at whether they are cut or not; so is ``standing``, the one target, which must be
    this very one.
    """
    asked: tuple[Query, ...] = first(wanted)
    answers = yield asked
    claimed = () if standing or as_they_are else claims(tuple(zip(asked, answers, strict=True)))
    records = (yield claimed) if claimed else ()
    scene = understood(wanted, asked, answers, contained(claimed, records))
    if isinstance(scene, Refusal):
        return scene
    scene = msgspec.structs.replace(scene, loose=loose(claimed, records))
    if standing is not None and any(pod.metadata.uid != standing.uid for pod in scene.around.targets):
        text = f"{standing.title} is another pod now, of the same name"
        return Refusal("pod-replaced", text, "Quarantine this one too if needed.")
    asked = second(wanted, scene)
    scene = widened(scene, asked, (yield asked))
    asked = third(wanted, scene)
    return listed_too(scene, asked, (yield asked)) if asked else scene


def looked_again(target: Target) -> Rounds[Scene | Refusal]:
    """Ask again what was asked when a part was planned, of the pod as it stands."""
    return (yield from looked_at(Targets(target.cluster, target.namespace, (target.name,)), target))


def first(wanted: Targets) -> tuple[Query, ...]:
    """Ask for the namespace and what is in it."""
    kinds = (refs.NETWORK_POLICY, refs.SERVICE, refs.POD_DISRUPTION_BUDGET, refs.POD)
    return (
        Discover(wanted.cluster),
        Get(kube(wanted.cluster, refs.NAMESPACE, "", wanted.namespace)),
        *(Each(wanted.cluster, kind, wanted.namespace) for kind in kinds),
        *questions.first(wanted.cluster),
        *(Get(kube(wanted.cluster, refs.POD, wanted.namespace, pod)) for pod in wanted.pods),
    )


def understood(
    wanted: Targets, queries: tuple[Query, ...], answers: tuple[Answer, ...], held: Mapping[str, Recorded]
) -> Scene | Refusal:
    """
    Return what the first round tells, or why there is nothing to contain.

    ``held``: by which request a target is quarantined already, by its name; such a one is refused.
    """
    cluster, namespace, policies, services, budgets, others, *rest = answers
    targets = rest[len(rest) - len(wanted.pods) :]
    if not isinstance(cluster, Discovered):
        return unreachable(wanted.cluster, cluster)
    there, known = each(others, views.PodView), each(policies, views.NetworkPolicyView)
    near = tuple(p.metadata.name for p in there or ())
    pairs = zip(wanted.pods, targets, strict=True)
    found = [_target(f"{wanted.cluster}/{wanted.namespace}/{p}", a, near, held.get(p)) for p, a in pairs]
    space = _space(wanted, namespace)
    refused = [f for f in (space, *found) if isinstance(f, Refusal)]
    if isinstance(space, Refusal) or refused:
        return _joined(refused[:1] if isinstance(space, Refusal) else refused)
    around = bystanders.Neighbours(
        namespace=wanted.namespace,
        targets=tuple(f for f in found if isinstance(f, views.PodView)),
        cut=isolation.LABEL,
        pods=there,
        services=each(services, views.ServiceView),
        budgets=each(budgets, views.BudgetView),
    )
    asked = tuple(zip(queries, answers, strict=True))
    return Scene(cluster, space, around, known or (), unseen(queries, answers), asked, first=wanted.first)


def _space(wanted: Targets, answer: Answer) -> views.NamespaceView | Refusal:
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
        case views.NamespaceView() as view:
            return view


def _target(
    title: str, answer: Answer, names: tuple[str, ...], held: Recorded | None
) -> views.PodView | Refusal:
    match read(answer, views.PodView):
        case Absent():
            near = pods.closest(title.rpartition("/")[2], names)
            remedy = f"Closest: {', '.join(near)}" if near else "See what is there: `kubectl get pods`"
            return Refusal("pod-absent", f"there is no pod {title}", remedy)
        case Unavailable(why):
            return Refusal("pod-unavailable", f"pod {title} could not be read: {cut(why)}", AGAIN)
        case views.PodView() as view:
            return pods.unfit(view, title, held) or view


def _joined(refusals: list[Refusal]) -> Refusal:
    if len(refusals) == 1:
        return refusals[0]
    texts = "; ".join(f"{r.text} ({r.remedy})" if r.remedy else r.text for r in refusals)
    return Refusal(refusals[0].code, texts, "Leave these out, or correct them.")


def second(wanted: Targets, scene: Scene) -> tuple[Query, ...]:
    """Ask for the nodes with their engines, the policies of engines, and the controllers of the targets."""
    targets = scene.around.targets
    nodes = {pod.spec.node_name for pod in targets if pods.is_subdomain(pod.spec.node_name)}
    controllers = (pod.metadata.controller for pod in targets)
    owners = {(o.kind, o.name) for o in controllers if o and o.kind in OWNERS and pods.is_subdomain(o.name)}
    return (
        *questions.second(wanted.cluster, sorted(nodes), scene.asked),
        *(Get(kube(wanted.cluster, OWNERS[kind], wanted.namespace, name)) for kind, name in sorted(owners)),
        *(Each(wanted.cluster, kind, _place(kind, wanted)) for kind in ruling_kinds(scene.asked)),
    )


def third(wanted: Targets, scene: Scene) -> tuple[Query, ...]:
    """Ask for what Calico stores, where its own API turns out not to be surely what it reads."""
    known = {query.kind for query, _ in scene.asked if isinstance(query, Each)}
    kinds = (kind for kind in ruling_kinds(scene.asked) if kind not in known)
    return tuple(Each(wanted.cluster, kind, _place(kind, wanted)) for kind in kinds)


def _place(kind: refs.Kind, wanted: Targets) -> str:
    return wanted.namespace if kind.namespaced else ""


def widened(scene: Scene, queries: tuple[Query, ...], answers: tuple[Answer, ...]) -> Scene:
    """Return the scene with what the second round told: nodes, engines, StatefulSets, policies of engines."""
    asked = (*scene.asked, *zip(queries, answers, strict=True))
    evidence = gathered(asked)
    places = dict.fromkeys(pod.spec.node_name for pod in scene.around.targets if pod.spec.node_name)
    beheld = [found for _, _, found in _beheld(queries, answers)]
    sets = tuple(found for found in beheld if isinstance(found, views.StatefulSetView))
    around = msgspec.structs.replace(scene.around, sets=sets)
    return msgspec.structs.replace(
        scene,
        around=around,
        asked=asked,
        nodes=tuple(_nodes(queries, answers)),
        engines=tuple(engine_on(node, evidence) for node in places),
        foreign=tuple(
            item
            for item in _items(queries, answers)
            if isinstance(item, views.Foreign) and item.of in refs.RULING_KINDS
        ),
        unseen=tuple(dict.fromkeys((*scene.unseen, *_blind(queries, answers)))),
    )


def listed_too(scene: Scene, queries: tuple[Query, ...], answers: tuple[Answer, ...]) -> Scene:
    """Return the scene with policies that were listed after all."""
    return msgspec.structs.replace(
        scene,
        asked=(*scene.asked, *zip(queries, answers, strict=True)),
        foreign=(*scene.foreign, *(i for i in _items(queries, answers) if isinstance(i, views.Foreign))),
        unseen=tuple(dict.fromkeys((*scene.unseen, *_blind(queries, answers)))),
    )


def _items(queries: tuple[Query, ...], answers: tuple[Answer, ...]) -> Iterator[View]:
    for query, answer in zip(queries, answers, strict=True):
        if isinstance(query, Each) and isinstance(answer, Listing):
            yield from answer.items


def _blind(queries: tuple[Query, ...], answers: tuple[Answer, ...]) -> Iterator[Unseen]:
    """Yield what got no answer, or none that could be understood."""
    yield from unseen(queries, answers)
    for query, _, found in _beheld(queries, answers):
        if isinstance(found, Unavailable):
            yield Unseen(told(query), cut(found.why))


Beheld = views.NodeView | views.StatefulSetView | views.ReplicaSetView
_VIEWS: dict[refs.Kind, type[Beheld]] = {
    refs.NODE: views.NodeView,
    refs.REPLICA_SET: views.ReplicaSetView,
    refs.STATEFUL_SET: views.StatefulSetView,
}


def _beheld(
    queries: tuple[Query, ...], answers: tuple[Answer, ...]
) -> Iterator[tuple[Query, str, Beheld | Absent | Unavailable]]:
    """Yield what was asked of single objects with a view, the name, and what was understood of the answer."""
    for query, answer in zip(queries, answers, strict=True):
        match query:
            case Get(refs.KubeRef(_, kind, _, name)) if kind in _VIEWS:
                yield query, name, read(answer, _VIEWS[kind])
            case _:
                pass


def _nodes(queries: tuple[Query, ...], answers: tuple[Answer, ...]) -> Iterator[tuple[str, bool | None]]:
    for query, name, found in _beheld(queries, answers):
        assert isinstance(query, Get)
        if isinstance(found, views.NodeView):
            yield name, found.ready
        elif (
            isinstance(found, Absent) and isinstance(query.ref, refs.KubeRef) and query.ref.kind == refs.NODE
        ):
            yield name, None
