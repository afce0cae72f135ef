"""
Which strategy, and why: the strongest deny that the engine on the pod's node enforces and that may be written.

Pure. An engine's API alone proves nothing, since definitions outlive their engine; so what counts is the engine that
was found on the node, and its API only says whether the deny can be written.
"""

import re
from typing import Final

import msgspec

from bot.domain.engines.engine import Engine, EngineName, NotEnforced, enforcement
from bot.domain.findings import Refusal
from bot.domain.isolation.calico import OWN_TIER, TIERED
from bot.domain.isolation.cutting import StrategyName
from bot.domain.queries import Access, kube
from bot.domain.refs import CALICO_POLICY, CALICO_STORED_POLICY, CILIUM_POLICY, Kind

AUTO: Final = "auto"
WORDS: Final[dict[str, StrategyName]] = {
    "networkpolicy": StrategyName.NETWORK_POLICY,
    "cilium": StrategyName.CILIUM,
    "calico": StrategyName.CALICO,
    "calico-stored": StrategyName.CALICO_STORED,
    "detach": StrategyName.DETACH,
}
"""What people type after ``using``."""

PORT_RANGES: Final = (1, 16)
"""The first Cilium whose policies know ranges of ports; an older definition drops ``endPort``."""

_KINDS: Final = {
    StrategyName.CILIUM: CILIUM_POLICY,
    StrategyName.CALICO: CALICO_POLICY,
    StrategyName.CALICO_STORED: CALICO_STORED_POLICY,
}
_RIGHTS: Final = {
    StrategyName.CILIUM: "cilium",
    StrategyName.CALICO: "calico",
    StrategyName.CALICO_STORED: "calico-stored",
}
_ENGINES: Final = {
    EngineName.CILIUM: (StrategyName.CILIUM,),
    EngineName.CALICO: (StrategyName.CALICO, StrategyName.CALICO_STORED),
}
UNION: Final = "a NetworkPolicy only adds allows: what another policy allows the pod stays allowed"


class Strategy(msgspec.Struct, frozen=True):
    """
    What was chosen, why in one line, and what it does not do, a line each.

    ``port_ranges``: the engine's policies know ranges of ports.
    """

    name: StrategyName
    reason: str
    limits: tuple[str, ...] = ()
    port_ranges: bool = False


class Means(msgspec.Struct, frozen=True):
    """
    What can be written in the cluster.

    ``serves`` is what it serves, as ``Discovered.serves``; ``None`` where it did not say. ``barred`` are kinds that the
    bot may not write there. ``stored``: the cluster's settings allow Calico's own storage. ``doubt``: why what is written
    to Calico's own API may do nothing, empty where it is read.
    """

    serves: tuple[str, ...] | None = ()
    barred: tuple[Kind, ...] = ()
    stored: bool = False
    doubt: str = ""


def rights(cluster: str, namespace: str, engine: Engine, means: Means) -> tuple[Access, ...]:
    """Return what must be asked for a choice: whether the engine's denies may be written, and those of our own tier."""
    asked = [_KINDS[name] for name in _ENGINES.get(engine.name, ()) if not _unserved(name, means)]
    accesses = [Access("create", kube(cluster, kind, namespace, "")) for kind in asked]
    if CALICO_POLICY in asked:
        accesses.append(Access("create", kube(cluster, TIERED, namespace, f"{OWN_TIER}.*")))
    return tuple(accesses)


def choose(engine: Engine, means: Means, wanted: str = AUTO) -> Strategy | Refusal:
    """
    Return the strategy for a pod whose node has this engine; ``wanted`` is ``auto`` or one of `WORDS`.

    What a person asks for is taken or refused, never replaced.
    """
    if wanted != AUTO:
        return _asked(engine, means, wanted)
    missing: list[str] = []
    for name in _ENGINES.get(engine.name, ()):
        why = _hindered(name, engine, means)
        if not why:
            return _strategy(name, engine, _because(name, engine))
        missing.append(why)
    reason = "; ".join(missing) or _floor_reason(engine)
    return Strategy(StrategyName.NETWORK_POLICY, reason, _limits(StrategyName.NETWORK_POLICY))


