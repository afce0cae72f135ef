"""Whose flows prove a cut."""

import msgspec

from bot.domain.findings import Refusal
from bot.domain.flows.flow import Endpoint
from bot.domain.plans import Part
from bot.domain.quarantine.replicas import standing
from bot.domain.queries import Rounds
from bot.domain.refs import POD


class Whom(msgspec.Struct, frozen=True):
    """
    Whose flows prove a cut: those of one pod, or of all that a Deployment's selector catches now.

    ``workload`` is the Deployment as sources name it, for pods that came or went meanwhile; empty for one pod.
    """

    space: str
    name: str
    pods: frozenset[str]
    workload: str = ""

    def own(self, end: Endpoint) -> bool:
        """Whether an end of a flow is one of them."""
        if end.namespace != self.space:
            return False
        return end.pod in self.pods or (self.workload != "" and end.workload == self.workload)


def whom_of(part: Part) -> Rounds[Whom | Refusal]:
    """Return those of a part: a Deployment's pods are asked for now. The refusal says why they cannot be told."""
    target = part.target
    if target.kind == POD.kind:
        return Whom(target.namespace, target.name, frozenset({target.name}))
    workload = yield from standing(target)
    if isinstance(workload, Refusal):
        return workload
    named = f"{target.kind}/{target.name}".lower()
    return Whom(target.namespace, target.name, frozenset(workload.samples(len(workload.pods))), named)
