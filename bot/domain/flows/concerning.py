"""Whether a flow is among those that were asked for: exactly, where sources filter by prefix or by address alone."""

import ipaddress
from collections.abc import Callable
from typing import Final

from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.flow import Being, Endpoint, Flow

Holds = Callable[[Endpoint], bool]
_REMEMBERED: Final = 10_000
ACCOUNT: Final = "system:serviceaccount:"
"""What the API server calls a service account by, before its namespace and name."""


def matcher(asked: Asked) -> Callable[[Flow], bool]:
    """
    Return what tells whether a flow was asked for.

    Raises ``ValueError`` for a subject or peer that is no address or network where it says that it is.
    """
    own = remembered(end(asked.subject))
    peer = remembered(end(asked.peer)) if asked.peer else None
    since, until, port, done = asked.since, asked.until, asked.port, asked.done

    def concerns(flow: Flow) -> bool:
        if flow.start >= until or flow.end < since or (done and flow.verdict not in done):
            return False
        if port is not None and port not in served(flow):
            return False
        one, other = flow.source, flow.destination
        if peer is None:
            return own(one) or own(other)
        return (own(one) and peer(other)) or (own(other) and peer(one))

    return concerns


def served(flow: Flow) -> tuple[int, ...]:
    """Return the port that was connected to; both, where it is not told which side connected."""
    if flow.reply is None:
        return (flow.destination_port, flow.source_port)
    return (flow.source_port,) if flow.reply else (flow.destination_port,)


def end(subject: Subject) -> Holds:
    """Return what tells whether an end is the subject. Raises ``ValueError`` as `matcher` does."""
    match subject.about:
        case About.ADDRESS:
            spelled = str(ipaddress.ip_address(subject.name))
            return lambda one: one.address == spelled
        case About.NETWORK:
            return _within(subject.name)
        case About.NAME:
            wanted = subject.name.lower().rstrip(".")
            return lambda one: wanted in one.names
        case About.POD | About.WORKLOAD | About.NAMESPACE:
            return _of_cluster(subject)


def _within(network: str) -> Holds:
    wide = ipaddress.ip_network(network, strict=False)

    def holds(one: Endpoint) -> bool:
        try:
            address = ipaddress.ip_address(one.address)
        except ValueError:
            return False
        return address.version == wide.version and address in wide

    return holds


def _of_cluster(subject: Subject) -> Holds:
    """
    Return what tells whether an end is of the cluster and the subject.

    By name where the source knows names, or by identity or service account where it tells a namespace and no pod; else by
    an address that is the subject's own, or its node's, behind which a source outside the cluster sees it and its
    neighbours alike.
    """
    space, own, behind = subject.namespace, frozenset(subject.addresses), frozenset(subject.behind)
    pods = frozenset((*subject.pods, *((subject.name,) if subject.about is About.POD else ())))
    workload = subject.name.lower() if subject.about is About.WORKLOAD else None
    whole = subject.about is About.NAMESPACE
    nameless = _nameless(subject)

    def holds(one: Endpoint) -> bool:
        if one.pod or one.workload or one.namespace:
            return one.namespace == space and (
                whole
                or one.pod in pods
                or (workload is not None and one.workload == workload)
                or (not one.pod and nameless(one))
            )
        if one.address in own:
            return True
        return one.address in behind and (one.being is Being.UNKNOWN or one.shared)

    return holds


def _nameless(subject: Subject) -> Holds:
    """Return what tells whether an end without a pod's name is the subject by what its engine or a token calls it."""
    marks = frozenset(subject.identities)
    accounts = frozenset(f"{ACCOUNT}{subject.namespace}:{one}" for one in subject.service_accounts)
    return lambda one: (one.identity != "" and one.identity in marks) or one.name in accounts


def remembered(holds: Holds) -> Holds:
    """Return the same, asked once per end; it forgets everything when it knows too many, so that a stream may go on."""
    known: dict[Endpoint, bool] = {}

    def asked(one: Endpoint) -> bool:
        told = known.get(one)
        if told is None:
            if len(known) >= _REMEMBERED:
                known.clear()
            told = known[one] = holds(one)
        return told

    return asked
