"""Addresses and ports as immutable sets with exact algebra."""

import ipaddress
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

import msgspec

from bot.domain.residual import ranges
from bot.domain.residual.ranges import Ranges

IPV4, IPV6 = 4, 6
V4_ALL: Final[Ranges] = ((0, 2**32 - 1),)
V6_ALL: Final[Ranges] = ((0, 2**128 - 1),)

PORTS: Final[Ranges] = ((1, 65535),)
TCP, UDP, SCTP, ANY = "TCP", "UDP", "SCTP", "any"
NUMBERED: Final = {TCP: 6, UDP: 17, SCTP: 132}
"""The protocols with ports that policies know, and their numbers (IANA)."""
PORTLESS: Final[Ranges] = ranges.difference(((0, 255),), ranges.normal((n, n) for n in NUMBERED.values()))


class AddressSet(msgspec.Struct, frozen=True, gc=False):
    """IPv4 and IPv6 addresses, as ranges of their numbers."""

    v4: Ranges = ()
    v6: Ranges = ()

    def __or__(self, other: "AddressSet") -> "AddressSet":
        """Return what is in either."""
        return AddressSet(ranges.union(self.v4, other.v4), ranges.union(self.v6, other.v6))

    def __and__(self, other: "AddressSet") -> "AddressSet":
        """Return what is in both."""
        return AddressSet(ranges.intersection(self.v4, other.v4), ranges.intersection(self.v6, other.v6))

    def __sub__(self, other: "AddressSet") -> "AddressSet":
        """Return what is in the first alone."""
        return AddressSet(ranges.difference(self.v4, other.v4), ranges.difference(self.v6, other.v6))

    def __bool__(self) -> bool:
        """Whether it holds any address."""
        return bool(self.v4 or self.v6)

    def family(self, version: int) -> Ranges:
        """Return the addresses of one IP version, 4 or 6."""
        return self.v4 if version == IPV4 else self.v6

    def holds(self, address: str) -> bool:
        """Whether it holds an address. Raises ``ValueError`` for what is none."""
        version, number = numbered(address)
        return ranges.holds(self.family(version), number)

    def cidrs(self) -> tuple[str, ...]:
        """Return the fewest CIDRs that say it, IPv4 first."""
        return (*_cidrs(self.v4, IPV4), *_cidrs(self.v6, IPV6))

    @property
    def single(self) -> bool:
        """Whether one CIDR says it."""
        found = self.cidrs() if len(self.v4) + len(self.v6) == 1 else ()
        return len(found) == 1


NO_ADDRESS: Final = AddressSet()
ALL_ADDRESSES: Final = AddressSet(V4_ALL, V6_ALL)


@lru_cache(maxsize=1 << 16)
def numbered(address: str) -> tuple[int, int]:
    """Return an address's IP version and number. Raises ``ValueError`` for what is none."""
    if "." in address and ":" not in address:
        return IPV4, int(ipaddress.IPv4Address(address))
    found = ipaddress.ip_address(address)
    return found.version, int(found)


def block(cidr: str, exceptions: Iterable[str] = ()) -> AddressSet:
    """
    Return the addresses of a CIDR or single address, without those of the exceptions.

    Host bits are ignored, as the API server does. Raises ``ValueError`` for what is no CIDR.
    """
    found = _network(cidr)
    for exception in exceptions:
        found -= _network(exception)
    return found


def addresses(texts: Iterable[str]) -> AddressSet:
    """Return the set of some addresses or CIDRs. Raises ``ValueError`` for what is neither."""
    networks = [_network(text) for text in texts]
    return AddressSet(
        ranges.normal(r for n in networks for r in n.v4), ranges.normal(r for n in networks for r in n.v6)
    )


def _network(cidr: str) -> AddressSet:
    network = ipaddress.ip_network(cidr, strict=False)
    whole = ((int(network.network_address), int(network.broadcast_address)),)
    return AddressSet(v4=whole) if network.version == IPV4 else AddressSet(v6=whole)


def _cidrs(found: Ranges, version: int) -> Iterator[str]:
    kind = ipaddress.IPv4Address if version == IPV4 else ipaddress.IPv6Address
    for low, high in found:
        yield from (str(n) for n in ipaddress.summarize_address_range(kind(low), kind(high)))


