"""
The little of the Kusto query language that is asked, as values; a text leaves here only through ``literal``.

A query is a table and its steps. Tables, columns and operators are constants of this program, held to one shape; what
a person, a label or a row brought is a ``Literal`` and nothing else. Escapes are those of the language's own lexer
("The string data type", Kusto documentation): all but the plainest characters are spelt by their number, so that neither
a quote, a comment nor a line end of theirs is ever in a query.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Literal: TypeAlias = str | int | bool | datetime

LONGEST_LITERAL: Final = 1024
"""Characters of one literal: no name, address or path that is looked for is longer."""

COMPARISONS: Final = frozenset({"==", "!=", "=~", "<", "<=", ">", ">=", "contains", "contains_cs"})
SUMS: Final = frozenset({"count", "sum", "min", "max"})
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9 ._:@/-]")


def literal(value: Literal) -> str:
    """
    Return a value as the language writes it: the only way of one into a query.

    Raises ``ValueError`` for a text that is too long, and for a time without a zone.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case datetime():
            return _time(value)
        case str():
            if len(value) > LONGEST_LITERAL:
                raise ValueError(f"a literal of {len(value)} characters is not asked for")
            return f'"{"".join(map(_spelt, value))}"'


def _spelt(character: str) -> str:
    point = ord(character)
    if _PLAIN.fullmatch(character):
        return character
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _time(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("a time without a zone is no time")
    return f"datetime({value.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.%fZ')})"


def name(text: str) -> str:
    """Return a table's or column's name as it stands in a query. Raises ``ValueError`` for what can't be one."""
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text!r} is no name of a table or column")
    return text


# -- conditions --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Is:
    """A column compared with a literal; ``text`` compares the written form of a dynamic column."""

    column: str
    comparison: str
    value: Literal
    text: bool = False

    def __str__(self) -> str:
        if self.comparison not in COMPARISONS:
            raise ValueError(f"{self.comparison!r} is no comparison that is asked")
        left = f"tostring({name(self.column)})" if self.text else name(self.column)
        return f"{left} {self.comparison} {literal(self.value)}"


@dataclass(frozen=True, slots=True)
class Among:
    """A column that is one of several texts."""

    column: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        if not self.values:
            raise ValueError("among none is never so: nothing is to be asked")
        return f"{name(self.column)} in ({', '.join(map(literal, self.values))})"


@dataclass(frozen=True, slots=True)
class Within:
    """A column that holds an address of a network."""

    column: str
    network: Network

    def __str__(self) -> str:
        kind = "ipv4_is_in_range" if self.network.version == 4 else "ipv6_is_in_range"
        return f"{kind}({name(self.column)}, {literal(str(self.network))})"


@dataclass(frozen=True, slots=True)
class Empty:
    """A column that holds nothing."""

    column: str

    def __str__(self) -> str:
        return f"isempty({name(self.column)})"


@dataclass(frozen=True, slots=True)
class Both:
    """All of several conditions."""

    of: "tuple[Condition, ...]"

    def __str__(self) -> str:
        return _joined("and", self.of)


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of several conditions."""

    of: "tuple[Condition, ...]"

    def __str__(self) -> str:
        return _joined("or", self.of)


Condition: TypeAlias = Is | Among | Within | Empty | Both | Either


def _joined(word: str, conditions: "tuple[Condition, ...]") -> str:
    if not conditions:
        raise ValueError("a condition without any part")
    return f"({f' {word} '.join(map(str, conditions))})"


def both(conditions: "Iterable[Condition | None]") -> "Condition | None":
    """Join what is there by ``and``; nothing where nothing is."""
    return _of(Both, conditions)


def either(conditions: "Iterable[Condition | None]") -> "Condition | None":
    """Join what is there by ``or``; nothing where nothing is."""
    return _of(Either, conditions)


def _of(kind: type[Both] | type[Either], conditions: "Iterable[Condition | None]") -> "Condition | None":
    there = tuple(condition for condition in conditions if condition is not None)
    return kind(there) if len(there) > 1 else next(iter(there), None)


# -- steps -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Where:
    """The rows that fit."""

    condition: Condition

    def __str__(self) -> str:
        return f"where {self.condition}"


@dataclass(frozen=True, slots=True)
class Project:
    """These columns only."""

    columns: tuple[str, ...]

    def __str__(self) -> str:
        return f"project {', '.join(map(name, self.columns))}"


@dataclass(frozen=True, slots=True)
class Sum:
    """One sum of a group: ``count`` takes no column, ``sum``, ``min`` and ``max`` take one."""

    called: str
    kind: str
    column: str = ""

    def __str__(self) -> str:
        if self.kind not in SUMS or (self.kind == "count") != (not self.column):
            raise ValueError(f"{self.kind!r} of {self.column!r} is no sum that is asked")
        return f"{name(self.called)} = {self.kind}({name(self.column) if self.column else ''})"


@dataclass(frozen=True, slots=True)
class Summarize:
    """Groups of equal rows with their sums; without ``by`` the whole is one group."""

    sums: tuple[Sum, ...]
    by: tuple[str, ...] = ()

    def __str__(self) -> str:
        grouped = f" by {', '.join(map(name, self.by))}" if self.by else ""
        return f"summarize {', '.join(map(str, self.sums))}{grouped}"


@dataclass(frozen=True, slots=True)
class Top:
    """The first so many by a column, the largest (the newest) first."""

    rows: int
    by: str

    def __str__(self) -> str:
        return f"top {_many(self.rows)} by {name(self.by)} desc"


@dataclass(frozen=True, slots=True)
class Take:
    """Any so many rows."""

    rows: int

    def __str__(self) -> str:
        return f"take {_many(self.rows)}"


Step: TypeAlias = Where | Project | Summarize | Top | Take


def _many(rows: int) -> str:
    if not 0 < rows <= 500_000:  # "Query results": the service returns no more, whatever is asked
        raise ValueError(f"{rows} rows are not asked for")
    return str(rows)


@dataclass(frozen=True, slots=True)
class Query:
    """One table and what is done with its rows. The time range is never in it: it goes beside it."""

    table: str
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        """Return the text that is sent. Raises ``ValueError`` for what must not be sent."""
        return "\n| ".join((name(self.table), *map(str, self.steps)))
