"""Sets of addresses and ports against Python's own sets, on a small universe."""

import ipaddress
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.residual import ranges
from bot.domain.residual.ranges import Ranges
from bot.domain.residual.sets import (
    ALL_PORTS,
    BY_PROTOCOL,
    NO_PORTS,
    AddressSet,
    PortSet,
    addresses,
    block,
    ports,
    protocol,
    spelled,
)

UNIVERSE = range(24)
numbers = st.frozensets(st.sampled_from(UNIVERSE))
pieces = st.lists(st.tuples(st.sampled_from(UNIVERSE), st.sampled_from(UNIVERSE)), max_size=6)


def made(found: frozenset[int]) -> Ranges:
    return ranges.normal((n, n) for n in found)


def told(found: Ranges) -> set[int]:
    return {n for low, high in found for n in range(low, high + 1)}


@given(pieces)
def test_one_set_has_one_spelling(some: list[tuple[int, int]]) -> None:
    found = ranges.normal(some)

    assert told(found) == {n for low, high in some for n in range(low, high + 1)}
    assert all(one[1] + 1 < other[0] for one, other in pairwise(found))
    assert ranges.normal(reversed(some)) == found


@given(numbers, numbers)
def test_the_algebra_is_that_of_sets(one: frozenset[int], other: frozenset[int]) -> None:
    first, second = made(one), made(other)

    assert ranges.union(first, second) == made(one | other)
    assert ranges.intersection(first, second) == made(one & other)
    assert ranges.difference(first, second) == made(one - other)
    assert ranges.size(first) == len(one)
    assert all(ranges.holds(first, n) == (n in one) for n in UNIVERSE)


addressed = st.builds(lambda a, b: AddressSet(made(a), made(b)), numbers, numbers)
doors = st.builds(
    lambda a, b, c, d: PortSet(made(a), made(b), made(c), made(d)), numbers, numbers, numbers, numbers
)


@given(addressed, addressed, addressed)
def test_addresses_obey_the_laws_of_sets(a: AddressSet, b: AddressSet, c: AddressSet) -> None:
    assert a & (b | c) == (a & b) | (a & c)
    assert a - (b | c) == (a - b) & (a - c)
    assert (a - b) | (a & b) == a
    assert bool(a - a) is False


@given(doors, doors, doors)
def test_ports_obey_the_laws_of_sets(a: PortSet, b: PortSet, c: PortSet) -> None:
    assert a & (b | c) == (a & b) | (a & c)
    assert a - (b | c) == (a - b) & (a - c)
    assert (a - b) | (a & b) == a
    assert not a - ALL_PORTS


@given(addressed)
def test_the_cidrs_that_are_shown_say_the_set_and_nothing_else(found: AddressSet) -> None:
    assert addresses(found.cidrs()) == found


@given(st.lists(st.ip_addresses(network="10.0.0.0/28"), max_size=4))
def test_a_block_is_its_cidr_without_the_exceptions(exceptions: list[ipaddress.IPv4Address]) -> None:
    found = block("10.0.0.0/28", map(str, exceptions))

    for address in ipaddress.ip_network("10.0.0.0/28"):
        assert found.holds(str(address)) == (address not in exceptions)


def test_the_internet_without_one_network_is_said_in_few_cidrs() -> None:
    assert block("0.0.0.0/0", ["10.0.0.0/8"]).cidrs()[:2] == ("0.0.0.0/5", "8.0.0.0/7")
    assert block("2001:db8::/32").cidrs() == ("2001:db8::/32",)


def test_ports_are_said_in_words() -> None:
    assert spelled(ALL_PORTS) == "all ports"
    assert spelled(ports("TCP", 443, 443) | ports("UDP", 53, 53)) == "TCP 443, UDP 53"
    assert spelled(BY_PROTOCOL["TCP"] - ports("TCP", 80, 80)) == "TCP 1-79,81-65535"
    assert spelled(protocol(1)) == "ICMP"
    assert spelled(NO_PORTS) == ""