def _asked(engine: Engine, means: Means, wanted: str) -> Strategy | Refusal:
    name = WORDS.get(wanted) or next((n for n in StrategyName if n == wanted), None)
    if name is None:
        return Refusal(
            "no-such-strategy",
            f"there is no way called {wanted!r} to cut a pod off",
            f"One of: {', '.join((AUTO, *WORDS))}",
        )
    why = _hindered(name, engine, means) if name in _KINDS else ""
    if name in _KINDS and not why and name not in _ENGINES.get(engine.name, ()):
        why = f"{engine.title} enforces on its node, which knows no such policies"
        why = (
            why if engine.name is not EngineName.UNKNOWN else "which engine enforces on its node is not known"
        )
    if why:
        return Refusal(
            "strategy-not-possible",
            f"{wanted} is not possible here: {why}",
            "Leave it out, and the strongest that is possible is taken.",
        )
    return _strategy(
        name, engine, f"{_because(name, engine)}, as asked for" if name in _KINDS else "as asked for"
    )


def _hindered(name: StrategyName, engine: Engine, means: Means) -> str:
    """Why a deny cannot be used; empty where it can."""
    kind = _KINDS[name]
    unserved = _unserved(name, means)
    if unserved:
        return unserved
    if isinstance(enforcement(engine, kind.group), NotEnforced):
        return f"policies of {kind.group} are switched off"
    if kind in means.barred:
        return f"the bot has no right to write {kind.resource} (firebreak rbac --engines {_RIGHTS[name]})"
    return ""


def _unserved(name: StrategyName, means: Means) -> str:
    kind = _KINDS[name]
    if name is StrategyName.CALICO_STORED and not means.stored:
        return "its own storage (crd.projectcalico.org) is not to be written, by the settings of this cluster"
    if name is StrategyName.CALICO and means.doubt:
        return means.doubt
    if means.serves is None:
        return "the cluster did not say what policies it serves"
    return "" if kind.served in means.serves else f"the cluster serves no {kind.resource}"


def _strategy(name: StrategyName, engine: Engine, reason: str) -> Strategy:
    ranges = name is StrategyName.CILIUM and version(engine.version)[:2] >= PORT_RANGES
    return Strategy(name, reason, _limits(name), ranges)


def _because(name: StrategyName, engine: Engine) -> str:
    match name:
        case StrategyName.CILIUM:
            return f"{engine.title} has a deny that beats every allow"
        case StrategyName.CALICO:
            return f"{engine.title} has a Deny that can be asked before every allow"
        case _:
            return f"{engine.title} has an early Deny, reached only through its own storage, as the settings allow"


def _floor_reason(engine: Engine) -> str:
    match engine.name:
        case EngineName.UNKNOWN:
            return "which engine enforces on its node is not known"
        case EngineName.NONE:
            return (
                "nothing enforces policies on its node: it is written, and does nothing until something does"
            )
        case _:
            return f"{engine.title} has no deny that we can write"


def _limits(name: StrategyName) -> tuple[str, ...]:
    match name:
        case StrategyName.NETWORK_POLICY:
            return (UNION,)
        case StrategyName.DETACH:
            return ("what selects every pod of the namespace cannot be escaped by any label",)
        case StrategyName.CALICO_STORED:
            return ("Calico does not support writing its own storage",)
        case _:
            return ()


_NUMBER: Final = re.compile(r"v?([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}))?")


def version(text: str) -> tuple[int, ...]:
    """Return ``v1.19.4-azure`` as ``(1, 19, 4)``; empty for what is no version, which is older than any."""
    found = _NUMBER.match(text)
    return tuple(int(part) for part in found.groups() if part is not None) if found else ()
