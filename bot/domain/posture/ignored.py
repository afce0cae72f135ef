"""Policies that no engine here reads, or of which one leaves out a part."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from bot.domain import network_policies, refs, views
from bot.domain.engines.agents import numbers
from bot.domain.engines.engine import Engine, EngineName, NotEnforced, enforcement
from bot.domain.engines.limits import limits_of
from bot.domain.posture.rows import Row, What
from bot.domain.quarantine.surroundings import DOUBTFUL, reading

SETS: Final = frozenset({"Tier", "NetworkSet", "GlobalNetworkSet"})
"""What policies name, and is none itself."""


def ignored(
    engines: Iterable[Engine], policies: Iterable[views.NetworkPolicyView], foreign: Iterable[views.Foreign]
) -> Iterator[Row]:
    """Yield the policies that do nothing here, or not all that they say; nothing where no engine was looked at."""
    known = tuple(dict.fromkeys(engines))
    if not known:
        return
    yield from _unread(known, foreign)
    dead = all(isinstance(enforcement(engine), NotEnforced) for engine in known)
    short = "" if dead else _short(known)
    for policy in policies if dead or short else ():
        why = "nothing enforces policies on any node" if dead else short
        if dead or _ranged(policy):
            yield Row(What.IGNORED, policy.metadata.namespace, f"NetworkPolicy {policy.metadata.name}", why)


def _unread(known: tuple[Engine, ...], foreign: Iterable[views.Foreign]) -> Iterator[Row]:
    read = frozenset(group for engine in known for group in reading(engine).groups)
    unclear = any(engine.name is EngineName.UNKNOWN for engine in known)
    for item in foreign:
        if item.of.kind in SETS or item.of.group in read:
            continue
        may = unclear or item.of.group in DOUBTFUL
        why = "whether an engine here reads it is not known" if may else "no engine here reads it"
        yield _row(item, why)


def _row(item: views.Foreign, why: str) -> Row:
    try:
        meta = item.metadata
    except msgspec.MsgspecError:
        meta = views.Meta("(not understood)")
    return Row(What.IGNORED, meta.namespace, f"{item.of.kind} {meta.name} ({item.of.group})", why)


def _short(known: tuple[Engine, ...]) -> str:
    """Return which engine may not read ranges of ports."""
    named = (engine for engine in known if engine.name not in {EngineName.NONE, EngineName.UNKNOWN})
    titles = (engine.title for engine in named if not _reads_ranges(engine))
    found = ", ".join(dict.fromkeys(titles))
    return f"its endPort may be left out by {found}" if found else ""


def _reads_ranges(engine: Engine) -> bool:
    since = limits_of(engine).end_port
    return since == "" or (since is not None and numbers(engine.version) >= numbers(since))


def _ranged(policy: views.NetworkPolicyView) -> bool:
    whole = network_policies.whole(policy)
    rules = (rule for rule in (*whole.ingress, *whole.egress) if isinstance(rule, network_policies.Rule))
    return any(port.end_port is not None for rule in rules for port in rule.ports or ())


def edited(read: frozenset[str]) -> tuple[refs.Kind, ...]:
    """Return the kinds of policies that count here, by the groups that the engines read."""
    more = (kind for kind in refs.RULING_KINDS if kind.group in read and kind.kind not in SETS)
    return (refs.NETWORK_POLICY, *more)
