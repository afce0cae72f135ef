"""Quarantine: exactly the named pods, by a label of our own and one isolating NetworkPolicy for each."""

import re
from datetime import datetime
from typing import ClassVar

import msgspec

from bot.domain import bystanders, isolation, pods, refs, residual, views
from bot.domain.actions import Action, Grant, OnExpiry, Slot, SlotKind
from bot.domain.documents import Document
from bot.domain.findings import AGAIN, FORECAST_RANK, SILENT, Finding, Refusal, Unseen
from bot.domain.plans import Part, Plan, Planning
from bot.domain.queries import (
    Absent,
    Answer,
    Discover,
    Discovered,
    DryRun,
    Each,
    Get,
    Query,
    Unavailable,
    Unwelcome,
    kube,
    told,
)
from bot.domain.reading import cut, each, read, unseen

MOST_PODS = 20
CLUSTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
SECOND_VIEWS: dict[refs.Kind, type[views.NodeView | views.ReplicaSetView | views.StatefulSetView]] = {
    refs.NODE: views.NodeView,
    refs.REPLICA_SET: views.ReplicaSetView,
    refs.STATEFUL_SET: views.StatefulSetView,
}
OWNERS = {kind.kind: kind for kind in (refs.REPLICA_SET, refs.STATEFUL_SET)}


class Scene(msgspec.Struct, frozen=True):
    """What was read: ``nodes`` holds the nodes that answered, ``None`` for one that does not exist."""

    cluster: Discovered
    around: bystanders.Neighbours
    policies: tuple[views.NetworkPolicyView, ...]
    unseen: tuple[Unseen, ...]
    nodes: tuple[tuple[str, bool | None], ...] = ()


