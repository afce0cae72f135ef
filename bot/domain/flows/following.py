"""Whom a trace asks on about: the pods that were reached, namespace by namespace, and whom it leaves, said in words."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from bot.domain.flows.asked import About, Subject
from bot.domain.flows.flow import Endpoint
from bot.domain.flows.identities import Known
from bot.domain.flows.knowing import external
from bot.domain.flows.peers import called
from bot.domain.flows.tracing import Trace
from bot.domain.numbers import few

MOST_SPACES: Final = 10
"""Namespaces whose pods are followed further."""

MOST_PODS: Final = 20
"""Pods of one namespace that are followed further."""

MOST_NAMED: Final = 5
NOT: Final = "not followed further: "


class Following(msgspec.Struct, frozen=True):
    """Several pods of each namespace as one subject; ``left`` are notes about those that are not among them."""

    subjects: tuple[Subject, ...]
    left: tuple[str, ...] = ()


def following(near: Trace, known: Iterable[Known]) -> Following:
    """Return about whom to ask on. ``known``: whose addresses are whose, a pod's may be several."""
    spaces: dict[str, list[str]] = {}
    for hop in near.next:
        if hop.end.pod:
            spaces.setdefault(hop.end.namespace, []).append(hop.end.pod)
    own: dict[tuple[str, str], list[str]] = {}
    for one in known:
        own.setdefault((one.end.namespace, one.end.pod), []).append(one.address)
    followed = list(spaces.items())[:MOST_SPACES]
    subjects = tuple(_several(space, pods[:MOST_PODS], own) for space, pods in followed)
    return Following(subjects, tuple(f"{NOT}{text}" for text in _left(near, spaces)))


def _several(space: str, pods: list[str], own: dict[tuple[str, str], list[str]]) -> Subject:
    addresses = dict.fromkeys(address for pod in pods for address in own.get((space, pod), ()))
    return Subject(About.POD, pods[0], space, pods=tuple(pods), addresses=tuple(addresses))


def _left(near: Trace, spaces: dict[str, list[str]]) -> Iterator[str]:
    for space, pods in list(spaces.items())[:MOST_SPACES]:
        if len(pods) > MOST_PODS:
            yield f"{len(pods) - MOST_PODS} of {len(pods)} pods of {space}"
    if further := list(spaces)[MOST_SPACES:]:
        yield f"namespaces {few(further, MOST_NAMED)}"
    nameless = [called(hop.end) for hop in near.next if _within(hop.end)]
    if nameless:
        yield f"{few(nameless, MOST_NAMED)}, of which no pod is named"
    if near.more:
        yield f"{near.more} more ends, those with the fewest connections"


def _within(end: Endpoint) -> bool:
    return not end.pod and not external(end)
