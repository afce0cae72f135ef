"""The overlap guard agrees with counting addresses one by one."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.addresses import WIDEST, entry, guard, overlap, span

BASE = int(ipaddress.IPv4Address("203.0.113.0"))
NEAR = st.integers(BASE, BASE + 1023).map(ipaddress.IPv4Address)


@st.composite
def small(draw: st.DrawFn) -> str:
    """Return an address, a CIDR or a range of some hundred addresses, all near each other."""
    first = draw(NEAR)
    match draw(st.sampled_from(("address", "cidr", "range"))):
        case "address":
            return str(first)
        case "cidr":
            return str(ipaddress.IPv4Network(f"{first}/{draw(st.integers(22, 32))}", strict=False))
        case _:
            last = draw(st.integers(int(first), BASE + 1023).map(ipaddress.IPv4Address))
            return f"{first}-{last}"


def every(text: str) -> set[int]:
    """Return all addresses of an entry, by ``ipaddress`` alone."""
    if "-" not in text:
        return {int(address) for address in ipaddress.IPv4Network(text)}
    low, high = (int(ipaddress.IPv4Address(end)) for end in text.split("-"))
    return set(range(low, high + 1))


@given(small(), small())
def test_two_entries_overlap_exactly_when_they_share_an_address(one: str, other: str) -> None:
    assert overlap(one, other) == bool(every(one) & every(other)) == overlap(other, one)


@given(small(), st.lists(small(), max_size=5))
def test_the_guard_finds_the_first_range_that_is_touched(text: str, ranges: list[str]) -> None:
    kept = [(some, f"reason {index}") for index, some in enumerate(ranges)]
    touched = [pair for pair in kept if every(pair[0]) & every(text)]

    assert guard(text, kept) == (touched[0] if touched else None)


@given(small())
def test_spelling_keeps_the_addresses_and_is_the_same_when_done_twice(text: str) -> None:
    spelled = entry(text)

    assert every(spelled) == every(text)
    assert entry(spelled) == spelled


@given(st.text(max_size=40) | st.from_regex(r"[0-9./ -]{1,40}", fullmatch=True))
def test_whatever_is_typed_becomes_a_bounded_entry_or_is_refused(text: str) -> None:
    try:
        spelled = entry(text)
    except ValueError:
        return
    low, high = span(spelled)
    assert 0 <= low <= high < 2**32
    assert high - low < WIDEST
    assert set(spelled) <= set("0123456789./-")


def test_a_guard_that_cannot_be_read_is_an_error_and_never_no_guard() -> None:
    with pytest.raises(ValueError, match="Expected 4 octets"):
        guard("203.0.113.7", [("api.example.org", "a partner")])
