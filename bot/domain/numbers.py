"""How many of something, in words."""

from collections.abc import Sequence


def many(number: int, one: str, more: str = "") -> str:
    """Return ``1 peer`` or ``2 peers``; ``more`` is the plural where it is not made with an s."""
    return f"{number} {one if number == 1 else more or f'{one}s'}"


def few(names: Sequence[str], most: int) -> str:
    """Return the first of them, at most so many, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
