"""A query over rows, with the checks that the engine makes before it looks at one: names, types, what may be grouped."""

import ipaddress
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bot.sandbox.loganalytics.parsing import COMPARES, Call, Column, Expression, Operator, Value

Columns = dict[str, str]
Row = Mapping[str, Any]
Eval = Callable[[Row], Any]
_NUMBERS: Final = frozenset({"int", "long", "real"})
_SUMS: Final[Mapping[str, Callable[[list[Any]], Any]]] = {"sum": sum, "min": min, "max": max}


class KqlSemanticError(Exception):
    """The query asks for what is not there, or compares what can't be compared."""


@dataclass(frozen=True)
class Answer:
    """Columns with their types, and rows as values in that order."""

    columns: Columns
    rows: list[tuple[Any, ...]]


def evaluate(operators: Sequence[Operator], columns: Columns, rows: Iterable[Row]) -> Answer:
    """Return what the operators make of the rows, in order. Raises `KqlSemanticError`."""
    at, found = dict(columns), list(rows)
    for operator in operators:
        at, found = _STEPS[operator.kind](operator, at, found)
    return Answer(at, [tuple(row.get(name) for name in at) for row in found])


def _where(operator: Operator, columns: Columns, rows: list[Row]) -> tuple[Columns, list[Row]]:
    assert operator.condition is not None
    kind, holds = _compiled(operator.condition, columns, "where")
    if kind != "bool":
        raise KqlSemanticError("'where' operator: the predicate is no boolean")
    return columns, [row for row in rows if holds(row)]


def _project(operator: Operator, columns: Columns, rows: list[Row]) -> tuple[Columns, list[Row]]:
    kept = {name: _type(name, columns, "project") for name, _ in operator.named}
    return kept, [{name: row.get(name) for name in kept} for row in rows]


def _take(operator: Operator, columns: Columns, rows: list[Row]) -> tuple[Columns, list[Row]]:
    return columns, rows[: operator.rows]


def _top(operator: Operator, columns: Columns, rows: list[Row]) -> tuple[Columns, list[Row]]:
    (column,) = operator.by
    _type(column, columns, "top")
    there = [row for row in rows if row.get(column) is not None]
    there.sort(key=lambda row: row[column], reverse=operator.descending)
    return columns, [*there, *(row for row in rows if row.get(column) is None)][: operator.rows]


def _summarize(operator: Operator, columns: Columns, rows: list[Row]) -> tuple[Columns, list[Row]]:
    grouped = {name: _type(name, columns, "summarize") for name in operator.by}
    if "dynamic" in grouped.values():
        raise KqlSemanticError("'summarize' operator: a key of type dynamic: use an explicit cast")
    sums = {called: _sum(expression, columns) for called, expression in operator.named}
    groups: dict[tuple[Any, ...], list[Row]] = {} if grouped else {(): []}
    for row in rows:
        groups.setdefault(tuple(row.get(name) for name in grouped), []).append(row)
    made: list[Row] = [
        {**dict(zip(grouped, key, strict=True)), **{called: one(group) for called, (_, one) in sums.items()}}
        for key, group in groups.items()
    ]
    return {**grouped, **{called: kind for called, (kind, _) in sums.items()}}, made


def _sum(expression: Expression, columns: Columns) -> tuple[str, Callable[[list[Row]], Any]]:
    match expression:
        case Call("count", ()):
            return "long", len
        case Call(function, (Column(name),)) if function in _SUMS:
            kind = _type(name, columns, "summarize")

            def one(group: list[Row]) -> Any:
                there = [row[name] for row in group if row.get(name) is not None]
                return _SUMS[function](there) if there else None

            return kind, one
        case _:
            raise KqlSemanticError("'summarize' operator: an aggregate that is not known here")


_STEPS: Final = {
    "where": _where,
    "project": _project,
    "take": _take,
    "top": _top,
    "summarize": _summarize,
}


# -- expressions -------------------------------------------------------------------------------------------


def _type(name: str, columns: Columns, operator: str) -> str:
    if name not in columns:
        raise KqlSemanticError(f"'{operator}' operator: Failed to resolve scalar expression named '{name}'")
    return columns[name]


def _compiled(expression: Expression, columns: Columns, operator: str) -> tuple[str, Eval]:
    """Return the type of an expression, and what makes its value of a row."""
    match expression:
        case Value("datetime", value):
            moment = _moment(str(value))
            return "datetime", lambda _: moment
        case Value(kind, value):
            return kind, lambda _: value
        case Column(name):
            return _type(name, columns, operator), lambda row: row.get(name)
        case Call(function, of):
            parts = [_compiled(one, columns, operator) for one in of]
            return _called(function, [kind for kind, _ in parts], [one for _, one in parts])


def _called(function: str, kinds: list[str], parts: list[Eval]) -> tuple[str, Eval]:
    if function in {"and", "or"}:
        _expect(function, kinds, {"bool"})
        every = all if function == "and" else any
        return "bool", lambda row: every(part(row) for part in parts)
    if function == "in":
        _expect(function, kinds, {"string"})
        return "bool", lambda row: parts[0](row) in {part(row) for part in parts[1:]}
    if function in COMPARES:
        return "bool", _comparison(function, kinds, parts)
    if function == "tostring" and len(parts) == 1:
        return "string", lambda row: _written(parts[0](row))
    if function == "isempty" and len(parts) == 1:
        return "bool", lambda row: parts[0](row) in (None, "")
    if function in {"ipv4_is_in_range", "ipv6_is_in_range"} and len(parts) == 2:
        _expect(function, kinds, {"string"})
        return "bool", lambda row: _in_range(parts[0](row), parts[1](row))
    raise KqlSemanticError(f"'where' operator: Unknown function: '{function}'")


def _comparison(sign: str, kinds: list[str], parts: list[Eval]) -> Eval:
    left, right = parts
    if sign in {"=~", "!~", "contains", "contains_cs"}:
        _expect(sign, kinds, {"string"})
        return lambda row: _TEXTS[sign](left(row) or "", right(row) or "")
    alike = kinds[0] == kinds[1] or set(kinds) <= _NUMBERS
    if not alike or "dynamic" in kinds:
        raise KqlSemanticError(
            f"Cannot compare values of types {kinds[0]} and {kinds[1]}. Try adding explicit casts"
        )
    return lambda row: _ordered(sign, left(row), right(row))


_TEXTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "=~": lambda one, other: one.lower() == other.lower(),
    "!~": lambda one, other: one.lower() != other.lower(),
    "contains": lambda one, other: other.lower() in one.lower(),
    "contains_cs": lambda one, other: other in one,
}


def _ordered(sign: str, one: Any, other: Any) -> bool:
    if sign in {"==", "!="}:
        return bool((one == other) == (sign == "=="))
    if one is None or other is None:
        return False
    holds = {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}
    return bool(holds[sign])


def _expect(what: str, kinds: list[str], wanted: set[str]) -> None:
    wrong = [kind for kind in kinds if kind not in wanted]
    if wrong:
        raise KqlSemanticError(f"'where' operator: {what} takes {'/'.join(wanted)}, not {wrong[0]}")


def _in_range(address: Any, network: Any) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network)
    except ValueError:
        return False


def _written(value: Any) -> str:
    if isinstance(value, str) or value is None:
        return value or ""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise KqlSemanticError(f"no time: {text}") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
