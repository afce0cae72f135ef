"""
What an alert is about: pods, addresses and the like, by names that at least could be names.

Nothing here says that a subject exists: that is asked of the cluster before anything is suggested.
"""

import ipaddress
import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec

from bot.domain.alerts.texts import NAME, line

MOST: Final = 32
"""How many subjects of one alert are kept; more are only counted."""
UNTOLD: Final = "?"
"""A cluster that is meant and not told, or by what cannot be a name. Neither this nor ``EITHER`` is in any cluster's name."""
EITHER: Final = "|"
MOST_EITHER: Final = 3

_DNS: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_HOST: Final = re.compile(
    r"(?=.{4,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)


class SubjectKind(StrEnum):
    """What kind of thing."""

    POD = "pod"
    WORKLOAD = "workload"
    NAMESPACE = "namespace"
    NODE = "node"
    ADDRESS = "address"
    FQDN = "fqdn"
    SERVICE_ACCOUNT = "service_account"
    CLUSTER = "cluster"


class Role(StrEnum):
    """Which end of a connection an address or a name is, where the sender says it."""

    UNTOLD = ""
    SOURCE = "source"
    DESTINATION = "destination"


_SHAPES: Final = {
    SubjectKind.POD: _DNS,
    SubjectKind.WORKLOAD: _DNS,
    SubjectKind.NAMESPACE: _LABEL,
    SubjectKind.NODE: _DNS,
    SubjectKind.FQDN: _HOST,
    SubjectKind.SERVICE_ACCOUNT: _DNS,
    SubjectKind.CLUSTER: _LABEL,
}


class Subject(msgspec.Struct, frozen=True, order=True):
    """
    One thing that an alert names. ``kind`` and ``name`` together say what.

    ``namespace`` is that of a pod, workload or service account; empty where the sender does not say it. ``cluster`` is
    as the sender calls it, or the one of its settings; where those are several it is ``either`` of them, which is no cluster
    of anybody's, so that whoever looks for it there finds none. ``owner`` is a workload's kind (``Deployment``). An address is in
    its one canonical spelling, version 4 or 6.
    """

    kind: SubjectKind
    name: str
    namespace: str = ""
    cluster: str = ""
    role: Role = Role.UNTOLD
    owner: str = ""


def subject(
    kind: SubjectKind,
    name: str,
    namespace: str = "",
    *,
    cluster: str = "",
    role: Role = Role.UNTOLD,
    owner: str = "",
) -> Subject:
    """
    Return a subject by names that could be names.

    Raises ``ValueError``, in words fit for people, for what cannot be the name of such a thing: it is never bent into one.
    """
    if namespace:
        _shaped(SubjectKind.NAMESPACE, namespace)
    if cluster:
        _shaped(SubjectKind.CLUSTER, cluster)
    spelled = _address(name) if kind is SubjectKind.ADDRESS else _shaped(kind, name)
    return Subject(kind, spelled, namespace, cluster, role, line(owner, 63))


def either(clusters: Iterable[str]) -> str:
    """Return the cluster of what could be in any of these: a name that none has. An empty one is a cluster that is not told."""
    told = list(dict.fromkeys(each or UNTOLD for each in clusters))
    return EITHER.join(told if len(told) <= MOST_EITHER else [*told[:MOST_EITHER], UNTOLD])


def doubt(cluster: str) -> str:
    """Say why nothing can be looked for in a subject's cluster; empty where it is one, or none is told at all."""
    if EITHER not in cluster and UNTOLD not in cluster:
        return ""
    names = ["a cluster that is not told" if each == UNTOLD else each for each in cluster.split(EITHER)]
    return f"it was looked for nowhere: it may be in {' or in '.join(names)}"


def _shaped(kind: SubjectKind, name: str) -> str:
    spelled = name.rstrip(".").lower() if kind is SubjectKind.FQDN else name
    if _SHAPES[kind].fullmatch(spelled) is None:
        raise ValueError(f"{line(name, NAME)!r} cannot be the name of a {kind.value.replace('_', ' ')}")
    return spelled


@lru_cache(
    1024
)  # one address is told again and again; what is none is not remembered, so no text is that is long
def _address(text: str) -> str:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f"{line(text, NAME)!r} is not an IP address") from None
    if isinstance(found, ipaddress.IPv6Address):
        if found.scope_id is not None:
            raise ValueError(f"{line(text, NAME)!r} is not an IP address: it names an interface")
        return str(found.ipv4_mapped or found)
    return str(found)
