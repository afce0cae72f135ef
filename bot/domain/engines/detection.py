"""
Which engine enforces on a node.

An engine counts as proved when its agent is Ready on that very node, nothing of it is switched off, and ARM does not
say otherwise. CRDs alone prove nothing: they outlive their engine.
"""

from collections.abc import Iterator
from typing import Final

from bot.domain.engines.agents import GROUPS, PLUMBED, PLUMBING, recognised
from bot.domain.engines.candidates import Candidate, Presence, candidates, judged
from bot.domain.engines.engine import Bearing, Confidence, Engine, EngineName, Reason, Void
from bot.domain.engines.evidence import Evidence, NodeFacts, Seen, blind
from bot.domain.engines.profile import arm_reasons, promised
from bot.domain.engines.switches import k3s_void
from bot.domain.findings import Unseen

VIRTUAL: Final = (
    ("type", "virtual-kubelet"),
    ("kubernetes.azure.com/node-type", "virtual-kubelet"),
    ("eks.amazonaws.com/compute-type", "fargate"),
)
"""Labels of nodes that are no machines: no DaemonSet runs there (AKS "virtual nodes", EKS "Fargate")."""

ORDER: Final = tuple(Presence)
"""An agent that is Ready tells more than one that is not."""


def engine_on(node: str, evidence: Evidence) -> Engine:
    """Return the engine of a node. What could not be seen makes it unknown or unproven, never none."""
    facts = evidence.node(node)
    there = facts.value if isinstance(facts, Seen) else None
    if there is not None and _virtual(there):
        text = "a virtual node: no agent runs there, and policies are not supported"
        return Engine(
            node, EngineName.NONE, Confidence.PROVED, (Reason(f"node {node}", text, Bearing.AGAINST),)
        )
    around = (*_around(node, facts), *_left_over(evidence))
    if isinstance(evidence.daemon_sets, Unseen):
        why = (*around, blind(evidence.daemon_sets))
        return Engine(node, EngineName.UNKNOWN, Confidence.UNPROVEN, why)
    every = sorted(candidates(node, there, evidence), key=lambda c: ORDER.index(c.presence))
    every = [c for c in every if c.at_home] or every
    found = [c for c in every if c.presence is not Presence.ABSENT]
    whole = [c for c in found if c.unread or not any(v.group == "" for v in c.voids)]
    rivals = tuple(dict.fromkeys(c.engine for c in whole))
    if len(rivals) > 1:
        return _rivals(node, whole, rivals, around)
    if whole or found:
        return judged(node, (whole or found)[0], evidence, around)
    if there is not None and _is_k3s(there):
        return _k3s(node, there, around)
    return _elsewhere(node, every, evidence, around) if every else _nobody(node, there, evidence, around)


def _virtual(facts: NodeFacts) -> bool:
    return any(label in facts.labels for label in VIRTUAL)


def _around(node: str, facts: Seen[NodeFacts | None] | Unseen) -> Iterator[Reason]:
    if isinstance(facts, Unseen):
        yield blind(facts)
    elif facts.value is None:
        yield Reason(f"node {node}", "there is no such node", Bearing.OPEN)
    elif facts.value.os == "windows":
        text = "a Windows node: the engines of Linux nodes do not reach it"
        yield Reason(f"node {node}", text, Bearing.OPEN)
    elif _is_k3s(facts.value):
        yield _k3s_reason(facts.value)


def _left_over(evidence: Evidence) -> Iterator[Reason]:
    """Name CRDs without an agent."""
    if isinstance(evidence.serves, Unseen):
        yield blind(evidence.serves)
        return
    if isinstance(evidence.daemon_sets, Unseen):
        return
    running = {known[0].engine for agents in evidence.daemon_sets.value if (known := recognised(agents))}
    for engine, group in GROUPS.items():
        served = any(group in name.partition("/")[0] for name in evidence.serves.value)
        if served and engine not in running:
            text = f"{group} is served, but no agent of {engine} runs: left over, and no proof"
            yield Reason(evidence.serves.source, text, Bearing.OPEN)


def _rivals(
    node: str, found: list[Candidate], rivals: tuple[EngineName, ...], around: tuple[Reason, ...]
) -> Engine:
    names = " and ".join(rivals)
    text = f"{names} both have an agent on this node: which one a pod's network belongs to is not known"
    why = (
        *around,
        *(reason for one in found for reason in one.why),
        Reason(f"node {node}", text, Bearing.AGAINST),
    )
    return Engine(node, EngineName.UNKNOWN, Confidence.CONTRADICTORY, why, rivals=rivals)


def _elsewhere(node: str, absent: list[Candidate], evidence: Evidence, around: tuple[Reason, ...]) -> Engine:
    """Judge a node without the agent that other nodes have: programs it left there may still stand."""
    one = absent[0]
    names = {c.engine for c in absent}
    why = (*around, *(reason for c in absent for reason in c.why), *arm_reasons(one.engine, evidence.arm))
    if len(names) > 1:
        return Engine(node, EngineName.UNKNOWN, Confidence.UNPROVEN, why)
    return Engine(node, one.engine, Confidence.UNPROVEN, why, flavour=one.flavour, voids=one.voids)


def _nobody(node: str, there: NodeFacts | None, evidence: Evidence, around: tuple[Reason, ...]) -> Engine:
    """
    Judge a cluster in which no known agent runs, though all DaemonSets were seen.

    A network that is known to enforce nothing, or ARM that says so, proves it; else an engine that is not known
    here may run.
    """
    assert isinstance(evidence.daemon_sets, Seen)
    source = evidence.daemon_sets.source
    plumbing = tuple(
        Reason(agents.title, PLUMBING[agents.name], Bearing.AGAINST)
        for agents in evidence.daemon_sets.value
        if agents.name in PLUMBING and agents.namespace in PLUMBED
    )
    arm = arm_reasons(EngineName.NONE, evidence.arm)
    nothing = Reason(source, f"no agent of a known engine is there for {node}", Bearing.AGAINST)
    why = (*around, nothing, *plumbing, *arm)
    windows = there is not None and there.os == "windows"
    if promised(evidence.arm):
        return Engine(node, EngineName.NONE, Confidence.CONTRADICTORY, why, windows=windows)
    sure = there is not None and not windows and not isinstance(evidence.arm, Unseen)
    if sure and (plumbing or any(reason.bearing is Bearing.AGAINST for reason in arm)):
        return Engine(node, EngineName.NONE, Confidence.PROVED, why)
    text = "an engine that is not known here may run all the same"
    why = (*why, Reason(source, text, Bearing.OPEN))
    return Engine(node, EngineName.NONE, Confidence.UNPROVEN, why, windows=windows)


def _is_k3s(facts: NodeFacts) -> bool:
    return "+k3s" in facts.kubelet


def _k3s_reason(facts: NodeFacts) -> Reason:
    text = f"kubelet {facts.kubelet}: k3s enforces inside its own process, and nothing in the API tells whether it does"
    return Reason(f"node {facts.name}", text, Bearing.OPEN)


def _k3s(node: str, facts: NodeFacts, around: tuple[Reason, ...]) -> Engine:
    off = k3s_void(facts.arguments)
    why = around if off is None else (*around, Reason(f"node {node}", off.text, Bearing.AGAINST))
    voids: tuple[Void, ...] = (off,) if off is not None else ()
    version = facts.kubelet.removeprefix("v")
    return Engine(node, EngineName.K3S, Confidence.UNPROVEN, why, version=version, voids=voids)
