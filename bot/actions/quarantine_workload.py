"""Quarantine of a whole Deployment: its pods of now and of later, by its own selector, under one approval."""

from datetime import datetime
from typing import ClassVar

import msgspec

from bot.domain import bystanders, isolation, pods, refs, views
from bot.domain.actions import Action, Grant, OnExpiry, Slot, SlotKind
from bot.domain.documents import Document
from bot.domain.findings import AGAIN, Refusal
from bot.domain.isolation.allowances import allowing
from bot.domain.isolation.choosing import AUTO, WORDS
from bot.domain.plans import Part, Plan, Planning
from bot.domain.quarantine import surroundings
from bot.domain.quarantine.closing import Possible
from bot.domain.quarantine.means import Chosen, Wish, asked_rights, chosen
from bot.domain.quarantine.outlook import Outlook, eta, lets_through, outlooks, worst_of
from bot.domain.quarantine.scene import Scene, Targets, first, second, understood, widened
from bot.domain.quarantine.workload import (
    DeploymentView,
    Workload,
    caught,
    covered,
    findings,
    steps,
    target,
    together,
)
from bot.domain.queries import Absent, Answer, DryRun, Each, Get, Query, Unavailable, Unwelcome, kube
from bot.domain.reading import cut, each, read, unseen

MOST_LOOKED_AT = 20
CUT, KEEP = "cut", "keep"
MEANS = (AUTO, *(word for word in WORDS if word != "detach"))


