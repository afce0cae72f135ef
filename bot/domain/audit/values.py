"""What the details of a record may hold: bounded strings, integers, booleans, and maps and lists of them."""

from collections.abc import Iterator
from typing import Any

from bot.domain.errors import AuditError

LONGEST_STRING = 2048  # characters
LARGEST_INT = (1 << 53) - 1  # RFC 8785 section 3.2.2.3: beyond it two readers may see two numbers
DEEPEST = 8  # levels of maps and lists
MOST_VALUES = 4096  # of all levels together


class RecordError(AuditError):
    """A record that the log does not take: malformed, too large, or not in its one canonical form."""


def cut(text: str, limit: int = LONGEST_STRING) -> str:
    """Return the text shortened to what a record takes, with the shortening visible."""
    return text if len(text) <= limit else text[: limit - 1] + "\u2026"


def check_string(where: str, text: str, longest: int = LONGEST_STRING) -> None:
    """Raise `RecordError` for a text that is too long or cannot be written as UTF-8."""
    if len(text) > longest:
        raise RecordError(f"{where} has {len(text)} characters, the log takes {longest}: cut it")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise RecordError(f"{where} holds half of a surrogate pair")


def check_int(where: str, number: int) -> None:
    """Raise `RecordError` for an integer that JSON readers do not agree on."""
    if not -LARGEST_INT <= number <= LARGEST_INT:
        raise RecordError(f"{where} is beyond 2^53")


def check_details(details: dict[str, Any]) -> None:
    """Raise `RecordError` for anything that details may not hold: floats, nulls, other types, too much."""
    for count, (where, value) in enumerate(_walk("details", details, 0)):
        if count >= MOST_VALUES:
            raise RecordError(f"details hold more than {MOST_VALUES} values")
        _check_scalar(where, value)


def _check_scalar(where: str, value: Any) -> None:
    if isinstance(value, str):
        check_string(where, value)
    elif isinstance(value, int):  # bool is one
        check_int(where, value)
    elif not isinstance(value, dict | list):
        raise RecordError(f"{where} is a {type(value).__name__}, not a string, integer, boolean, map or list")


def _walk(where: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > DEEPEST:
        raise RecordError(f"{where} is nested more than {DEEPEST} levels deep")
    yield where, value
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_key(where, key)
            yield from _walk(f"{where}.{key}", inner, depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(f"{where}[{index}]", inner, depth + 1)


def _check_key(where: str, key: Any) -> None:
    if not isinstance(key, str):
        raise RecordError(f"{where} has a key that is a {type(key).__name__}")
    check_string(f"a key of {where}", key)