class QuarantinePod(Action, frozen=True, tag="quarantine-pod"):
    """
    Cut named pods off the network and leave them running, for forensics.

    Each pod gets a label of our own and one NetworkPolicy that selects this label and allows nothing, so its
    siblings keep serving. What other policies allow stays allowed, and is listed. Rolled back exactly.
    """

    name: ClassVar[str] = "quarantine-pod"
    word: ClassVar[str] = "quarantine"
    on_expiry: ClassVar[OnExpiry] = OnExpiry.HOLD
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("pods", SlotKind.PODS, f"which pods: [cluster/]namespace/pod[,pod...], {MOST_PODS} at most"),
    )
    grants: ClassVar[tuple[Grant, ...]] = (
        Grant("", "pods", ("get", "list", "patch")),
        Grant("networking.k8s.io", "networkpolicies", ("get", "list", "create", "update", "delete")),
        Grant("", "services", ("list",)),
        Grant("apps", "replicasets", ("get",)),
        Grant("apps", "statefulsets", ("get",)),
        Grant("policy", "poddisruptionbudgets", ("list",)),
        Grant("", "namespaces", ("get",), namespaced=False),
        Grant("", "nodes", ("get",), namespaced=False),
    )
    pod_labels: ClassVar[tuple[str, ...]] = (isolation.LABEL,)
    pod_annotations: ClassVar[tuple[str, ...]] = tuple(key for key, _ in isolation.KEPT)

    cluster: str
    namespace: str
    pods: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raise ``ValueError`` in plain words for what cannot be a target."""
        if not CLUSTER.fullmatch(self.cluster):
            raise ValueError(f"{self.cluster!r} is not the name of a cluster")
        if not pods.is_label(self.namespace):
            raise ValueError(
                f"{self.namespace!r} is not a namespace: lower case letters, digits and dashes only"
            )
        wrong = next((pod for pod in self.pods if not pods.is_subdomain(pod)), None)
        if wrong is not None:
            raise ValueError(
                f"{wrong!r} is not a pod's name: lower case letters, digits, dashes and dots only"
            )
        if not 1 <= len(self.pods) <= MOST_PODS:
            raise ValueError(f"one request takes 1 to {MOST_PODS} pods, not {len(self.pods)}")
        if len(set(self.pods)) != len(self.pods):
            raise ValueError("a pod is named twice")

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """The pods."""
        return tuple((self.namespace, pod) for pod in self.pods)

    @property
    def at_cluster(self) -> str:
        """The pods' cluster."""
        return self.cluster

    def plan(self, now: datetime, request_id: str) -> Planning:  # noqa: ARG002 - an isolation has no ages
        """
        Plan one policy and one patch for each pod.

        Raises ``ValueError`` for a request id that cannot be part of an object's name.
        """
        first = self._first()
        scene = self._scene(first, (yield first))
        if isinstance(scene, Refusal):
            return scene
        second = self._second(scene)
        scene = _widened(scene, second, (yield second))
        parts = self._parts(scene, request_id)
        third = tuple(DryRun(change) for part in parts for change in part.changes)
        taken = yield third
        refused = next((answer for answer in taken if isinstance(answer, Unwelcome)), None)
        if refused is not None:
            return self._refused(refused)
        scene = msgspec.structs.replace(scene, unseen=(*scene.unseen, *unseen(third, taken)))
        return self._whole(scene, parts, request_id)

    def _first(self) -> tuple[Query, ...]:
        kinds = (refs.NETWORK_POLICY, refs.SERVICE, refs.POD_DISRUPTION_BUDGET, refs.POD)
        return (
            Discover(self.cluster),
            Get(kube(self.cluster, refs.NAMESPACE, "", self.namespace)),
            *(Each(self.cluster, kind, self.namespace) for kind in kinds),
            *(Get(kube(self.cluster, refs.POD, self.namespace, pod)) for pod in self.pods),
        )

    def _scene(self, queries: tuple[Query, ...], answers: tuple[Answer, ...]) -> Scene | Refusal:
        cluster, namespace, policies, services, budgets, others, *targets = answers
        if not isinstance(cluster, Discovered):
            why = cluster.why if isinstance(cluster, Unavailable) else "it did not say who it is"
            text = f"cluster {self.cluster} does not answer: {cut(why)}"
            return Refusal("cluster-unavailable", text, SILENT)
        standing, known = each(others, views.PodView), each(policies, views.NetworkPolicyView)
        near = tuple(p.metadata.name for p in standing or ())
        pairs = zip(self.pods, targets, strict=True)
        found = [self._target(pod, answer, near, known) for pod, answer in pairs]
        refusal = self._no_namespace(namespace) or _joined([f for f in found if isinstance(f, Refusal)])
        if refusal is not None:
            return refusal
        around = bystanders.Neighbours(
            namespace=self.namespace,
            targets=tuple(f for f in found if isinstance(f, views.PodView)),
            cut=isolation.LABEL,
            pods=standing,
            services=each(services, views.ServiceView),
            budgets=each(budgets, views.BudgetView),
        )
        return Scene(cluster, around, known or (), unseen(queries, answers))

    def _no_namespace(self, answer: Answer) -> Refusal | None:
        place = f"{self.cluster}/{self.namespace}"
        match read(answer, views.NamespaceView):
            case Absent():
                return Refusal("namespace-absent", f"there is no namespace {place}", "Check its spelling.")
            case Unavailable(why):
                text = f"namespace {place} could not be read: {cut(why)}"
                return Refusal("namespace-unavailable", text, AGAIN)
            case views.NamespaceView() as view if view.ending:
                text = f"namespace {place} is being deleted: it takes no new objects, and its pods are ending"
                return Refusal(
                    "namespace-terminating", text, "Its pods end by themselves; look where they run next."
                )
            case _:
                return None

    def _target(
        self,
        pod: str,
        answer: Answer,
        names: tuple[str, ...],
        policies: tuple[views.NetworkPolicyView, ...] | None,
    ) -> views.PodView | Refusal:
        title = f"{self.cluster}/{self.namespace}/{pod}"
        match read(answer, views.PodView):
            case Absent():
                near = pods.closest(pod, names)
                remedy = f"Closest: {', '.join(near)}" if near else "See what is there: `kubectl get pods`"
                return Refusal("pod-absent", f"there is no pod {title}", remedy)
            case Unavailable(why):
                return Refusal("pod-unavailable", f"pod {title} could not be read: {cut(why)}", AGAIN)
            case views.PodView() as view:
                return pods.unfit(view, title, isolation.mark_of(view, policies)) or view

    def _second(self, scene: Scene) -> tuple[Query, ...]:
        targets = scene.around.targets
        nodes = {pod.spec.node_name for pod in targets if pods.is_subdomain(pod.spec.node_name)}
        controllers = (pod.metadata.controller for pod in targets)
        owners = {
            (o.kind, o.name) for o in controllers if o and o.kind in OWNERS and pods.is_subdomain(o.name)
        }
        return (
            *(Get(kube(self.cluster, refs.NODE, "", node)) for node in sorted(nodes)),
            *(Get(kube(self.cluster, OWNERS[kind], self.namespace, name)) for kind, name in sorted(owners)),
        )

    def _parts(self, scene: Scene, request_id: str) -> tuple[Part, ...]:
        context = scene.cluster.kubectl_context or self.cluster
        named = (kube(self.cluster, refs.POD, self.namespace, pod) for pod in self.pods)
        paired = zip(scene.around.targets, named, strict=True)
        return tuple(isolation.part(pod, ref, request_id, i, context) for i, (pod, ref) in enumerate(paired))

    def _refused(self, refused: Unwelcome) -> Refusal:
        text = f"{self.cluster} would not take it: {cut(refused.code)}: {cut(refused.why)}"
        return Refusal(
            "dry-run-refused",
            text,
            "Ask whoever runs the cluster to change the rule, quota or permission that it names.",
        )

    def _whole(self, scene: Scene, parts: tuple[Part, ...], request_id: str) -> Plan:
        around, targets = scene.around, scene.around.targets
        left = bystanders.replicas_left(around)
        named = [(pod, f"{self.namespace}/{pod.metadata.name}") for pod in targets]
        nodes = [pods.node_warning(pod, dict(scene.nodes), subject) for pod, subject in named]
        tokens = sorted({pods.token(pod, self.namespace) for pod in targets})
        return Plan(
            action=self.name,
            parameters=Document.of(msgspec.to_builtins(self)),
            cluster=self.cluster,
            cluster_uid=scene.cluster.uid,
            scope=self.at_scope,
            strategy="network-policy",
            parts=parts,
            summary=f"Cut {', '.join(s for _, s in named)} in {self.cluster} off the network, and no other pod",
            eta="accepted within seconds; when it takes effect, a cluster does not tell",
            forecast=max((part.forecast for part in parts), key=FORECAST_RANK.__getitem__),
            residual=self._residual(scene, request_id),
            side_effects=(
                *bystanders.service_effects(around),
                *bystanders.budget_effects(around),
                *(isolation.held(pod, subject) for pod, subject in named),
            ),
            warnings=(
                *(warning for some in nodes for warning in some),
                *(warning for pod, subject in named for warning in isolation.foreign_mark(pod, subject)),
                *bystanders.replica_warnings(around, left),
                *bystanders.quorum_warnings(around, left),
                *tokens,
            ),
            unseen=scene.unseen,
            blast_radius=bystanders.radius(around, left),
        )

    def _residual(self, scene: Scene, request_id: str) -> tuple[Finding, ...]:
        found: list[Finding] = []
        for index, pod in enumerate(scene.around.targets):
            name = f"{self.namespace}/{pod.metadata.name}"
            found += pods.boundary(pod, name)
            carried = pod.metadata.labels | {isolation.LABEL: isolation.mark(request_id, index)}
            for opening in residual.openings(scene.policies, carried):
                subject = f"{self.namespace}/{opening.policy}"
                shared = subject if len(self.pods) == 1 else f"{subject} on {pod.metadata.name}"
                found.append(residual.kept_open(opening, self.namespace, name, shared))
        return (*found, *residual.constants(self.namespace))


def _joined(refusals: list[Refusal]) -> Refusal | None:
    if len(refusals) < 2:
        return refusals[0] if refusals else None
    texts = "; ".join(f"{r.text} ({r.remedy})" if r.remedy else r.text for r in refusals)
    return Refusal(refusals[0].code, texts, "Leave these out, or correct them.")


def _widened(scene: Scene, queries: tuple[Query, ...], answers: tuple[Answer, ...]) -> Scene:
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
