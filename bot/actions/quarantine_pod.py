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
from bot.domain.quarantine.closing import possible
from bot.domain.quarantine.means import Chosen, Wish, asked_rights, chosen
from bot.domain.quarantine.outlook import Outlook, eta, lets_through, outlooks, proving, worst_of
from bot.domain.quarantine.scene import Scene, Targets, first, second, understood, widened
from bot.domain.queries import DryRun, Query, Unwelcome, kube
from bot.domain.reading import cut, unseen

MOST_PODS = 20
CUT, KEEP = "cut", "keep"
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
        Slot("allow", SlotKind.ALLOWED, "what stays open for forensics", keyword="allow", required=False),
        Slot(
            "probes",
            SlotKind.CHOICE,
            "of the kubelet on its own node",
            keyword="probes",
            choices=(CUT, KEEP),
            required=False,
        ),
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
        allowing(self.allow)

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
        Plan the policies and one patch for each pod.

        Raises ``ValueError`` for a request id that cannot be part of an object's name.
        """
        wanted = Targets(self.cluster, self.namespace, self.pods)
        asked: tuple[Query, ...] = first(wanted)
        scene = understood(wanted, asked, (yield asked))
        if isinstance(scene, Refusal):
            return scene
        asked = second(wanted, scene)
        scene = widened(scene, asked, (yield asked))
        rights = asked_rights(scene)
        wide = surroundings.questions(scene) if self.allow or lets_through(scene, request_id) else ()
        told = yield (*rights, *wide)
        allowed = tuple(zip(rights, told, strict=False))
        means = chosen(scene, self._wish, allowed, request_id)
        if isinstance(means, Refusal):
            return means
        around = tuple(zip(wide, told[len(rights) :], strict=True))
        parts = self._parts(scene, request_id, means)
        here = possible(scene, allowed, means)
        looks = outlooks(scene, around, surroundings.planned(scene, parts), here)
        parts = tuple(self._judged(*each) for each in zip(parts, looks, strict=True))
        asked = tuple(DryRun(change) for part in parts for change in part.changes)
        taken = yield asked
        refused = next((answer for answer in taken if isinstance(answer, Unwelcome)), None)
        if refused is not None:
            return self._refused(refused)
        blind = (*scene.unseen, *unseen(wide, told[len(rights) :]), *unseen(asked, taken))
        return self._whole(msgspec.structs.replace(scene, unseen=blind), parts, means, looks)

    @property
    def _wish(self) -> Wish:
        return Wish(self.using, self.probes == KEEP, allowing(self.allow))

    def _parts(self, scene: Scene, request_id: str, means: tuple[Chosen, ...]) -> tuple[Part, ...]:
        context = scene.cluster.kubectl_context or self.cluster
        named = (kube(self.cluster, refs.POD, self.namespace, pod) for pod in self.pods)
        paired = zip(scene.around.targets, named, means, strict=True)
        return tuple(
            isolation.part(pod, ref, request_id, i, context, how.options)
            for i, (pod, ref, how) in enumerate(paired)
        )

    def _judged(self, part: Part, look: Outlook) -> Part:
        return msgspec.structs.replace(
            part, forecast=look.forecast, best_verdict=look.best, proving=proving(look, part)
        )

    def _refused(self, refused: Unwelcome) -> Refusal:
        text = f"{self.cluster} would not take it: {cut(refused.code)}: {cut(refused.why)}"
        return Refusal(
            "dry-run-refused",
            text,
            "Ask whoever runs the cluster to change the rule, quota or permission that it names.",
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
                *(warning for pod, subject in named for warning in isolation.foreign_mark(pod, subject)),
                *bystanders.replica_warnings(around, left),
                *bystanders.quorum_warnings(around, left),
                *detached.warnings(scene, means),
                *tokens,
            ),
            unseen=scene.unseen,
            blast_radius=bystanders.radius(after, left),
        )
