"""Whose flows prove a cut."""

from collections.abc import Iterable, Mapping

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

    ``pods`` are their names, each with the identity that the API gave it: another may come under the same name.
    ``workload`` is the Deployment as sources name it, for pods that came or went meanwhile; empty for one pod.
    """

    space: str
    name: str
    pods: Mapping[str, str]
    workload: str = ""

    @property
    def identities(self) -> frozenset[str]:
        """Who they are."""
        return frozenset(self.pods.values())

    def known(self, names: Iterable[str]) -> frozenset[str]:
        """Return who those of these names are."""
        return frozenset(self.pods[name] for name in names if name in self.pods)

    def own(self, end: Endpoint) -> bool:
        """Whether an end of a flow is one of them."""
        if end.namespace != self.space:
            return False
        return end.pod in self.pods or (self.workload != "" and end.workload == self.workload)


def whom_of(part: Part) -> Rounds[Whom | Refusal]:
    """Return those of a part: a Deployment's pods are asked for now. The refusal says why they cannot be told."""
    target = part.target
    if target.kind == POD.kind:
        return Whom(target.namespace, target.name, {target.name: target.uid or target.name})
    workload = yield from standing(target)
    if isinstance(workload, Refusal):
        return workload
    named = f"{target.kind}/{target.name}".lower()
    met = (pod.metadata for pod in workload.pods)
    pods = {one.name: one.uid or one.name for one in met}
    return Whom(target.namespace, target.name, pods, named)
