"""Engines that have an agent in the cluster, each judged on one node."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from bot.domain.engines.agents import Agent, kindnet_enforces, recognised, version_of
from bot.domain.engines.engine import Bearing, Confidence, Engine, EngineName, Reason, Void
from bot.domain.engines.evidence import (
    AgentPod,
    AgentProgram,
    AgentSet,
    Evidence,
    NodeFacts,
    Seen,
    blind,
)
from bot.domain.engines.profile import agrees, arm_reasons, disagrees
from bot.domain.engines.switches import cilium_settings, cilium_voids, voids
from bot.domain.findings import Unseen

_AKS_IMAGES: Final = "mcr.microsoft.com/"


class Presence(StrEnum):
    """Whether an agent runs on a node."""

    READY = "ready"
    NOT_READY = "not ready"
    UNSEEN = "unseen"
    ABSENT = "absent"


class Candidate(msgspec.Struct, frozen=True):
    """
    An engine whose agent was found.

    ``open``: something of it was not seen, or is not what it should be, so that it cannot count as proved. ``unread``: of
    that, what it was told is not all known, so that it may enforce though what is known of it would switch it off.
    ``at_home``: it is where such an engine is usually installed.
    """

    engine: EngineName
    presence: Presence
    why: tuple[Reason, ...]
    open: bool
    unread: bool
    at_home: bool
    version: str
    flavour: str
    dataplane: str
    windows: bool
    voids: tuple[Void, ...]
    settings: tuple[tuple[str, str], ...]


def candidates(node: str, facts: NodeFacts | None, evidence: Evidence) -> Iterator[Candidate]:
    """Yield the engines that have an agent in the cluster for such a node, as they stand on it."""
    if isinstance(evidence.daemon_sets, Unseen):
        return
    for agents in evidence.daemon_sets.value:
        known = recognised(agents)
        if known is not None and (facts is None or known[0].windows == (facts.os == "windows")):
            yield _candidate(node, facts, evidence, agents, known)


def _candidate(
    node: str,
    facts: NodeFacts | None,
    evidence: Evidence,
    agents: AgentSet,
    known: tuple[Agent, AgentProgram],
) -> Candidate:
    agent, program = known
    presence, on_node, version = _presence(node, evidence, agents, program)
    settings, unread = _settings(agent.engine, facts, evidence, program)
    off = (*voids(agent.engine, agents, program, version), *cilium_voids(dict(settings)))
    doubts = (*_doubts(agent, agents, program, version), *unread)
    count = Reason(agents.title, f"{agents.ready} of {agents.desired} agents ready", Bearing.OPEN)
    switched = (Reason(agents.title, void.text, Bearing.AGAINST) for void in off)
    return Candidate(
        engine=agent.engine,
        presence=presence,
        why=(count, on_node, *doubts, *switched),
        open=bool(doubts),
        unread=bool(unread),
        at_home=agents.namespace in agent.homes,
        version=version,
        flavour=agent.product or _flavour(agent.engine, agents, program, evidence),
        dataplane=_dataplane(agent.engine, program),
        windows=agent.windows,
        voids=off,
        settings=settings,
    )


def _presence(
    node: str, evidence: Evidence, agents: AgentSet, program: AgentProgram
) -> tuple[Presence, Reason, str]:
    pods = evidence.pods_of(agents, node)
    planned = version_of(program.image)
    if isinstance(pods, Unseen):
        return Presence.UNSEEN, blind(pods), planned
    if not pods.value:
        text = f"no agent runs on {node}: what it enforced may be stale, what is new does not reach it"
        return Presence.ABSENT, Reason(agents.title, text, Bearing.OPEN), planned
    best = min(pods.value, key=lambda pod: (not pod.ready, pod.name))
    version = version_of(dict(best.images).get(program.name, "")) or planned
    where = f"pod {best.namespace}/{best.name}"
    if not best.ready:
        text = f"the agent on {node} is not Ready: what it enforces may be stale"
        return Presence.NOT_READY, Reason(where, text, Bearing.OPEN), version
    return (
        Presence.READY,
        Reason(where, f"the agent on {node} is Ready{_of(best, program)}", Bearing.FOR),
        version,
    )


def _of(pod: AgentPod, program: AgentProgram) -> str:
    image = dict(pod.images).get(program.name, "")
    return f", image {image.rpartition('/')[2]}" if image else ""


def _doubts(agent: Agent, agents: AgentSet, program: AgentProgram, version: str) -> Iterator[Reason]:
    """Yield what keeps an agent that is Ready from being proof."""
    if agents.namespace not in agent.homes:
        text = (
            f"{agent.engine} is not usually installed in {agents.namespace}: anybody may call a DaemonSet so"
        )
        yield Reason(agents.title, text, Bearing.OPEN)
    if agent.engine is EngineName.OTHER:
        text = f"how {agent.product} enforces is not known here"
        yield Reason(agents.title, text, Bearing.OPEN)
    if agent.windows:
        text = "what it enforces on Windows (HNS) is not known here"
        yield Reason(agents.title, text, Bearing.OPEN)
    if program.name == "kindnet-cni" and kindnet_enforces(version) is None:
        text = "its version does not tell whether it enforces policies"
        yield Reason(agents.title, text, Bearing.OPEN)


def _settings(
    engine: EngineName, facts: NodeFacts | None, evidence: Evidence, program: AgentProgram
) -> tuple[tuple[tuple[str, str], ...], tuple[Reason, ...]]:
    """Return Cilium's settings on the node, and what of them was not seen: any of it may switch it off."""
    if engine is not EngineName.CILIUM:
        return (), ()
    unread: list[Reason] = []
    config: Mapping[str, str] = {}
    match evidence.cilium:
        case Unseen() as missing:
            unread.append(blind(missing))
        case Seen(source, None):
            unread.append(
                Reason(source, "there is none, so what the agent was told is not known", Bearing.OPEN)
            )
        case Seen(_, pairs):
            config = dict(pairs or ())
    if isinstance(evidence.overrides, Unseen):
        unread.append(blind(evidence.overrides))
    overrides = evidence.overrides.value if isinstance(evidence.overrides, Seen) else ()
    if overrides and facts is None:
        text = "which of them are for this node is not known: its labels were not seen"
        unread.append(Reason("CiliumNodeConfigs", text, Bearing.OPEN))
    labels = dict(facts.labels) if facts is not None else {}
    plain = cilium_settings(config, (), labels, program)
    merged = cilium_settings(config, overrides if facts is not None else (), labels, program)
    if set(cilium_voids(dict(plain))) != set(cilium_voids(dict(merged))):
        text = (
            "a CiliumNodeConfig says otherwise than the ConfigMap: which of them its agent obeys is not known"
        )
        unread.append(Reason("CiliumNodeConfigs", text, Bearing.OPEN))
    return merged, tuple(unread)


