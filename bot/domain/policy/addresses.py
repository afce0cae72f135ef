"""Addresses as spans of numbers, so that overlap is one comparison."""

import ipaddress
from typing import Final

Span = tuple[int, int]

# RFC 4291 2.5.5.2: an IPv4 address a.b.c.d is also ::ffff:a.b.c.d. One number line for both leaves no other
# spelling of a protected address.
MAPPED: Final = 0xFFFF << 32


def span(text: str) -> Span:
    """
    Return first and last address of an IP, a CIDR or a range ``a-b``, on one number line for IPv4 and IPv6.

    Raises ``ValueError`` for anything else, for host bits in a CIDR and for a range that runs backwards.
    """
    first, dash, last = text.partition("-")
    if dash:
        low, high = _number(_address(first)), _number(_address(last))
        if low > high:
            raise ValueError("the range runs backwards")
        return low, high
    try:
        network = ipaddress.ip_network(text, strict=True)
    except ValueError as error:
        raise ValueError("not an IP address, a CIDR without host bits, or a range a-b") from error
    return _number(network.network_address), _number(network.broadcast_address)


def overlaps(one: Span, other: Span) -> bool:
    """Whether two spans share an address."""
    return one[0] <= other[1] and other[0] <= one[1]


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError as error:
        raise ValueError("not an IP address on both sides of the range") from error


def _number(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> int:
    return int(address) + (MAPPED if address.version == 4 else 0)
