"""Quarantine: exactly the named pods, by a label of our own and one isolating NetworkPolicy for each."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

import msgspec

from bot.domain import bystanders, isolation, pods, refs
from bot.domain.actions import Action, Grant, OnExpiry, Slot, SlotKind
from bot.domain.documents import Document
from bot.domain.engines.questions import GRANTS as ENGINE_GRANTS
from bot.domain.findings import Refusal
from bot.domain.isolation.allowances import allowing
from bot.domain.isolation.choosing import AUTO, WORDS
from bot.domain.plans import Part, Plan, Planning
from bot.domain.quarantine import detached, surroundings
from bot.domain.quarantine.assuring import assured
from bot.domain.quarantine.closing import possible
from bot.domain.quarantine.ground import explored, not_taken, tried
from bot.domain.quarantine.means import ALLOW, CUT, PROBES, Chosen, wish
from bot.domain.quarantine.outlook import Outlook, eta, outlooks, proving, worst_of
from bot.domain.quarantine.promising import promised
from bot.domain.quarantine.replays import whom_it_cuts
from bot.domain.quarantine.scene import Scene, Targets
from bot.domain.queries import Unwelcome, kube

MOST_PODS = 20
REMEDY = "Ask whoever runs the cluster to change the rule, quota or permission that it names."
CLUSTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


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
        Slot(
            "using",
            SlotKind.CHOICE,
            "by which means",
            keyword="using",
            choices=(AUTO, *WORDS),
            required=False,
        ),
        ALLOW,
        PROBES,
    )
    flags: ClassVar[Mapping[str, tuple[str, str]]] = {"--detach": ("using", "detach")}
    grants: ClassVar[tuple[Grant, ...]] = (
        Grant("", "pods", ("get", "list", "watch", "patch")),
        Grant("networking.k8s.io", "networkpolicies", ("get", "list", "watch", "create", "update", "delete")),
        Grant("", "services", ("list",)),
        Grant("apps", "replicasets", ("get",)),
        Grant("apps", "statefulsets", ("get",)),
        Grant("policy", "poddisruptionbudgets", ("list",)),
        Grant("", "namespaces", ("get", "list"), namespaced=False),
        Grant("", "nodes", ("get", "list"), namespaced=False),
        Grant("discovery.k8s.io", "endpointslices", ("list",), within="default"),
        *ENGINE_GRANTS,
        *(Grant(kind.group, kind.plural, ("list", "watch"), kind.namespaced) for kind in refs.RULING_KINDS),
    )
    pod_labels: ClassVar[tuple[str, ...]] = (isolation.LABEL,)
    pod_annotations: ClassVar[tuple[str, ...]] = tuple(key for key, _ in isolation.KEPT)

    cluster: str
    namespace: str
    pods: tuple[str, ...]
    using: str = AUTO
    probes: str = CUT
    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ``ValueError`` in plain words for what cannot be a target."""
        if not CLUSTER.fullmatch(self.cluster):
            raise ValueError(f"{self.cluster!r} is not the name of a cluster")
        pods.check_namespace(self.namespace)
        wrong = next((pod for pod in self.pods if not pods.is_subdomain(pod)), None)
        if wrong is not None:
            raise ValueError(
                f"{wrong!r} is not a pod's name: lower case letters, digits, dashes and dots only"
            )
        if not 1 <= len(self.pods) <= MOST_PODS:
            raise ValueError(f"one request takes 1 to {MOST_PODS} pods, not {len(self.pods)}")
        if len(set(self.pods)) != len(self.pods):
            raise ValueError("a pod is named twice")
        allowing(self.allow)

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """The pods."""
        return tuple((self.namespace, pod) for pod in self.pods)

    @property
    def at_cluster(self) -> str:
        """The pods' cluster."""
        return self.cluster

    def plan(self, now: datetime, request_id: str, first: int = 0) -> Planning:  # noqa: ARG002 - an isolation has no ages
        """
        Plan the policies and one patch for each pod.

        Raises ``ValueError`` for a request id that cannot be part of an object's name.
        """
        wanted = Targets(self.cluster, self.namespace, self.pods, first)
        ground = yield from explored(wanted, wish(self.using, self.probes, self.allow), request_id)
        if isinstance(ground, Refusal):
            return ground
        scene, means = ground.scene, ground.means
        parts = self._parts(scene, request_id, means)
        here = possible(scene, ground.rights, means)
        looks = outlooks(scene, ground.around, surroundings.planned(scene, parts), here)
        parts = tuple(self._judged(*each) for each in zip(parts, looks, strict=True))
        untried = yield from tried(parts)
        if isinstance(untried, Unwelcome):
            return not_taken(self.cluster, untried, REMEDY)
        parts, unproved = yield from promised(scene, parts, request_id, self.allow)
        parts, untested = yield from assured(scene, parts)
        parts = tuple(
            msgspec.structs.replace(part, best_verdict=look.best(part))
            for part, look in zip(parts, looks, strict=True)
        )
        scene = msgspec.structs.replace(scene, unseen=(*ground.blind, *untried))
        plan = self._whole(scene, parts, means, looks)
        whom = yield from whom_it_cuts(scene, ground.around, parts)
        radius = msgspec.structs.replace(plan.blast_radius, flows=whom)
        return msgspec.structs.replace(
            plan, blast_radius=radius, warnings=(*plan.warnings, *unproved, *untested)
        )

    def _parts(self, scene: Scene, request_id: str, means: tuple[Chosen, ...]) -> tuple[Part, ...]:
        context = scene.cluster.kubectl_context or self.cluster
        named = (kube(self.cluster, refs.POD, self.namespace, pod) for pod in self.pods)
        paired = zip(scene.around.targets, named, means, strict=True)
        return tuple(
            isolation.part(pod, ref, request_id, i, context, how.options)
            for i, (pod, ref, how) in enumerate(paired, scene.first)
        )

    def _judged(self, part: Part, look: Outlook) -> Part:
        return msgspec.structs.replace(
            part, forecast=look.forecast, best_verdict=look.best(part), proving=proving((look,), part)
        )

    def _whole(
        self, scene: Scene, parts: tuple[Part, ...], means: tuple[Chosen, ...], looks: tuple[Outlook, ...]
    ) -> Plan:
        around, targets = scene.around, scene.around.targets
        after = detached.around_after(scene, means)
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
            strategy=", ".join(dict.fromkeys(how.strategy.name for how in means)),
            means=tuple(dict.fromkeys(told for how in means for told in how.told)),
            parts=parts,
            summary=f"Cut {', '.join(s for _, s in named)} in {self.cluster} off the network, and no other pod",
            eta=eta(looks),
            forecast=worst_of(looks),
            residual=tuple(dict.fromkeys(finding for look in looks for finding in look.findings)),
            side_effects=(
                *bystanders.service_effects(after),
                *bystanders.budget_effects(after),
                *detached.side_effects(scene, means),
                *(isolation.held(pod, subject) for pod, subject in named),
            ),
            warnings=(
                *(warning for some in nodes for warning in some),
                *(
                    warning
                    for pod, subject in named
                    for warning in isolation.foreign_mark(pod, subject, scene.policies)
                ),
                *(said for pod, on in named for said in pods.loose(scene.loose.get(pod.metadata.name), on)),
                *bystanders.replica_warnings(around, left),
                *bystanders.quorum_warnings(around, left),
                *detached.warnings(scene, means, (look.findings for look in looks)),
                *tokens,
            ),
            unseen=scene.unseen,
            blast_radius=bystanders.radius(after, left),
        )
