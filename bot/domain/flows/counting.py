"""Numbers that may not be known, joined."""

from bot.domain.flows.flow import Counts


def swapped(counts: Counts) -> Counts:
    """Return counts as the other end tells them."""
    return Counts(counts.packets_back, counts.packets_out, counts.bytes_back, counts.bytes_out)


def added(one: Counts | None, other: Counts | None) -> Counts | None:
    """Return the sum of what is known."""
    if one is None or other is None:
        return one or other
    return Counts(
        _plus(one.packets_out, other.packets_out),
        _plus(one.packets_back, other.packets_back),
        _plus(one.bytes_out, other.bytes_out),
        _plus(one.bytes_back, other.bytes_back),
    )


def larger(one: Counts | None, other: Counts | None) -> Counts | None:
    """Return the greater of what is known, number by number."""
    if one is None or other is None:
        return one or other
    return Counts(
        _most(one.packets_out, other.packets_out),
        _most(one.packets_back, other.packets_back),
        _most(one.bytes_out, other.bytes_out),
        _most(one.bytes_back, other.bytes_back),
    )


def _plus(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else one + other


def _most(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else max(one, other)