def _flavour(engine: EngineName, agents: AgentSet, program: AgentProgram, evidence: Evidence) -> str:
    match engine:
        case EngineName.CALICO if agrees(engine, evidence.arm) or program.image.startswith(_AKS_IMAGES):
            return "AKS-managed"
        case EngineName.CALICO:
            return "operator" if agents.namespace == "calico-system" else "manifest"
        case EngineName.CILIUM if agents.name == "anetd":
            return "GKE Dataplane V2"
        case EngineName.CILIUM if agrees(engine, evidence.arm) or program.image.startswith(_AKS_IMAGES):
            return "AKS-managed"
        case _:
            return ""


def _dataplane(engine: EngineName, program: AgentProgram) -> str:
    """Return what Calico enforces with, where its agent is told by environment, which wins over all ("Configuring Felix")."""
    if engine is not EngineName.CALICO:
        return ""
    told = dict(program.env).get("FELIX_BPFENABLED", "").lower()
    return {"true": "eBPF", "false": "iptables"}.get(told, "")


def judged(node: str, one: Candidate, evidence: Evidence, around: tuple[Reason, ...]) -> Engine:
    """Return the engine of a node that has one candidate. A node that was not seen proves nothing."""
    facts = evidence.node(node)
    seen = isinstance(facts, Seen) and facts.value is not None and not isinstance(evidence.arm, Unseen)
    proved = one.presence is Presence.READY and not one.open and seen
    confidence = Confidence.PROVED if proved else Confidence.UNPROVEN
    if disagrees(one.engine, evidence.arm):
        confidence = Confidence.CONTRADICTORY
    return Engine(
        node=node,
        name=one.engine,
        confidence=confidence,
        why=(*around, *one.why, *arm_reasons(one.engine, evidence.arm)),
        version=one.version,
        flavour=one.flavour,
        dataplane=one.dataplane,
        windows=one.windows,
        voids=one.voids,
        settings=one.settings,
    )