class PortSet(msgspec.Struct, frozen=True, gc=False):
    """
    Ports of TCP, UDP and SCTP, and the numbers of IP protocols that have none (ICMP is 1).

    A policy that names no ports allows all of it; what an engine does with protocols beyond the three is its own.
    """

    tcp: Ranges = ()
    udp: Ranges = ()
    sctp: Ranges = ()
    other: Ranges = ()

    def __or__(self, more: "PortSet") -> "PortSet":
        """Return what is in either."""
        if self is more:
            return self
        return PortSet(*map(ranges.union, _parts(self), _parts(more)))

    def __and__(self, more: "PortSet") -> "PortSet":
        """Return what is in both."""
        if self is more or more is ALL_PORTS:
            return self
        if self is ALL_PORTS:
            return more
        return PortSet(*map(ranges.intersection, _parts(self), _parts(more)))

    def __sub__(self, more: "PortSet") -> "PortSet":
        """Return what is in the first alone."""
        if self is more or more is ALL_PORTS:
            return NO_PORTS
        return PortSet(*map(ranges.difference, _parts(self), _parts(more)))

    def __bool__(self) -> bool:
        """Whether it holds anything."""
        return bool(self.tcp or self.udp or self.sctp or self.other)

    def of(self, protocol: str) -> Ranges:
        """Return the ports of TCP, UDP or SCTP."""
        return {TCP: self.tcp, UDP: self.udp, SCTP: self.sctp}.get(protocol, ())

    def holds(self, protocol: str, port: int) -> bool:
        """Whether a port of TCP, UDP or SCTP is in it."""
        return ranges.holds(self.of(protocol), port)

    @property
    def whole(self) -> bool:
        """Whether it is every port of every protocol."""
        return self == ALL_PORTS


def _parts(ports: PortSet) -> tuple[Ranges, Ranges, Ranges, Ranges]:
    return ports.tcp, ports.udp, ports.sctp, ports.other


NO_PORTS: Final = PortSet()
ALL_PORTS: Final = PortSet(PORTS, PORTS, PORTS, PORTLESS)
BY_PROTOCOL: Final = {TCP: PortSet(tcp=PORTS), UDP: PortSet(udp=PORTS), SCTP: PortSet(sctp=PORTS)}


def ports(protocol: str, low: int = 1, high: int = 65535) -> PortSet:
    """Return a range of ports of TCP, UDP or SCTP. Raises ``ValueError`` for another protocol."""
    found = ranges.intersection(ranges.normal([(low, high)]), PORTS)
    match protocol:
        case "TCP":
            return PortSet(tcp=found)
        case "UDP":
            return PortSet(udp=found)
        case "SCTP":
            return PortSet(sctp=found)
        case _:
            raise ValueError(f"{protocol!r} has no ports that a policy knows")


def protocol(number: int) -> PortSet:
    """Return everything of one IP protocol by its number. Raises ``ValueError`` beyond 0 to 255."""
    named = next((name for name, at in NUMBERED.items() if at == number), None)
    if named is not None:
        return BY_PROTOCOL[named]
    if not 0 <= number <= 255:
        raise ValueError(f"{number} is not the number of an IP protocol")
    return PortSet(other=((number, number),))


def spelled(found: PortSet) -> str:
    """Say it in a few words: ``all ports``, ``TCP 443, UDP 53``, ``TCP 1-79,81-65535``."""
    if found == ALL_PORTS:
        return "all ports"
    if (found.tcp, found.udp, found.sctp) == (PORTS, PORTS, PORTS):
        return "all ports of TCP, UDP and SCTP"
    said = [_spelled(name, found.of(name)) for name in (TCP, UDP, SCTP) if found.of(name)]
    return ", ".join(said + ([_spelled_other(found.other)] if found.other else []))


def _spelled(name: str, numbers: Ranges) -> str:
    if numbers == PORTS:
        return f"{name} all ports"
    return f"{name} {_numbers(numbers)}"


def _spelled_other(numbers: Ranges) -> str:
    if numbers == PORTLESS:
        return "ICMP and all other protocols"
    return "ICMP" if numbers == ((1, 1),) else f"IP protocol {_numbers(numbers)}"


def _numbers(found: Ranges) -> str:
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in found)
