"""
What ARM says of an AKS cluster's network, held against what runs in it.

``properties.networkProfile`` of ``Microsoft.ContainerService/managedClusters`` ("Managed Clusters - Get"): networkPolicy is
``azure``, ``calico``, ``cilium`` or ``none``; with networkPlugin ``none`` somebody brought his own network, and ARM says nothing.
"""

from typing import Final

from bot.domain.engines.engine import Bearing, EngineName, Reason
from bot.domain.engines.evidence import NetworkProfile, Piece, Seen, blind
from bot.domain.findings import Unseen

ARM_ENGINES: Final = {
    "azure": EngineName.AZURE_NPM,
    "calico": EngineName.CALICO,
    "cilium": EngineName.CILIUM,
}
_NOTHING: Final = frozenset({"", "none"})


def arm_reasons(engine: EngineName, arm: Piece[NetworkProfile | None]) -> tuple[Reason, ...]:
    """Say whether ARM agrees; empty where it has no say."""
    if isinstance(arm, Unseen):
        return (blind(arm),)
    if arm.value is None:
        return ()
    return (_said(engine, arm.source, arm.value),)


def _said(engine: EngineName, source: str, profile: NetworkProfile) -> Reason:
    if profile.plugin == "none":
        return Reason(source, "networkPlugin is none: AKS manages no network here", Bearing.OPEN)
    promised = ARM_ENGINES.get(profile.policy)
    if profile.policy in _NOTHING:
        if engine is EngineName.NONE:
            return Reason(source, "networkPolicy is none: AKS runs no engine", Bearing.AGAINST)
        return Reason(source, "networkPolicy is none: this engine is not one that AKS manages", Bearing.OPEN)
    told = f"networkPolicy is {profile.policy}"
    if promised is None:
        return Reason(source, f"{told}, which is not known here", Bearing.OPEN)
    if promised is engine:
        return Reason(source, told, Bearing.FOR)
    return Reason(source, f"{told}, but {_other(engine)}", Bearing.AGAINST)


def _other(engine: EngineName) -> str:
    return "no agent of it runs" if engine is EngineName.NONE else f"{engine} runs"


def disagrees(engine: EngineName, arm: Piece[NetworkProfile | None]) -> bool:
    """Whether ARM names another engine."""
    return any(reason.bearing is Bearing.AGAINST for reason in arm_reasons(engine, arm))


def agrees(engine: EngineName, arm: Piece[NetworkProfile | None]) -> bool:
    """Whether ARM names this engine."""
    return any(reason.bearing is Bearing.FOR for reason in arm_reasons(engine, arm))


def promised(arm: Piece[NetworkProfile | None]) -> bool:
    """Whether ARM names an engine that is known."""
    return (
        isinstance(arm, Seen)
        and arm.value is not None
        and arm.value.plugin != "none"
        and arm.value.policy in ARM_ENGINES
    )
