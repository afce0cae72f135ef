"""Which flows a relay sends: its filters, as Hubble's agents apply them (Cilium 1.19, ``FlowFilter``)."""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any, Final

_PORTED: Final = ("TCP", "UDP", "SCTP")


def sent(request: Any, flow: Any) -> bool:
    """Tell whether a flow is in a whitelist filter (or there is none), in no blacklist filter, and in the time asked for."""
    if request.whitelist and not any(matches(each, flow) for each in request.whitelist):
        return False
    if any(matches(each, flow) for each in request.blacklist):
        return False
    at = (flow.time.seconds, flow.time.nanos)
    since = (request.since.seconds, request.since.nanos)
    until = (request.until.seconds, request.until.nanos)
    return at >= since and (not request.HasField("until") or at <= until)


def matches(wanted: Any, flow: Any) -> bool:
    """Tell whether all that a filter sets is so; of several values of one field, one."""
    return all(_any(values, test) for values, test in _tests(wanted, flow))


def _any(values: Iterable[Any], test: Callable[[Any], bool]) -> bool:
    given = list(values)
    return not given or any(test(value) for value in given)


def _tests(wanted: Any, flow: Any) -> list[tuple[Any, Callable[[Any], bool]]]:
    source, destination = _ports(flow)
    return [
        (wanted.source_pod, lambda value: _pod(value, flow.source)),
        (wanted.destination_pod, lambda value: _pod(value, flow.destination)),
        (wanted.source_ip, lambda value: _within(flow.IP.source, value)),
        (wanted.destination_ip, lambda value: _within(flow.IP.destination, value)),
        (wanted.source_fqdn, lambda value: value in flow.source_names),
        (wanted.destination_fqdn, lambda value: value in flow.destination_names),
        (wanted.source_port, lambda value: value == str(source)),
        (wanted.destination_port, lambda value: value == str(destination)),
        (wanted.verdict, lambda value: value == flow.verdict),
        (wanted.event_type, lambda value: value.type == flow.event_type.type),
    ]


def _pod(prefix: str, end: Any) -> bool:
    """``namespace/prefix of a name``; without a slash the namespace is ``default``."""
    namespace, slash, name = prefix.partition("/")
    if not slash:
        namespace, name = "default", prefix
    return bool(end.namespace == namespace and end.pod_name.startswith(name))


def _within(address: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network)
    except ValueError:
        return False


def _ports(flow: Any) -> tuple[int, int]:
    kind = flow.l4.WhichOneof("one_of")
    if kind not in _PORTED:
        return -1, -1
    inside = getattr(flow.l4, kind)
    return inside.source_port, inside.destination_port
