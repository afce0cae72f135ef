"""From words to a query: a table, and operators over rows."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from bot.sandbox.loganalytics.lexing import KqlSyntaxError, Word, words


@dataclass(frozen=True, slots=True)
class Value:
    """A literal: `kind` is string, long, bool or datetime."""

    kind: str
    value: str | int | bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the row at hand."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function, or an operator by its sign; `in` has its list after the first."""

    function: str
    of: "tuple[Expression, ...]"


Expression: TypeAlias = Value | Column | Call


@dataclass(frozen=True, slots=True)
class Operator:
    """
    One step: `where`, `project`, `summarize`, `top` or `take`.

    `named` are columns that are made, each with its expression; `by` columns to group or sort by.
    """

    kind: str
    condition: Expression | None = None
    named: tuple[tuple[str, Expression], ...] = ()
    by: tuple[str, ...] = ()
    rows: int = 0
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Parsed:
    """A whole query."""

    table: str
    operators: tuple[Operator, ...]


COMPARES: Final = frozenset({"==", "!=", "=~", "!~", "<", "<=", ">", ">=", "contains", "contains_cs"})


def parse(text: str) -> Parsed:
    """Return what a text asks for. Raises `KqlSyntaxError`."""
    return _Parser(tuple(words(text))).query()


class _Parser:
    def __init__(self, found: tuple[Word, ...]) -> None:
        self._words = found
        self._next = 0

    def query(self) -> Parsed:
        table = self._name()
        operators: list[Operator] = []
        while self._word() is not None:
            self._sign("|")
            operators.append(self._operator())
        return Parsed(table, tuple(operators))

    def _operator(self) -> Operator:
        kind = self._name()
        match kind:
            case "where" | "filter":
                return Operator("where", condition=self._either())
            case "project":
                return Operator(kind, named=tuple((name, Column(name)) for name in self._names()))
            case "summarize":
                return self._summarize()
            case "take" | "limit":
                return Operator("take", rows=self._number())
            case "top":
                return self._top()
            case _:
                raise KqlSyntaxError(f"the operator {kind} is not known here")

    def _summarize(self) -> Operator:
        named: list[tuple[str, Expression]] = []
        while not named or self._has(","):
            called = self._name()
            self._sign("=")
            named.append((called, self._one()))
        by = self._names() if self._has("by") else ()
        return Operator("summarize", named=tuple(named), by=by)

    def _top(self) -> Operator:
        rows = self._number()
        if not self._has("by"):
            raise KqlSyntaxError("top without by")
        column = self._name()
        descending = not self._has("asc")
        self._has("desc")
        return Operator("top", by=(column,), rows=rows, descending=descending)

    def _either(self) -> Expression:
        found = [self._both()]
        while self._has("or"):
            found.append(self._both())
        return found[0] if len(found) == 1 else Call("or", tuple(found))

    def _both(self) -> Expression:
        found = [self._compared()]
        while self._has("and"):
            found.append(self._compared())
        return found[0] if len(found) == 1 else Call("and", tuple(found))

    def _compared(self) -> Expression:
        left = self._one()
        word = self._word()
        if word is not None and word.value in COMPARES and word.kind != "text":
            self._next += 1
            return Call(word.value, (left, self._one()))
        if self._has("in"):
            return Call("in", (left, *self._listed()))
        return left

    def _one(self) -> Expression:
        word = self._take()
        if word.kind == "text":
            return Value("string", word.value)
        if word.kind == "number":
            return Value("long", int(word.value))
        if word.value == "-":
            return Value("long", -self._number())
        if word.value == "(":
            inside = self._either()
            self._sign(")")
            return inside
        if word.kind != "name":
            raise KqlSyntaxError(f"unexpected {word.value!r} at {word.at}")
        return self._named(word.value)

    def _named(self, name: str) -> Expression:
        if name in {"true", "false"}:
            return Value("bool", name == "true")
        following = self._word()
        if following is None or following.value != "(" or following.kind != "sign":
            return Column(name)
        if name == "datetime":
            return Value("datetime", self._written())
        return Call(name, self._listed())

    def _written(self) -> str:
        """Return what stands between two brackets as it is written: the literal of a time."""
        self._sign("(")
        parts: list[str] = []
        while not self._has(")"):
            parts.append(self._take().value)
        return "".join(parts)

    def _listed(self) -> tuple[Expression, ...]:
        self._sign("(")
        if self._has(")"):
            return ()
        found = [self._either()]
        while self._has(","):
            found.append(self._either())
        self._sign(")")
        return tuple(found)

    def _names(self) -> tuple[str, ...]:
        found = [self._name()]
        while self._has(","):
            found.append(self._name())
        return tuple(found)

    def _word(self) -> Word | None:
        return self._words[self._next] if self._next < len(self._words) else None

    def _take(self) -> Word:
        word = self._word()
        if word is None:
            raise KqlSyntaxError("the query ends too early")
        self._next += 1
        return word

    def _has(self, value: str) -> bool:
        word = self._word()
        if word is None or word.kind == "text" or word.value != value:
            return False
        self._next += 1
        return True

    def _sign(self, value: str) -> None:
        if not self._has(value):
            word = self._word()
            raise KqlSyntaxError(f"{value!r} expected" + (f" at {word.at}" if word else ""))

    def _name(self) -> str:
        word = self._take()
        if word.kind != "name":
            raise KqlSyntaxError(f"a name expected at {word.at}")
        return word.value

    def _number(self) -> int:
        word = self._take()
        if word.kind != "number":
            raise KqlSyntaxError(f"a number expected at {word.at}")
        return int(word.value)
