"""IPv4 entries as IP Groups take them (address, CIDR, range): one spelling each, and what they overlap."""

import ipaddress
from collections.abc import Iterable

from bot.domain.lanes import normal

WIDEST = 2**24

RESERVED: tuple[tuple[str, str], ...] = (
    ("168.63.129.16", "Azure's own host services: DNS, DHCP, health probes (Azure documentation)"),
    ("169.254.169.254", "the instance metadata service, where identities get their tokens"),
    ("169.254.0.0/16", "link-local (RFC 3927)"),
    ("127.0.0.0/8", "loopback (RFC 1122)"),
    ("0.0.0.0/8", "this network (RFC 1122)"),
    ("224.0.0.0/4", "multicast (RFC 5771)"),
    ("255.255.255.255", "broadcast (RFC 919)"),
)


def entry(text: str) -> str:
    """
    Return the one spelling of an IPv4 address, CIDR or ascending range.

    Raises ``ValueError`` in plain words for everything else: IPv6, names, host bits, falling ranges, and what
    is wider than a /8.
    """
    if ":" in text:
        raise ValueError(f"{text!r} is IPv6: Azure Firewall IP Groups hold IPv4 only")
    _well_formed(text.strip())
    spelled = normal(text)
    low, high = span(spelled)
    if high - low + 1 > WIDEST:
        raise ValueError(f"{text!r} is wider than a /8: that is an outage, not a block")
    return spelled


def span(spelled: str) -> tuple[int, int]:
    """
    Return the first and last address as numbers.

    Raises ``ValueError`` for what is no address, CIDR or ascending range.
    """
    if "-" in spelled:
        low, high = (int(ipaddress.IPv4Address(end.strip())) for end in spelled.split("-", 1))
        if low > high:
            raise ValueError(f"the range {spelled!r} runs backwards")
        return low, high
    network = ipaddress.IPv4Network(spelled)
    return int(network.network_address), int(network.broadcast_address)


def spelled(name: str) -> str:
    """Return an address or a CIDR as sources of flows are asked for it; empty for a range, which is neither."""
    try:
        span(name)
    except ValueError:
        return ""
    return "" if "-" in name else name


def overlap(one: str, other: str) -> bool:
    """Whether two entries share an address. Raises ``ValueError`` as ``span`` does."""
    (low, high), (first, last) = span(one), span(other)
    return low <= last and first <= high


def guard(spelled: str, guarded: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """
    Return the first guarded range that an entry touches, with its reason.

    Raises ``ValueError`` for a guarded range that cannot be read: an unreadable guard guards nothing.
    """
    return next(((kept, reason) for kept, reason in guarded if overlap(spelled, kept)), None)


def _well_formed(text: str) -> None:
    if "-" in text:
        span(_ends(text))
        return
    try:
        network = ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        raise ValueError(
            f"{text!r} is not an IPv4 address, CIDR or range like 203.0.113.7-203.0.113.9"
        ) from None
    if int(network.network_address) != int(ipaddress.IPv4Address(text.split("/", 1)[0])):
        raise ValueError(f"{text!r} has host bits set: did you mean {network}?")


def _ends(text: str) -> str:
    try:
        for end in text.split("-", 1):
            ipaddress.IPv4Address(end.strip())
    except ValueError:
        raise ValueError(
            f"{text!r} is not a range of two IPv4 addresses, like 203.0.113.7-203.0.113.9"
        ) from None
    return text
