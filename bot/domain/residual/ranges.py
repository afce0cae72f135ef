"""Sets of whole numbers as sorted, disjoint, non-adjacent ranges, both ends included: one spelling for each set."""

from bisect import bisect_right
from collections.abc import Iterable

Range = tuple[int, int]
Ranges = tuple[Range, ...]


def normal(ranges: Iterable[Range]) -> Ranges:
    """Return the one spelling of any ranges; one that runs backwards holds nothing."""
    kept: list[Range] = []
    for low, high in sorted(ranges):
        if low > high:
            continue
        if kept and low <= kept[-1][1] + 1:
            kept[-1] = (kept[-1][0], max(kept[-1][1], high))
        else:
            kept.append((low, high))
    return tuple(kept)


def union(one: Ranges, other: Ranges) -> Ranges:
    """Return what is in either."""
    if not one or one == other:
        return other
    return normal((*one, *other)) if other else one


def intersection(one: Ranges, other: Ranges) -> Ranges:
    """Return what is in both."""
    if one == other:
        return one
    found: list[Range] = []
    i = j = 0
    while i < len(one) and j < len(other):
        low, high = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if low <= high:
            found.append((low, high))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def difference(one: Ranges, other: Ranges) -> Ranges:
    """Return what is in the first and not in the second."""
    if not one or not other:
        return one
    found: list[Range] = []
    j = 0
    for start, high in one:
        low = start
        while j < len(other) and other[j][1] < low:
            j += 1
        k = j
        while k < len(other) and other[k][0] <= high:
            if low < other[k][0]:
                found.append((low, other[k][0] - 1))
            low = other[k][1] + 1
            k += 1
        if low <= high:
            found.append((low, high))
    return tuple(found)


def holds(ranges: Ranges, number: int) -> bool:
    """Whether a number is in the set."""
    at = bisect_right(ranges, number, key=lambda r: r[0]) - 1
    return at >= 0 and number <= ranges[at][1]


def size(ranges: Ranges) -> int:
    """How many numbers it holds."""
    return sum(high - low + 1 for low, high in ranges)
