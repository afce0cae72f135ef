"""
What a message may be about: pods and addresses that stand in it, read strictly.

The words are a stranger's, so a hint is only a value that fits its field exactly, of which there are few; it is
shown to the one who asked, in a form where nothing has happened yet.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from bot.adapters.slack.text import incoming
from bot.domain.addresses import entry
from bot.domain.pods import is_label, is_subdomain

MOST: Final = 5
_EDGE: Final = r"(?<![A-Za-z0-9._/-])"
_PATH: Final = re.compile(
    rf"{_EDGE}(?:([A-Za-z0-9._-]{{1,100}})/)?([a-z0-9-]{{1,63}})/([a-z0-9.-]{{1,253}})(?![A-Za-z0-9_/-])"
)
_GENERATED: Final = re.compile(r".*(?:-[a-z0-9]{5}|-[0-9]{1,4})")
_NAMESPACE: Final = re.compile(
    r"\b(?:k8s[._])?(?:ns|namespace)(?:[._]name)?\s*[=:]\s*\"?([a-z0-9-]{1,63})\b(?![./])"
)
_POD: Final = re.compile(r"\b(?:k8s[._])?pod(?:[._]?name)?\s*[=:]\s*\"?([a-z0-9.-]{1,253})(?![A-Za-z0-9_/])")
_ADDRESS: Final = re.compile(rf"{_EDGE}([0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}})(?![A-Za-z0-9_/-])(?!\.[0-9])")
_DEFANGED: Final = re.compile(r"\[\.\]|\(\.\)|\[dot\]")
_INSIDE: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    )
)


class Hints(msgspec.Struct, frozen=True):
    """``pods`` as ``[cluster/]namespace/pod``, all of one place; ``addresses`` as the firewall spells them."""

    pods: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


def hints(text: str, clusters: Iterable[str]) -> Hints:
    """Return what a message names. Never raises."""
    plain = _DEFANGED.sub(".", incoming(text))
    pods = tuple(dict.fromkeys((*_paths(plain, frozenset(clusters)), *_named(plain))))
    place = pods[0].rpartition("/")[0] if pods else ""
    together = tuple(pod for pod in pods if pod.rpartition("/")[0] == place)
    return Hints(together[:MOST], tuple(dict.fromkeys(_addresses(plain)))[:MOST])


def _paths(text: str, clusters: frozenset[str]) -> Iterator[str]:
    """Yield paths with a known cluster, and others only where the last part looks like a pod's generated name."""
    for found in _PATH.finditer(text):
        cluster, namespace, pod = found[1] or "", found[2], found[3].rstrip(".")
        if not _fits(namespace, pod):
            continue
        if cluster in clusters:
            yield f"{cluster}/{namespace}/{pod}"
        elif not cluster and _GENERATED.fullmatch(pod):
            yield f"{namespace}/{pod}"


def _named(text: str) -> Iterator[str]:
    """Yield the pod of an alert that says namespace and pod by name."""
    namespace, pod = _NAMESPACE.search(text), _POD.search(text)
    if namespace and pod and _fits(namespace[1], pod[1].rstrip(".")):
        yield f"{namespace[1]}/{pod[1].rstrip('.')}"


def _fits(namespace: str, pod: str) -> bool:
    return is_label(namespace) and is_subdomain(pod)


def _addresses(text: str) -> Iterator[str]:
    for found in _ADDRESS.finditer(text):
        try:
            address = ipaddress.IPv4Address(found[1])
            spelled = entry(found[1])
        except ValueError:
            continue
        if not any(address in network for network in _INSIDE):
            yield spelled
