"""What the answers to `questions` say: evidence, with whatever could not be seen named as such."""

import json
from collections.abc import Iterable
from typing import Final

import msgspec

from bot.domain.engines.evidence import (
    AgentPod,
    AgentProgram,
    AgentSet,
    Evidence,
    NetworkProfile,
    NodeFacts,
    NodeSeen,
    Override,
    Piece,
    PodsThere,
    Seen,
    flags,
)
from bot.domain.engines.switches import FLAGS, K3S_OFF, known_variable
from bot.domain.engines.views import (
    AgentContainer,
    ConfigMapView,
    DaemonSetView,
    ManagedClusterView,
    NodeDetails,
    OverrideView,
)
from bot.domain.findings import Unseen
from bot.domain.queries import (
    Absent,
    Answer,
    Asked,
    Discover,
    Discovered,
    Each,
    Found,
    Get,
    Listing,
    Query,
    Unavailable,
    told,
)
from bot.domain.reading import cut, read
from bot.domain.refs import (
    CILIUM_NODE_CONFIG,
    CILIUM_NODE_CONFIG_ALPHA,
    CONFIG_MAP,
    DAEMON_SET,
    NODE,
    POD,
    ArmRef,
    Kind,
    KubeRef,
)
from bot.domain.views import Foreign, PodView

CILIUM_CONFIG: Final = "cilium-config"
NODE_CONFIGS: Final = (CILIUM_NODE_CONFIG, CILIUM_NODE_CONFIG_ALPHA)
_NODE_ARGUMENTS: Final = "k3s.io/node-args"


def served(asked: Asked, kinds: tuple[Kind, ...]) -> tuple[Kind, ...]:
    """Return which of these the cluster serves; all where it did not say."""
    told_us = next((answer for _, answer in asked if isinstance(answer, Discovered)), None)
    if told_us is None or told_us.serves is None:
        return kinds
    return tuple(kind for kind in kinds if kind.served in told_us.serves)


def gathered(asked: Iterable[tuple[Query, Answer]]) -> Evidence:
    """Return the evidence that questions and answers hold, in whatever order; what else was asked is passed over."""
    asked = tuple(asked)
    evidence = Evidence()
    if not served(asked, NODE_CONFIGS):
        evidence = Evidence(overrides=Seen("API discovery", ()))
    discovered = next((answer for _, answer in asked if isinstance(answer, Discovered)), None)
    if discovered is not None and discovered.managed_cluster is not None:
        missing = Unseen(f"ARM {discovered.managed_cluster}", "it was not asked")
        evidence = msgspec.structs.replace(evidence, arm=missing)
    for query, answer in asked:
        evidence = msgspec.structs.replace(evidence, **_piece(evidence, query, answer))
    return evidence


def _piece(evidence: Evidence, query: Query, answer: Answer) -> dict[str, object]:
    match query:
        case Discover():
            return {"serves": _serving(query, answer)}
        case Each():
            return _listed(evidence, query, answer)
        case Get():
            return _got(evidence, query, answer)
        case _:
            return {}


def _listed(evidence: Evidence, query: Each, answer: Answer) -> dict[str, object]:
    if query.kind == DAEMON_SET:
        return {"daemon_sets": _all_sets(query, answer)}
    if query.kind == POD and query.node:
        there = PodsThere(query.namespace, query.node, _agent_pods(query, answer))
        return {"pods": (*evidence.pods, there)}
    return {"overrides": _overrides(query, answer)} if query.kind in NODE_CONFIGS else {}


def _got(evidence: Evidence, query: Get, answer: Answer) -> dict[str, object]:
    match query.ref:
        case KubeRef(_, kind, _, name) if kind == NODE:
            return {"nodes": (*evidence.nodes, NodeSeen(name, _node(query, answer)))}
        case KubeRef(_, kind, _, name) if kind == CONFIG_MAP and name == CILIUM_CONFIG:
            return {"cilium": _config(query, answer)}
        case ArmRef(path) if "/managedclusters/" in path.casefold():
            return {"arm": _profile(query, answer)}
        case _:
            return {}


def _missing(query: Query, answer: Answer) -> Unseen:
    why = (
        answer.why if isinstance(answer, Unavailable) else "the answer was of another kind than the question"
    )
    return Unseen(told(query), cut(why))


def _serving(query: Query, answer: Answer) -> Piece[tuple[str, ...]]:
    if not isinstance(answer, Discovered):
        return _missing(query, answer)
    if answer.serves is None:
        return Unseen("API discovery", "an API group did not say what it serves")
    return Seen("API discovery", answer.serves)