class QuarantineWorkload(Action, frozen=True, tag="quarantine-workload"):
    """
    Cut all pods of a Deployment off the network, those of now and those that it makes later.

    The policies select by the Deployment's own selector, and no pod is changed. What else that selector catches is
    named. Rolled back exactly.
    """

    name: ClassVar[str] = "quarantine-workload"
    word: ClassVar[str] = "quarantine-deployment"
    thing: ClassVar[tuple[str, str]] = ("quarantine", "deployment")
    on_expiry: ClassVar[OnExpiry] = OnExpiry.HOLD
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("deployments", SlotKind.PODS, "which Deployment: [cluster/]namespace/name"),
        Slot("using", SlotKind.CHOICE, "by which means", keyword="using", choices=MEANS, required=False),
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
    grants: ClassVar[tuple[Grant, ...]] = (Grant("apps", "deployments", ("get",)),)

    cluster: str
    namespace: str
    deployments: tuple[str, ...]
    using: str = AUTO
    probes: str = CUT
    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ``ValueError`` in plain words for what cannot be a target."""
        if not pods.is_label(self.namespace):
            raise ValueError(
                f"{self.namespace!r} is not a namespace: lower case letters, digits and dashes only"
            )
        if len(self.deployments) != 1:
            raise ValueError(f"one request takes one Deployment, not {len(self.deployments)}")
        if not pods.is_subdomain(self.deployments[0]):
            raise ValueError(f"{self.deployments[0]!r} is not a Deployment's name")
        if self.using not in MEANS:
            raise ValueError(f"a Deployment is not cut using {self.using!r}")
        allowing(self.allow)

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """The Deployment."""
        return tuple((self.namespace, name) for name in self.deployments)

    @property
    def at_cluster(self) -> str:
        """Its cluster."""
        return self.cluster

    def plan(self, now: datetime, request_id: str) -> Planning:  # noqa: ARG002 - an isolation has no ages
        """
        Plan the policies that select what the Deployment selects.

        Raises ``ValueError`` for a request id that cannot be part of an object's name.
        """
        workload = self._workload((yield self._about()))
        if isinstance(workload, Refusal):
            return workload
        wanted = Targets(self.cluster, self.namespace, workload.examples(MOST_LOOKED_AT))
        asked: tuple[Query, ...] = first(wanted)
        scene = understood(wanted, asked, (yield asked))
        if isinstance(scene, Refusal):
            return scene
        asked = second(wanted, scene)
        scene = widened(scene, asked, (yield asked))
        rights = asked_rights(scene)
        wide = surroundings.questions(scene) if self.allow or lets_through(scene, request_id) else ()
        told = yield (*rights, *wide)
        means = chosen(scene, self._wish, tuple(zip(rights, told, strict=False)), request_id)
        if isinstance(means, Refusal):
            return means
        part = self._part(scene, workload, request_id, together(means))
        if isinstance(part, Refusal):
            return part
        around = tuple(zip(wide, told[len(rights) :], strict=True))
        looks = outlooks(scene, around, surroundings.planned(scene, (part,)), Possible())
        asked = tuple(DryRun(change) for change in part.changes)
        taken = yield asked
        refused = next((answer for answer in taken if isinstance(answer, Unwelcome)), None)
        if refused is not None:
            return self._refused(refused)
        blind = (*scene.unseen, *unseen(wide, told[len(rights) :]), *unseen(asked, taken))
        part = msgspec.structs.replace(part, forecast=worst_of(looks))
        return self._whole(
            msgspec.structs.replace(scene, unseen=blind), workload, part, (together(means), looks)
        )

    def _about(self) -> tuple[Query, ...]:
        own = kube(self.cluster, refs.DEPLOYMENT, self.namespace, self.deployments[0])
        return Get(own), Each(self.cluster, refs.POD, self.namespace)

    def _workload(self, answers: tuple[Answer, ...]) -> Workload | Refusal:
        title = f"{self.cluster}/{self.namespace}/{self.deployments[0]}"
        ref = kube(self.cluster, refs.DEPLOYMENT, self.namespace, self.deployments[0])
        match read(answers[0], DeploymentView):
            case Absent():
                return Refusal("deployment-absent", f"there is no Deployment {title}", "Check its spelling.")
            case Unavailable(why):
                text = f"Deployment {title} could not be read: {cut(why)}"
                return Refusal("deployment-unavailable", text, AGAIN)
            case DeploymentView() as view:
                return caught(ref, view, each(answers[1], views.PodView))

    @property
    def _wish(self) -> Wish:
        return Wish(self.using, self.probes == KEEP, allowing(self.allow))

    def _part(self, scene: Scene, workload: Workload, request_id: str, how: Chosen) -> Part | Refusal:
        made = steps(workload, request_id, how)
        if isinstance(made, Refusal):
            return made
        lost = any(pods.boundary(pod, "") for pod in workload.pods)
        lane = f"kubernetes:{self.cluster}:{self.namespace}/deployment/{workload.ref.name}"
        context = scene.cluster.kubectl_context or self.cluster
        return isolation.part_of(target(workload), lane, made, context, lost=lost)

    def _refused(self, refused: Unwelcome) -> Refusal:
        text = f"{self.cluster} would not take it: {cut(refused.code)}: {cut(refused.why)}"
        remedy = (
            "Policies by labels of others need rights that an operator chooses: firebreak rbac --workloads."
        )
        return Refusal("dry-run-refused", text, remedy)

    def _whole(
        self, scene: Scene, workload: Workload, part: Part, how: tuple[Chosen, tuple[Outlook, ...]]
    ) -> Plan:
        means, looks = how
        around = msgspec.structs.replace(scene.around, targets=workload.pods)
        left = bystanders.replicas_left(around)
        beyond = len(workload.pods) - len(looks)
        limits = (f"of {len(workload.pods)} pods, {len(looks)} were looked at",) if beyond else ()
        return Plan(
            action=self.name,
            parameters=Document.of(msgspec.to_builtins(self)),
            cluster=self.cluster,
            cluster_uid=scene.cluster.uid,
            scope=self.at_scope,
            strategy=means.strategy.name,
            means=(*means.told, *limits),
            parts=(part,),
            also=covered(workload),
            summary=(
                f"Cut Deployment {workload.title} in {self.cluster} off the network: "
                f"{len(workload.pods)} running pods, and all that it starts later"
            ),
            eta=eta(looks),
            forecast=part.forecast,
            residual=tuple(dict.fromkeys(finding for look in looks for finding in look.findings)),
            side_effects=(*bystanders.service_effects(around), *bystanders.budget_effects(around)),
            warnings=(
                *findings(workload),
                *bystanders.replica_warnings(around, left),
                *sorted({pods.token(pod, self.namespace) for pod in workload.pods}),
            ),
            unseen=scene.unseen,
            blast_radius=bystanders.radius(around, left),
        )
