"""Who stands at an end of a flow. Equal ends become one object: merging is fast by that, and memory is bounded by it."""

import ipaddress
from collections.abc import Hashable, Iterable
from typing import Any, Final, TypeVar

from bot.domain.flows.flow import LONGEST, MOST_LABELS, Being, Endpoint

REMEMBERED: Final = 10_000
LIGHT: Final = 2048
"""Bytes of what a relay tells of an end that is remembered; one with more is made anew each time."""

_T = TypeVar("_T")
HOST: Final = b"reserved:host"
_OURS: Final = "k8s:"
_NO_LABELS: Final = ("io.kubernetes.pod.namespace=", "io.cilium.k8s.")
"""What Cilium adds to a pod's own labels."""

_NODES: Final = frozenset({"reserved:host", "reserved:remote-node"})
_WORLD: Final = frozenset({"reserved:world", "reserved:world-ipv4", "reserved:world-ipv6"})


class Remembered(dict[Hashable, _T]):
    """What was made before, by what it was made of. It forgets everything when it is too much: a stream may never end."""

    def keep(self, key: Hashable, made: _T) -> _T:
        """Remember a value and return it."""
        if len(self) >= REMEMBERED:
            self.clear()
        self[key] = made
        return made


class Ends:
    """The ends seen so far."""

    def __init__(self) -> None:
        self._known: Remembered[Endpoint] = Remembered()

    def end(self, address: str, told: Any, names: Any, service: Any, node: str) -> Endpoint:
        """
        Return the end for an address and what the relay knows of it; ``node`` is who observed.

        Raises ``ValueError`` for an address that is none.
        """
        raw = told.SerializeToString()
        if len(raw) > LIGHT or len(names) > MOST_LABELS:
            return _made(address, told, names, service, node)
        place = (service.namespace, service.name) if service else None
        key = (address, raw, tuple(names) if names else (), place, node if HOST in raw else "")
        found = self._known.get(key)
        if found is None:
            found = self._known.keep(key, _made(address, told, names, service, node))
        return found


def _made(address: str, told: Any, names: Any, service: Any, node: str) -> Endpoint:
    marks = told.labels[:MOST_LABELS]
    being = _being(told, marks, service)
    shown = being is Being.SERVICE
    return Endpoint(
        address=str(ipaddress.ip_address(address)) if address else "",
        being=being,
        namespace=_cut(service.namespace if shown else told.namespace),
        pod=_cut(told.pod_name),
        workload=_workload(told),
        name=_cut(service.name) if shown else node if "reserved:host" in marks else "",
        names=tuple(sorted({_cut(name.lower().rstrip(".")) for name in names[:MOST_LABELS]} - {""})),
        labels=tuple(sorted(_labels(marks))),
        identity=str(told.identity) if told.identity else "",
    )


def _being(told: Any, marks: Iterable[str], service: Any) -> Being:
    if told.pod_name:
        return Being.POD
    if not _NODES.isdisjoint(marks):
        return Being.NODE
    if service and service.name:
        return Being.SERVICE
    return Being.UNKNOWN if _WORLD.isdisjoint(marks) else Being.WORLD


def _labels(marks: Iterable[str]) -> set[str]:
    own = (mark.removeprefix(_OURS) for mark in marks if mark.startswith(_OURS))
    return {_cut(label) for label in own if not label.startswith(_NO_LABELS)}


def _workload(told: Any) -> str:
    first = next(iter(told.workloads), None)
    return _cut(f"{first.kind}/{first.name}".lower()) if first is not None and first.name else ""


def _cut(text: str) -> str:
    return text[:LONGEST]
