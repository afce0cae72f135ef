"""What stays open on purpose, as people type it after ``allow``: DNS, or ranges of addresses. Egress only."""

import ipaddress
from typing import Final

import msgspec

MOST_RANGES: Final = 10
DNS: Final = "dns"
DNS_PORT: Final = 53
DNS_NAMESPACE: Final = "kube-system"
DNS_LABEL: Final = ("k8s-app", "kube-dns")
"""CoreDNS and kube-dns carry it in every distribution (Kubernetes, "Customizing DNS Service")."""

NODE_DNS: Final = ("169.254.20.10/32", "169.254.10.10/32", "169.254.10.11/32")
"""
Where a DNS cache of the node listens: NodeLocal DNSCache (Kubernetes documentation) and LocalDNS of AKS.

They are addresses of the node itself, so a pod selector never matches them.
"""


class Allowances(msgspec.Struct, frozen=True):
    """``ranges`` are networks in their canonical form, sorted, none within another."""

    dns: bool = False
    ranges: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything stays open."""
        return self.dns or bool(self.ranges)

    def of_version(self, version: int) -> tuple[str, ...]:
        """Return the ranges of IP version 4 or 6."""
        return tuple(r for r in self.ranges if ipaddress.ip_network(r).version == version)

    def __str__(self) -> str:
        """How people read it: ``DNS and 203.0.113.0/24``; ``nothing``."""
        named = (*(("DNS",) if self.dns else ()), *self.ranges)
        return " and ".join(named) or "nothing"


def allowing(typed: tuple[str, ...]) -> Allowances:
    """
    Understand what stands after ``allow``.

    Raises ``ValueError`` in plain words for anything but ``dns``, an address or a range, for a range that is all
    there is, and for more than ``MOST_RANGES``.
    """
    words = [word.casefold() for word in typed]
    ranges = [_range(word) for word in words if word != DNS]
    if len(ranges) > MOST_RANGES:
        raise ValueError(f"at most {MOST_RANGES} ranges can stay open, not {len(ranges)}")
    v4 = ipaddress.collapse_addresses(r for r in ranges if isinstance(r, ipaddress.IPv4Network))
    v6 = ipaddress.collapse_addresses(r for r in ranges if isinstance(r, ipaddress.IPv6Network))
    return Allowances(DNS in words, (*(str(r) for r in v4), *(str(r) for r in v6)))


def _range(word: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        found = ipaddress.ip_network(word)
    except ValueError:
        raise ValueError(f"{word!r} is neither dns nor a range of addresses, like 203.0.113.0/24") from None
    if isinstance(found, ipaddress.IPv6Network) and found.network_address.scope_id is not None:
        raise ValueError(f"{word!r} has a zone, which means nothing to a policy")
    if found.prefixlen == 0:
        raise ValueError(f"{word!r} is every address: that would be no quarantine")
    return found
