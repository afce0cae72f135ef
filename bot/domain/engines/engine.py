"""Who enforces on a node, how sure that is, and why."""

from enum import StrEnum

import msgspec


class EngineName(StrEnum):
    """Network engines. ``NONE``: nothing enforces; ``UNKNOWN``: it could not be told."""

    CILIUM = "Cilium"
    CALICO = "Calico"
    AZURE_NPM = "Azure NPM"
    KUBE_ROUTER = "kube-router"
    K3S = "k3s"
    KINDNET = "kindnet"
    ANTREA = "Antrea"
    OVN = "OVN-Kubernetes"
    AWS = "AWS network policy agent"
    WEAVE = "Weave Net"
    OTHER = "another engine"
    NONE = "none"
    UNKNOWN = "unknown"


class Confidence(StrEnum):
    """
    How sure it is that the engine enforces on this node.

    ``PROVED``: its agent is Ready there, nothing is switched off, and nobody says otherwise. ``CONTRADICTORY``: two
    pieces of evidence cannot both be true.
    """

    PROVED = "proved"
    UNPROVEN = "unproven"
    CONTRADICTORY = "contradictory"


class Bearing(StrEnum):
    """What a piece of evidence does to the answer: carries it, speaks against it, or leaves it open."""

    FOR = "for"
    AGAINST = "against"
    OPEN = "open"


class Reason(msgspec.Struct, frozen=True):
    """
    One piece of evidence as it is shown: where it comes from, and what it says.

    Both may hold names from outside: whoever shows them escapes them.
    """

    source: str
    text: str
    bearing: Bearing

    def __str__(self) -> str:
        """How people read it."""
        return f"{self.source}: {self.text}"


class Void(msgspec.Struct, frozen=True):
    """
    Enforcement that is switched off. ``group``: the API group whose policies do nothing; empty for all of them.

    ``clusterwide``: only the policies of the whole cluster do nothing.
    """

    text: str
    group: str = ""
    clusterwide: bool = False


class Engine(msgspec.Struct, frozen=True):
    """
    The engine of one node.

    ``flavour`` is how it was installed (``operator``, ``manifest``, ``AKS-managed``), ``dataplane`` what it is known to
    enforce with; both may be empty. ``settings`` are those of its agent that matter, as they stand. ``rivals`` are
    the engines found where there is more than one.
    """

    node: str
    name: EngineName
    confidence: Confidence
    why: tuple[Reason, ...]
    version: str = ""
    flavour: str = ""
    dataplane: str = ""
    windows: bool = False
    voids: tuple[Void, ...] = ()
    rivals: tuple[EngineName, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()

    def setting(self, key: str) -> str:
        """Return a setting of the agent; empty where it is not set, or was not seen."""
        return dict(self.settings).get(key, "")

    @property
    def title(self) -> str:
        """How people read it: ``Cilium 1.18.6``, ``Calico 3.29.1 (AKS-managed, eBPF)``."""
        notes = ", ".join(filter(None, (self.flavour, self.dataplane)))
        return " ".join(filter(None, (str(self.name), self.version, f"({notes})" if notes else "")))


class Enforced(msgspec.Struct, frozen=True, tag="enforced"):
    """Policies are enforced on the node: a forecast may say FULL."""

    why: tuple[Reason, ...]


class NotEnforced(msgspec.Struct, frozen=True, tag="not-enforced"):
    """Policies do nothing on the node: the forecast is NOT_ENFORCED."""

    why: tuple[Reason, ...]


class Unproven(msgspec.Struct, frozen=True, tag="unproven"):
    """It could not be told: the forecast is UNKNOWN at best, until something is tried."""

    why: tuple[Reason, ...]


Enforcement = Enforced | NotEnforced | Unproven


def enforcement(engine: Engine, group: str = "networking.k8s.io") -> Enforcement:
    """
    Return whether policies of an API group are enforced on the engine's node, with the reasons.

    A mesh has no say in it: its sidecar runs inside the pod, and whoever owns the pod goes around it.
    """
    off = tuple(v for v in engine.voids if v.group in {"", group} and not v.clusterwide)
    if off:
        return NotEnforced(tuple(r for r in engine.why if r.bearing is Bearing.AGAINST))
    if engine.confidence is not Confidence.PROVED:
        return Unproven(tuple(r for r in engine.why if r.bearing is not Bearing.FOR) or engine.why)
    if engine.name is EngineName.NONE:
        return NotEnforced(engine.why)
    return Enforced(tuple(r for r in engine.why if r.bearing is Bearing.FOR))
