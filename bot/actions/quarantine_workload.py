"""Quarantine of a whole Deployment: its pods of now and of later, by its own selector, under one approval."""

from datetime import datetime
from typing import ClassVar

import msgspec

from bot.domain import bystanders, isolation, pods, refs
from bot.domain.actions import Action, Grant, OnExpiry, Slot, SlotKind
from bot.domain.documents import Document
from bot.domain.evidence import MOST_CAPTURED
from bot.domain.findings import Refusal, one_each
from bot.domain.isolation.allowances import allowing
from bot.domain.isolation.choosing import AUTO, WORDS
from bot.domain.plans import Part, Plan, Planning
from bot.domain.quarantine import surroundings
from bot.domain.quarantine.assuring import assured
from bot.domain.quarantine.closing import Possible
from bot.domain.quarantine.ground import explored, not_taken, tried
from bot.domain.quarantine.means import ALLOW, CUT, PROBES, Chosen, wish
from bot.domain.quarantine.outlook import Outlook, best_of, eta, outlooks, proving, worst_of
from bot.domain.quarantine.replays import whom_it_cuts
from bot.domain.quarantine.replicas import MOST_LOOKED_AT, asked_of, found
from bot.domain.quarantine.scene import Scene, Targets
from bot.domain.quarantine.workload import (
    Workload,
    covered,
    findings,
    steps,
    target,
    together,
)
from bot.domain.queries import Unwelcome, kube

MEANS = (AUTO, *(word for word in WORDS if word != "detach"))
REMEDY = "Policies by labels of others need rights that an operator chooses: firebreak rbac --workloads."


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
        ALLOW,
        PROBES,
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
        pods.check_namespace(self.namespace)
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

    def plan(self, now: datetime, request_id: str, first: int = 0) -> Planning:  # noqa: ARG002 - an isolation has no ages
        """
        Plan the policies that select what the Deployment selects.

        Raises ``ValueError`` for a request id that cannot be part of an object's name.
        """
        ref = kube(self.cluster, refs.DEPLOYMENT, self.namespace, self.deployments[0])
        workload = found(ref, (yield asked_of(ref)))
        if isinstance(workload, Refusal):
            return workload
        wanted = Targets(self.cluster, self.namespace, workload.examples(MOST_LOOKED_AT), first)
        ground = yield from explored(wanted, wish(self.using, self.probes, self.allow), request_id)
        if isinstance(ground, Refusal):
            return ground
        scene, how = ground.scene, together(ground.means)
        part = self._part(scene, workload, request_id, how)
        if isinstance(part, Refusal):
            return part
        more = surroundings.planned(scene, (part,))
        looks = outlooks(scene, ground.around, more, Possible(), workload.title)
        untried = yield from tried((part,))
        if isinstance(untried, Unwelcome):
            return not_taken(self.cluster, untried, REMEDY)
        scene = msgspec.structs.replace(scene, unseen=(*ground.blind, *untried))
        part = msgspec.structs.replace(
            part, forecast=worst_of(looks), best_verdict=best_of(looks, part), proving=proving(looks, part)
        )
        (part,), untested = yield from assured(scene, (part,))
        plan = self._whole(scene, workload, part, (how, looks))
        whom = yield from whom_it_cuts(scene, ground.around, (part,))
        radius = msgspec.structs.replace(plan.blast_radius, flows=whom)
        return msgspec.structs.replace(plan, blast_radius=radius, warnings=(*plan.warnings, *untested))

    def _part(self, scene: Scene, workload: Workload, request_id: str, how: Chosen) -> Part | Refusal:
        made = steps(workload, request_id, how, scene.first)
        if isinstance(made, Refusal):
            return made
        lost = any(pods.boundary(pod, "") for pod in workload.pods)
        lane = f"kubernetes:{self.cluster}:{self.namespace}/deployment/{workload.ref.name}"
        context = scene.cluster.kubectl_context or self.cluster
        part = isolation.part_of(target(workload), lane, made, context, lost=lost)
        return msgspec.structs.replace(part, pods=len(workload.pods))

    def _whole(
        self, scene: Scene, workload: Workload, part: Part, how: tuple[Chosen, tuple[Outlook, ...]]
    ) -> Plan:
        means, looks = how
        around = msgspec.structs.replace(scene.around, targets=workload.pods)
        left = bystanders.replicas_left(around)
        beyond = len(workload.pods) - len(looks)
        every = len(workload.pods)
        limits = [f"of {every} pods, {len(looks)} were looked at"] if beyond else []
        limits += (
            [f"evidence is captured of {MOST_CAPTURED} of {every} pods"] if every > MOST_CAPTURED else []
        )
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
            residual=one_each(finding for look in looks for finding in look.findings),
            side_effects=(*bystanders.service_effects(around), *bystanders.budget_effects(around)),
            warnings=(
                *findings(workload),
                *bystanders.replica_warnings(around, left),
                *sorted({pods.token(pod, self.namespace) for pod in workload.pods}),
            ),
            unseen=scene.unseen,
            blast_radius=bystanders.radius(around, left),
        )
