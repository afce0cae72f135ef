"""How many of something, in words."""


def many(number: int, one: str, more: str = "") -> str:
    """Return ``1 peer`` or ``2 peers``; ``more`` is the plural where it is not made with an s."""
    return f"{number} {one if number == 1 else more or f'{one}s'}"
