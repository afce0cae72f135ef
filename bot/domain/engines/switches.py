"""Switches by which an engine that runs enforces nothing, or not all: they make an agent that is Ready worthless."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from bot.domain.engines.agents import kindnet_enforces
from bot.domain.engines.engine import EngineName, Void
from bot.domain.engines.evidence import AgentProgram, AgentSet, Override
from bot.domain.engines.views import NodeSelector
from bot.domain.reading import cut
from bot.domain.selectors import Requirement, Selector, selects

KEPT: Final = (
    "allow-localhost",
    "enable-cilium-clusterwide-network-policy",
    "enable-cilium-network-policy",
    "enable-k8s-cluster-network-policy",
    "enable-k8s-networkpolicy",
    "enable-policy",
    "identity-change-grace-period",
    "identity-max-jitter",
    "labels",
    "policy-audit-mode",
    "policy-cidr-match-mode",
)
"""What of Cilium's settings decides over enforcement (cilium/cilium, pkg/option/config.go)."""

LONGEST: Final = {"labels": 4096}
"""How much of a setting is kept, where it is more than a word."""

FLAGS: Final = frozenset({*KEPT, "enable-network-policy", "run-firewall", "strict-mode"})
"""The only flags of an agent that are looked at."""

K3S_OFF: Final = ("--disable-network-policy", "--disable-network-policy=true")
"""What tells k3s not to enforce (its reference, "k3s server")."""

_NETWORKING: Final = "networking.k8s.io"
_OFF: Final = frozenset({"0", "f", "false", "no", "off"})
_ON: Final = frozenset({"1", "t", "true", "yes", "on"})
_ENV: Final = "CILIUM_"


def cilium_settings(
    config: Mapping[str, str],
    overrides: tuple[Override, ...],
    labels: Mapping[str, str],
    program: AgentProgram,
) -> tuple[tuple[str, str], ...]:
    """
    Return the settings of Cilium's agent on a node that matter here, by its own order of precedence.

    ConfigMap, then CiliumNodeConfig ("Per-node configuration"), then environment, then flags. An agent reads them when
    it starts: what was changed since then is not in force yet, and nothing outside of it tells.
    """
    found = dict(config)
    for one in overrides:
        if selects(_selector(one.selector), dict(labels)):
            found |= dict(one.settings)
    environment = (pair for pair in program.env if pair[0].startswith(_ENV))
    found |= {key.removeprefix(_ENV).lower().replace("_", "-"): value for key, value in environment}
    found |= dict(program.flags)
    return tuple((key, cut(found[key].strip(), LONGEST.get(key, 64))) for key in KEPT if key in found)


def identifies(setting: str, key: str) -> bool:
    """
    Whether Cilium's setting ``labels`` surely leaves a label key in a pod's identity.

    Beginnings of keys as regular expressions, with their source before a colon; ``!`` takes out, and once one takes in
    all others are out (Cilium, "Limiting Identity-Relevant Labels"). What cannot be read is not sure.
    """
    words = [word.rpartition(":")[2] for word in setting.split()]
    words = [
        f"!{w.lstrip('!')}" if o.startswith("!") else w for o, w in zip(setting.split(), words, strict=True)
    ]
    try:
        out = any(re.match(word[1:], key) for word in words if word.startswith("!"))
        taking_in = [word for word in words if not word.startswith("!")]
        return not out and (not taking_in or any(re.match(word, key) for word in taking_in))
    except re.error:
        return False


def _selector(given: NodeSelector) -> Selector:
    needs = tuple(Requirement(n.key, n.operator, n.values) for n in given.match_expressions)
    return Selector(given.match_labels, needs)


def cilium_voids(settings: Mapping[str, str]) -> Iterator[Void]:
    """Yield what Cilium's settings switch off (its reference, "cilium-agent")."""
    if settings.get("enable-policy", "").lower() == "never":
        yield Void("enable-policy is never: no policy is enforced")
    if _on(settings, "policy-audit-mode"):
        yield Void("policy-audit-mode is on: what policies deny is noted and let through")
    if _off(settings, "enable-k8s-networkpolicy"):
        yield Void("enable-k8s-networkpolicy is off: NetworkPolicies are ignored", _NETWORKING)
    if _off(settings, "enable-cilium-network-policy"):
        yield Void("enable-cilium-network-policy is off: CiliumNetworkPolicies are ignored", "cilium.io")
    if _off(settings, "enable-cilium-clusterwide-network-policy"):
        text = "enable-cilium-clusterwide-network-policy is off: those of the whole cluster are ignored"
        yield Void(text, "cilium.io", clusterwide=True)


def voids(engine: EngineName, agents: AgentSet, program: AgentProgram, version: str) -> Iterator[Void]:
    """Yield what the agent's own command line switches off, for engines other than Cilium."""
    given = dict(program.flags)
    match engine:
        case EngineName.AWS if not _on(given, "enable-network-policy"):
            yield Void("its agent is started without --enable-network-policy=true, which is its default")
        case EngineName.KUBE_ROUTER if _off(given, "run-firewall"):
            yield Void("kube-router is started with --run-firewall=false: it routes and enforces nothing")
        case EngineName.WEAVE if any(dict(p.env).get("EXPECT_NPC") == "0" for p in agents.containers):
            yield Void("EXPECT_NPC is 0: Weave Net runs without its policy controller")
        case EngineName.KINDNET if program.name == "kindnet-cni" and kindnet_enforces(version) is False:
            yield Void(f"kindnet {version} is older than its support for policies")
        case _:
            return


def known_variable(name: str) -> bool:
    """Whether a variable of an agent's environment is looked at."""
    key = name.removeprefix(_ENV).lower().replace("_", "-")
    return name in {"EXPECT_NPC", "FELIX_BPFENABLED"} or (name.startswith(_ENV) and key in KEPT)


def k3s_void(arguments: tuple[str, ...] | None) -> Void | None:
    """Return that k3s was told not to enforce, where this node says so; a server's own command line tells it."""
    if arguments and any(word in K3S_OFF for word in arguments):
        return Void("k3s was started with --disable-network-policy")
    return None


def _on(settings: Mapping[str, str], key: str) -> bool:
    return settings.get(key, "").lower() in _ON


def _off(settings: Mapping[str, str], key: str) -> bool:
    return settings.get(key, "").lower() in _OFF