def _all_sets(query: Query, answer: Answer) -> Piece[tuple[AgentSet, ...]]:
    if not isinstance(answer, Listing):
        return _missing(query, answer)
    items = (item for item in answer.items if isinstance(item, DaemonSetView))
    return Seen("DaemonSets of the cluster", tuple(agent_set(item) for item in items))


def agent_set(view: DaemonSetView) -> AgentSet:
    """Return a DaemonSet with what may be shown of it: an environment and a command line can hold secrets."""
    labels = view.metadata.labels | view.spec.template.metadata.labels
    return AgentSet(
        namespace=view.metadata.namespace,
        name=view.metadata.name,
        uid=view.metadata.uid,
        labels=tuple(sorted(labels.items())),
        containers=tuple(_program(container) for container in view.spec.template.spec.containers),
        desired=view.status.desired_number_scheduled,
        ready=view.status.number_ready,
    )


def _program(container: AgentContainer) -> AgentProgram:
    return AgentProgram(
        name=container.name,
        image=container.image,
        flags=tuple(pair for pair in flags((*container.command, *container.args)) if pair[0] in FLAGS),
        env=tuple((v.name, v.value) for v in container.env if known_variable(v.name)),
    )


def _agent_pods(query: Query, answer: Answer) -> Piece[tuple[AgentPod, ...]]:
    if not isinstance(answer, Listing):
        return _missing(query, answer)
    pods = (item for item in answer.items if isinstance(item, PodView))
    return Seen(told(query), tuple(_agent_pod(pod) for pod in pods))


def _agent_pod(pod: PodView) -> AgentPod:
    owner = pod.metadata.controller
    images = tuple((c.name, c.image) for c in pod.spec.containers)
    return AgentPod(pod.metadata.namespace, pod.metadata.name, owner.uid if owner else "", pod.ready, images)


def _overrides(query: Query, answer: Answer) -> Piece[tuple[Override, ...]]:
    if not isinstance(answer, Listing):
        return _missing(query, answer)
    try:
        views = [
            msgspec.json.decode(item.body, type=OverrideView)
            for item in answer.items
            if isinstance(item, Foreign)
        ]
    except msgspec.MsgspecError as error:
        return Unseen(told(query), cut(f"it could not be understood: {error}"))
    every = (Override(v.metadata.name, v.spec.node_selector, tuple(v.spec.defaults.items())) for v in views)
    return Seen("CiliumNodeConfigs", tuple(sorted(every, key=lambda one: one.name)))


def _node(query: Get, answer: Answer) -> Piece[NodeFacts | None]:
    match read(answer, NodeDetails):
        case NodeDetails() as view:
            info, labels = view.status.node_info, view.metadata.labels
            os = info.operating_system or labels.get("kubernetes.io/os", "")
            facts = NodeFacts(
                view.metadata.name,
                cut(info.kubelet_version, 64),
                os.lower(),
                tuple(sorted(labels.items())),
                _arguments(view.metadata.annotations.get(_NODE_ARGUMENTS)),
            )
            return Seen(str(query.ref), facts)
        case Absent():
            return Seen(str(query.ref), None)
        case _:
            return _missing(query, answer)


def _arguments(told_us: str | None) -> tuple[str, ...] | None:
    """Return the arguments that k3s notes on its node, as a JSON list; ``None`` for what is none."""
    if told_us is None:
        return None
    try:
        found = json.loads(told_us)
    except (ValueError, RecursionError):
        return None
    return tuple(word for word in map(str, found) if word in K3S_OFF) if isinstance(found, list) else None


def _config(query: Get, answer: Answer) -> Piece[tuple[tuple[str, str], ...] | None]:
    match read(answer, ConfigMapView):
        case ConfigMapView() as view:
            return Seen(str(query.ref), tuple(sorted(view.data.items())))
        case Absent():
            return Seen(str(query.ref), None)
        case _:
            return _missing(query, answer)


def _profile(query: Get, answer: Answer) -> Piece[NetworkProfile | None]:
    if not isinstance(answer, Found):
        gone = "ARM has no such cluster" if isinstance(answer, Absent) else ""
        return Unseen(told(query), gone) if gone else _missing(query, answer)
    match read(answer, ManagedClusterView):
        case ManagedClusterView(properties):
            profile = properties.network_profile
            given = (
                profile.network_plugin,
                profile.network_plugin_mode,
                profile.network_policy,
                profile.network_dataplane,
            )
            return Seen(f"ARM {query.ref}", NetworkProfile(*((text or "").lower() for text in given)))
        case Unavailable(why):
            return Unseen(told(query), cut(why))
        case _:
            return _missing(query, answer)
