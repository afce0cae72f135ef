"""
What was seen of a cluster's network engine: frozen values, each with the place that it comes from.

What could not be seen is ``Unseen``, and never the same as nothing there.
"""

from collections.abc import Iterable
from typing import Generic, TypeAlias, TypeVar

import msgspec

from bot.domain.engines.engine import Bearing, Reason
from bot.domain.engines.views import NodeSelector
from bot.domain.findings import Unseen

T = TypeVar("T")


class Seen(msgspec.Struct, Generic[T], frozen=True):
    """One piece of evidence: what ``source`` said."""

    source: str
    value: T


Piece: TypeAlias = Seen[T] | Unseen

NOT_ASKED = Unseen("the cluster", "it was not asked")


class AgentProgram(msgspec.Struct, frozen=True):
    """A container of an agent: image, flags (``--key=value``) and environment."""

    name: str
    image: str
    flags: tuple[tuple[str, str], ...] = ()
    env: tuple[tuple[str, str], ...] = ()


class AgentSet(msgspec.Struct, frozen=True):
    """A DaemonSet, which may be an engine's; ``desired`` and ``ready`` count nodes."""

    namespace: str
    name: str
    uid: str
    labels: tuple[tuple[str, str], ...]
    containers: tuple[AgentProgram, ...]
    desired: int
    ready: int

    @property
    def title(self) -> str:
        """How people read it."""
        return f"DaemonSet {self.namespace}/{self.name}"


class AgentPod(msgspec.Struct, frozen=True):
    """An agent's pod on the node asked about; ``owner`` is the UID of its DaemonSet, ``images`` by container."""

    namespace: str
    name: str
    owner: str
    ready: bool
    images: tuple[tuple[str, str], ...]


class PodsThere(msgspec.Struct, frozen=True):
    """The pods of one namespace on one node."""

    namespace: str
    node: str
    pods: Piece[tuple[AgentPod, ...]]


class NodeFacts(msgspec.Struct, frozen=True):
    """A node: ``kubelet`` is its version, ``os`` its operating system, ``arguments`` those of k3s where it says so."""

    name: str
    kubelet: str
    os: str
    labels: tuple[tuple[str, str], ...]
    arguments: tuple[str, ...] | None = None


class NodeSeen(msgspec.Struct, frozen=True):
    """One node; ``None`` for one that does not exist."""

    name: str
    facts: Piece[NodeFacts | None]


class Override(msgspec.Struct, frozen=True):
    """Settings of Cilium for some nodes."""

    name: str
    selector: NodeSelector
    settings: tuple[tuple[str, str], ...]


class NetworkProfile(msgspec.Struct, frozen=True):
    """What ARM says of an AKS cluster's network, in lower case; empty for what it does not name."""

    plugin: str = ""
    mode: str = ""
    policy: str = ""
    dataplane: str = ""


class Evidence(msgspec.Struct, frozen=True):
    """
    All that was seen of one cluster.

    ``cilium`` are the settings of its ConfigMap, ``None`` where there is none; ``serves`` what the API offers of the
    engines' groups; ``arm`` is ``None`` where ARM has no say: no AKS, or nobody configured which.
    """

    daemon_sets: Piece[tuple[AgentSet, ...]] = NOT_ASKED
    pods: tuple[PodsThere, ...] = ()
    nodes: tuple[NodeSeen, ...] = ()
    serves: Piece[tuple[str, ...]] = NOT_ASKED
    cilium: Piece[tuple[tuple[str, str], ...] | None] = NOT_ASKED
    overrides: Piece[tuple[Override, ...]] = NOT_ASKED
    arm: Piece[NetworkProfile | None] = Seen("settings", None)

    def node(self, name: str) -> Piece[NodeFacts | None]:
        """Return what is known of a node."""
        found = next((node.facts for node in self.nodes if node.name == name), None)
        return found if found is not None else Unseen(f"node {name}", "it was not asked")

    def pods_of(self, agents: AgentSet, node: str) -> Piece[tuple[AgentPod, ...]]:
        """Return the pods of a DaemonSet on a node, told by who owns them: labels anybody may write."""
        there = next((p.pods for p in self.pods if (p.namespace, p.node) == (agents.namespace, node)), None)
        if there is None:
            return Unseen(f"pods of {agents.title} on {node}", "they were not asked for")
        if isinstance(there, Unseen):
            return there
        return Seen(there.source, tuple(pod for pod in there.value if pod.owner == agents.uid))


def blind(missing: Unseen) -> Reason:
    """Say what could not be seen."""
    return Reason(missing.question, f"could not be seen: {missing.why}", Bearing.OPEN)


def flags(words: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """
    Return the flags of a command line: ``--key=value``, ``--key value``, and ``--key`` alone, which is true.

    The last of several wins, as in the programs' own parsers.
    """
    found: dict[str, str] = {}
    waiting = ""
    for word in words:
        if word.startswith("-") and word.strip("-"):
            key, is_set, value = word.lstrip("-").partition("=")
            found[key] = value if is_set else "true"
            waiting = "" if is_set else key
        elif waiting:
            found[waiting], waiting = word, ""
    return tuple(sorted(found.items()))
