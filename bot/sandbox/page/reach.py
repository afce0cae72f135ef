"""
Who reaches whom, by all policies of the cluster: what an engine that enforces them would let through.

The bot's own evaluator answers: there is no second truth about policies.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from bot.domain import residual
from bot.domain.network_policies import whole
from bot.domain.residual.rules import UNSELECTED
from bot.domain.residual.verdict import Side
from bot.domain.residual.world import NAME_LABEL, Namespace
from bot.domain.views import Foreign, NetworkPolicyView
from bot.sandbox.kubernetes.objects import Json

Names = tuple[str, ...]
PLAIN: Final = "NetworkPolicy"


class End(msgspec.Struct, frozen=True):
    """One end of a connection: a pod with its namespace and labels, or an address outside (no namespace)."""

    name: str
    address: str
    namespace: str = ""
    labels: Mapping[str, str] = {}


class Ruling(msgspec.Struct, frozen=True):
    """
    What the policies say of one connection.

    It is let through unless something is ``against`` it, by kind and name; ``leaving`` and ``entering`` allow it at its
    source and at its target, by name, and are empty where no policy selects that end.
    """

    against: Names = ()
    leaving: Names = ()
    entering: Names = ()


def charted(pods: Iterable[End], policies: Sequence[Json], foreign: Iterable[Foreign] = ()) -> residual.World:
    """Return the cluster as its policies see it; ``foreign`` are the policies of its engine."""
    there = tuple(pods)
    bodies = (msgspec.json.encode({**policy, "kind": PLAIN}) for policy in policies)
    views = (msgspec.json.decode(body, type=NetworkPolicyView) for body in bodies)
    spaces = dict.fromkeys(pod.namespace for pod in there)
    return residual.World(
        pods=tuple(_pod(pod) for pod in there),
        namespaces=tuple(Namespace(space, ((NAME_LABEL, space),)) for space in spaces),
        nodes=(),
        policies=residual.compiled(map(whole, views)) + residual.foreign(foreign),
    )


def ruled(source: End, target: End, port: int, world: residual.World) -> Ruling:
    """Judge a TCP connection."""
    one, other = (_pod(end) if end.namespace else end.address for end in (source, target))
    found = residual.verdict(residual.Connection(one, other, "TCP", port), world)
    shut = [side for side in (found.source, found.destination) if side is not None and not side.allowed]
    against = (f"{cause.kind} {cause.name}" for side in shut for cause in side.causes)
    return Ruling(tuple(dict.fromkeys(against)), _allowing(found.source), _allowing(found.destination))


def _pod(end: End) -> residual.Pod:
    labels = tuple(sorted(end.labels.items()))
    return residual.Pod(end.namespace, end.name, labels, (end.address,) if end.address else ())


def _allowing(side: Side | None) -> Names:
    if side is None or not side.allowed:
        return ()
    return tuple(dict.fromkeys(cause.name for cause in side.causes if cause != UNSELECTED))
