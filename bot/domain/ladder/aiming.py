"""
What canaries aim at: a sibling of the pod, which shows that connections work there at all, the pod itself, and a witness.

A sibling may be in the same hands as the pod, and a listener can drop what comes from one address and take what comes from
another (socket filters need no privilege). So its word alone shows nothing: a witness is asked besides, who is in other
hands, the cluster's DNS or its API server.
"""

import ipaddress
from collections.abc import Iterator
from typing import Final

from bot.domain.canary import Aim, Role, is_canary, pod
from bot.domain.changes import Create
from bot.domain.isolation.allowances import DNS_LABEL, DNS_NAMESPACE, Allowances, allowing
from bot.domain.isolation.marks import LABEL
from bot.domain.plans import Part
from bot.domain.quarantine.surroundings import api_servers_of
from bot.domain.queries import Answer, Each, Listing, Query, Rounds, Unavailable
from bot.domain.reading import cut, each
from bot.domain.refs import POD
from bot.domain.selectors import Selector
from bot.domain.views import EndpointSliceView, PodView

CONTROL: Final = "control"
"""With this begin the names of all that must be open."""
SIBLING: Final = "sibling"
TARGET: Final = "target"
DNS: Final = "dns"
API: Final = "api"
WITNESSES: Final = {DNS: "the cluster's DNS", API: "the API server"}

Place = tuple[str, int]


def aimed(part: Part) -> Rounds[tuple[Create, ...] | str]:
    """Return the canaries of a part with their aims, as they are written; or why there is nothing to aim at."""
    answer, *others = yield (around(part), *witnesses(part))
    if not isinstance(answer, Listing):
        return f"its siblings could not be read: {cut(why_not(answer))}"
    there = tuple(item for item in answer.items if isinstance(item, PodView))
    target = next((one for one in there if one.metadata.uid == part.target.uid), None)
    if target is None:
        return "the pod is gone"
    found = _control(target, there, part)
    if isinstance(found, str):
        return found
    told = tuple(_told(target, tuple(others), part))
    if not told:
        return "neither the cluster's DNS nor its API server can be tried, and the pod's siblings alone are no witnesses"
    outside = (Aim(CONTROL, *found), *(Aim(f"{CONTROL}-{name}", *place) for name, place in told))
    inside = (Aim(SIBLING, *found), *(Aim(name, *place) for name, place in told))
    aims = {Role.OUTSIDE: (*outside, Aim(TARGET, target.status.pod_ip, found[1])), Role.INSIDE: inside}
    return tuple(pod(canary, aims.get(canary.role, ())) for canary in part.probes)


def around(part: Part) -> Each:
    """Ask for the pods of the part's namespace."""
    return Each(part.target.cluster, POD, part.target.namespace)


def witnesses(part: Part) -> tuple[Query, Query]:
    """Ask for the cluster's DNS servers and its API servers, whom nobody in the namespace has a hand in."""
    cluster = part.target.cluster
    return Each(cluster, POD, DNS_NAMESPACE, Selector(dict((DNS_LABEL,)))), api_servers_of(cluster)


def standing(answers: tuple[Answer, ...]) -> frozenset[str]:
    """Return the addresses of witnesses that can answer now, as `witnesses` were answered."""
    resolvers, slices = answers
    free = (one.status.pod_ip for one in each(resolvers, PodView) or () if stands_free(one))
    return frozenset((*free, *(address for address, _ in _servers(slices))))


def _told(target: PodView, answers: tuple[Answer, ...], part: Part) -> Iterator[tuple[str, Place]]:
    """Yield a witness of each kind, always the same one of the same."""
    resolvers, slices = answers
    version, spared = _version(target.status.pod_ip), _spared(part)
    beside = sorted(each(resolvers, PodView) or (), key=lambda one: one.metadata.name)
    dns = (
        (one.status.pod_ip, port)
        for one in beside
        if not spared.dns and stands_free(one) and one.metadata.uid != target.metadata.uid
        for port in _ports(one)
    )
    own = target.status.host_ip  # what leads to its own node, many engines let pass
    servers = (place for place in sorted(_servers(slices)) if place[0] != own)
    for name, places in ((DNS, dns), (API, servers)):
        usable = (
            place for place in places if _version(place[0]) == version and not _within(place[0], spared)
        )
        if (first := next(usable, None)) is not None:
            yield name, first


def _servers(slices: Answer) -> Iterator[Place]:
    for one in each(slices, EndpointSliceView) or ():
        for port in one.ports or ():
            if port.port is not None and port.protocol == "TCP" and 0 < port.port < 1 << 16:
                yield from (
                    (address, port.port)
                    for end in one.endpoints or ()
                    for address in end.addresses
                    if _version(address) is not None and not ipaddress.ip_address(address).is_loopback
                )


def _spared(part: Part) -> Allowances:
    return allowing(part.probes[0].allow if part.probes else ())


def _within(address: str, spared: Allowances) -> bool:
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(r) for r in spared.ranges)


def why_not(answer: object) -> str:
    """Say why a listing is none."""
    return answer.why if isinstance(answer, Unavailable) else "the answer was of another kind"


def stands_free(one: PodView) -> bool:
    """Whether a pod can show that connections work: Ready, with a network of its own, and neither cut nor a canary."""
    labels = one.metadata.labels
    return one.ready and not one.spec.host_network and LABEL not in labels and not is_canary(labels)


def _control(target: PodView, there: tuple[PodView, ...], part: Part) -> Place | str:
    """Return a sibling's address and port, always the same one of the same siblings; or why there is none."""
    version, owner, spared = _version(target.status.pod_ip), target.metadata.controller, _spared(part)
    if version is None:
        return "the pod has no address yet"
    if owner is None:
        return "no controller owns the pod, so it has no sibling that could show that connections work at all"
    beside = [
        one
        for one in sorted(there, key=lambda each: each.metadata.name)
        if one.metadata.uid != target.metadata.uid
        and (made_by := one.metadata.controller) is not None
        and made_by.uid == owner.uid
        and stands_free(one)
        and _version(one.status.pod_ip) == version
        and not _within(one.status.pod_ip, spared)
    ]
    if not beside:
        return "no sibling is Ready that could show that connections work at all"
    ports = [(one.status.pod_ip, port) for one in beside for port in _ports(one)]
    return ports[0] if ports else "no container of its siblings declares a TCP port to try"


def _ports(one: PodView) -> list[int]:
    declared = (port for box in one.spec.containers for port in box.ports if port.protocol == "TCP")
    return [port.container_port for port in declared if 0 < port.container_port < 1 << 16]


def _version(address: str) -> int | None:
    try:
        return ipaddress.ip_address(address).version
    except ValueError:
        return None
