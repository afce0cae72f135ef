"""Numbers that may not be known, joined."""

import operator
from collections.abc import Callable

from bot.domain.flows.flow import Counts


def swapped(counts: Counts) -> Counts:
    """Return counts as the other end tells them."""
    return Counts(counts.packets_back, counts.packets_out, counts.bytes_back, counts.bytes_out)


def added(one: Counts | None, other: Counts | None) -> Counts | None:
    """Return the sum of what is known."""
    return _joined(operator.add, one, other)


def larger(one: Counts | None, other: Counts | None) -> Counts | None:
    """Return the greater of what is known, number by number."""
    return _joined(max, one, other)


def _joined(join: Callable[[int, int], int], one: Counts | None, other: Counts | None) -> Counts | None:
    if one is None or other is None:
        return one or other
    return Counts(
        _known(join, one.packets_out, other.packets_out),
        _known(join, one.packets_back, other.packets_back),
        _known(join, one.bytes_out, other.bytes_out),
        _known(join, one.bytes_back, other.bytes_back),
    )


def _known(join: Callable[[int, int], int], one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else join(one, other)
