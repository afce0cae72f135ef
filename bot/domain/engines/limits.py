"""
The limits of every engine, in one place: what it lets through whatever a policy says, and what it cannot do.

One short line each on the card, the longer ones in the help; forecasts take `Limits` itself.
"""

import re
from collections.abc import Collection, Iterator
from typing import Final

import msgspec

from bot.domain.engines import allowers, deniers
from bot.domain.engines.agents import numbers
from bot.domain.engines.engine import (
    Enforced,
    Engine,
    EngineName,
    NotEnforced,
    Reason,
    enforcement,
)
from bot.domain.engines.limit import Beyond, Delay, IpBlock, Limits, Saying, matches, unknown
from bot.domain.findings import Finding
from bot.domain.reading import cut

LIMITS: Final[dict[EngineName, Limits]] = {
    EngineName.CILIUM: deniers.CILIUM,
    EngineName.CALICO: deniers.CALICO,
    EngineName.ANTREA: deniers.ANTREA,
    EngineName.OVN: deniers.OVN,
    EngineName.AZURE_NPM: allowers.AZURE_NPM,
    EngineName.KUBE_ROUTER: allowers.KUBE_ROUTER,
    EngineName.K3S: allowers.KUBE_ROUTER,
    EngineName.KINDNET: allowers.KINDNET,
    EngineName.AWS: allowers.AWS,
    EngineName.WEAVE: unknown("Weave Net"),
    EngineName.OTHER: unknown("this engine"),
    EngineName.UNKNOWN: unknown("this engine"),
}
"""Every engine but ``NONE``, which has no limits: it stops nothing."""

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_JITTER, _GRACE = 30.0, 5.0
_THE: Final = {EngineName.AWS: "the AWS network policy agent"}
_NOTICED: Final = 5.0
"""Seconds that agents and API server need besides; with the defaults 36 s were measured, of 40 s counted here."""


def limits_of(engine: Engine) -> Limits:
    """Return the limits of an engine as it stands: its version and settings count, and on Windows nothing is known."""
    if engine.windows or engine.name not in LIMITS:
        return unknown(str(engine.name))
    found = LIMITS[engine.name]
    if engine.name is not EngineName.CILIUM:
        return found
    return msgspec.structs.replace(
        found,
        delay=_cilium_delay(engine),
        ip_block=_cilium_ip_block(engine),
        holes=() if engine.setting("allow-localhost") == "policy" else found.holes,
    )


def _cilium_delay(engine: Engine) -> Delay:
    """Return when Cilium bites: since 1.18 a changed label waits for the jitter of identities (pull 38031)."""
    old = numbers(engine.version) and numbers(engine.version) < (1, 18)
    jitter = 0.0 if old else _seconds(engine.setting("identity-max-jitter"), _JITTER)
    grace = _seconds(engine.setting("identity-change-grace-period"), _GRACE)
    worst = jitter + grace + _NOTICED
    usual = jitter / 2 + grace
    sources = deniers.CILIUM.delay.saying.sources
    short = f"bites within about {usual:g} s, {worst:g} s at worst"
    long = f"{short}: a changed label waits up to {jitter:g} s (identity-max-jitter), then {grace:g} s (identity-change-grace-period)"
    return Delay(usual, worst, Saying("bites-late", short, long, sources))


def _cilium_ip_block(engine: Engine) -> IpBlock:
    modes = re.split(r"[,\s]+", engine.setting("policy-cidr-match-mode"))
    return matches("pods" in modes, "nodes" in modes, deniers.CILIUM.ip_block.saying.sources)


def _seconds(told: str, otherwise: float) -> float:
    """Return a duration as Go writes it, in seconds; what cannot be read counts as the default."""
    if told == "0":
        return 0.0
    pieces = _DURATION.findall(told)
    if not pieces or "".join(number + unit for number, unit in pieces) != told:
        return otherwise
    return sum(float(number) * _UNITS[unit] for number, unit in pieces)


def card(engine: Engine, subject: str, group: str = "networking.k8s.io") -> tuple[Finding, ...]:
    """
    Return one short line for each thing that this engine lets through, or that nothing enforces at all.

    The codes are those that forecasts are compared by; ``subject`` is what is contained. Texts may hold names from
    outside.
    """
    told = enforcement(engine, group)
    if isinstance(told, NotEnforced):
        return (
            Finding(
                "not-enforced", engine.node, f"nothing will enforce it on {engine.node}{_because(told.why)}"
            ),
        )
    found = limits_of(engine)
    sayings = (*(hole.saying for hole in found.holes), found.established.saying, found.delay.saying)
    lines = tuple(Finding(saying.code, subject, saying.short) for saying in sayings)
    if isinstance(told, Enforced):
        return lines
    text = f"whether {_who(engine)} enforces it on {engine.node} is not proved{_because(told.why)}"
    return (Finding("enforcement-unknown", engine.node, text), *lines)


def _who(engine: Engine) -> str:
    return "anything" if engine.name in {EngineName.NONE, EngineName.UNKNOWN} else engine.title


def _because(why: tuple[Reason, ...]) -> str:
    """Return the last reason, which is the most telling, in brackets."""
    return f" ({cut(why[-1].text)})" if why else ""


def beyond(engine: Engine, pod: Collection[Beyond]) -> tuple[str, ...]:
    """Say what of a pod the engine does not reach, whatever policies stand."""
    found = (one for one in limits_of(engine).unpoliced if one.beyond in pod)
    return tuple(f"{one.saying.short} by {_THE.get(engine.name, engine.name)}" for one in found)


def lines() -> Iterator[str]:
    """Yield the limits of every engine that is known by name, one line each, for ``/ir help engines``."""
    for engine, found in LIMITS.items():
        if engine in {EngineName.OTHER, EngineName.UNKNOWN}:
            continue
        if engine is EngineName.K3S:
            yield f"*{engine}*: as {EngineName.KUBE_ROUTER}; nothing in the API proves that it runs"
            continue
        told = "; ".join(saying.short for saying in found.sayings if saying.code != "ip-block")
        ports = f"; endPort counts from {found.end_port}" if found.end_port else ""
        yield f"*{engine}*: {told}{ports}"
