"""
How much of CEL a condition may use, so that what it costs is known before it runs.

No arithmetic, no maps, no functions but a few that look at text and lists, one level of ``exists`` and its kind, patterns
only as they stand in the text. So a condition can neither build large values nor run for long: each part of it is looked
at once, and each part inside of an ``exists`` once for each element of a list that is short.
"""

from collections.abc import Iterator
from typing import Any, Final

import re2
from celpy.evaluation import celstr
from lark import Token, Tree

from bot.domain.alerts.alert import MOST_LABELS
from bot.domain.policy.references import nearest

LONGEST: Final = 1000  # characters
DEEPEST: Final = (
    150  # levels of the syntax tree; the evaluator recurses, and Python's stack is not ours alone
)
COSTLIEST: Final = 2000  # parts looked at
LONGEST_PATTERN: Final = 200  # characters
LARGEST_PATTERN: Final = 1 << 20  # bytes of RE2's program

FIELDS: Final = {
    "source": "text",
    "format": "text",
    "rule": "text",
    "severity": "text",
    "title": "text",
    "summary": "text",
    "labels": "map",
    "pods": "list",
    "namespaces": "list",
    "addresses": "list",
    "destinations": "list",
    "sources": "list",
    "fqdns": "list",
    "workloads": "list",
    "service_accounts": "list",
    "nodes": "list",
    "clusters": "list",
}
"""What ``alert`` has, and of what kind each is."""

METHODS: Final = ("contains", "startsWith", "endsWith", "matches", "size")
MACROS: Final = ("exists", "all", "exists_one")
FUNCTIONS: Final = ("size",)
_REFUSED: Final = {
    "addition_add": "`+`",
    "addition_sub": "`-`",
    "multiplication_mul": "`*`",
    "multiplication_div": "`/`",
    "multiplication_mod": "`%`",
    "unary_neg": "`-` before a value",
    "map_lit": "a map",
    "member_object": "a message",
    "dot_ident": "a name that begins with a dot",
    "dot_ident_arg": "a name that begins with a dot",
}


class OutOfBoundsError(Exception):
    """A condition uses what it may not. ``line`` and ``column`` count from 1 inside of the condition."""

    def __init__(self, text: str, where: Any = None) -> None:
        meta = getattr(where, "meta", where)
        self.line: int = getattr(meta, "line", None) or 1
        self.column: int = getattr(meta, "column", None) or 1
        super().__init__(text)


def check(tree: Tree[Token]) -> None:
    """Raise ``OutOfBoundsError`` for a condition that uses more of CEL than it may, or could cost too much."""
    depth = _depth(tree)
    if depth > DEEPEST:
        raise OutOfBoundsError(f"nested too deeply ({depth} levels, at most {DEEPEST})")
    cost = _Walk().cost(tree, frozenset())
    if cost > COSTLIEST:
        raise OutOfBoundsError(f"too costly ({cost} parts could be looked at, at most {COSTLIEST})")


def _depth(tree: Tree[Token]) -> int:
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in node.children if isinstance(child, Tree)]
    return deepest


class _Walk:
    """Checks a tree that is not too deep, and adds up what it costs."""

    def cost(self, node: Tree[Token], bound: frozenset[str]) -> int:
        kind = str(node.data)
        if kind in _REFUSED:
            raise OutOfBoundsError(f"{_REFUSED[kind]} is not used in a condition", node)
        match kind:
            case "ident":
                return self._ident(node, bound)
            case "member_dot":
                return self._dot(node, bound)
            case "member_dot_arg":
                return self._method(node, bound)
            case "ident_arg":
                return self._function(node, bound)
            case "literal":
                return 1
            case _:
                return self._inside(node, bound)

    def _inside(self, node: Tree[Token], bound: frozenset[str]) -> int:
        return sum(self.cost(child, bound) for child in node.children if isinstance(child, Tree))

    def _ident(self, node: Tree[Token], bound: frozenset[str]) -> int:
        name = str(node.children[0])
        if name in bound:
            return 1
        if name == "alert":
            raise OutOfBoundsError(
                "`alert` alone is no value: name what of it, for example `alert.rule`", node
            )
        raise OutOfBoundsError(f"there is no `{name[:80]}`{nearest(name, {'alert', *bound})}", node)

    def _dot(self, node: Tree[Token], bound: frozenset[str]) -> int:
        of, name = _ident_of(node.children[0]), str(node.children[1])
        if of and of not in {"alert", *bound}:
            raise OutOfBoundsError(f"there is no `{of[:80]}`{nearest(of, {'alert', *bound})}", node)
        if of != "alert":
            raise OutOfBoundsError(f"only `alert` has parts, so there is no `.{name[:80]}` here", node)
        if name not in FIELDS:
            raise OutOfBoundsError(f"`alert` has no `{name[:80]}`{nearest(name, FIELDS)}", node)
        return 1

    def _function(self, node: Tree[Token], bound: frozenset[str]) -> int:
        name = str(node.children[0])
        if name not in FUNCTIONS:
            raise OutOfBoundsError(f"there is no function `{name[:80]}`{nearest(name, FUNCTIONS)}", node)
        if len(_arguments(node)) != 1:
            raise OutOfBoundsError(f"`{name}` takes one value", node)
        return 1 + self._inside(node, bound)

    def _method(self, node: Tree[Token], bound: frozenset[str]) -> int:
        name, arguments = str(node.children[1]), _arguments(node)
        of = node.children[0]
        assert isinstance(of, Tree)
        if name in MACROS:
            return self.cost(of, bound) + self._macro(node, arguments, bound)
        if name not in METHODS:
            known = (*METHODS, *MACROS)
            raise OutOfBoundsError(f"there is no function `{name[:80]}`{nearest(name, known)}", node)
        if len(arguments) != (name != "size"):
            raise OutOfBoundsError(f"`{name}` takes {'nothing' if name == 'size' else 'one value'}", node)
        if name == "matches":
            _pattern(arguments[0])
        return 1 + self.cost(of, bound) + sum(self.cost(each, bound) for each in arguments)

    def _macro(self, node: Tree[Token], arguments: list[Tree[Token]], bound: frozenset[str]) -> int:
        name = str(node.children[1])
        if bound:
            raise OutOfBoundsError(f"`{name}` inside of another `exists`, `all` or `exists_one`", node)
        variable = _ident_of(arguments[0]) if len(arguments) == 2 else ""
        if not variable or variable in {"alert", *MACROS, *METHODS}:
            raise OutOfBoundsError(f"`{name}` takes a new name and a condition: `{name}(x, x == 'a')`", node)
        return MOST_LABELS * (1 + self.cost(arguments[1], frozenset({variable})))


def _arguments(node: Tree[Token]) -> list[Tree[Token]]:
    lists = [child for child in node.children[1:] if isinstance(child, Tree) and child.data == "exprlist"]
    return [each for one in lists for each in one.children if isinstance(each, Tree)]


def _ident_of(node: Any) -> str:
    """Return the name that an expression is, if it is nothing but one."""
    only = _bottom(node)
    return str(only.children[0]) if only is not None and only.data == "ident" else ""


def _bottom(node: Any) -> Tree[Token] | None:
    while isinstance(node, Tree) and node.data not in {"ident", "literal"}:
        if len(node.children) != 1 or node.data in {"list_lit", "map_lit"}:
            return None
        node = node.children[0]
    return node if isinstance(node, Tree) else None


def _pattern(node: Tree[Token]) -> None:
    """A pattern is read when the playbook is, not when an alert comes; RE2 takes time in step with the text."""
    literal = _bottom(node)
    token = literal.children[0] if literal is not None and literal.data == "literal" else None
    if not isinstance(token, Token) or token.type not in {"STRING_LIT", "MLSTRING_LIT"}:
        raise OutOfBoundsError("the pattern of `matches` is written out, in quotes", node)
    for problem in _wrong(token):
        raise OutOfBoundsError(problem, node)


def _wrong(token: Token) -> Iterator[str]:
    if len(token) > LONGEST_PATTERN:
        yield f"a pattern is at most {LONGEST_PATTERN} characters long"
        return
    options = re2.Options()
    options.log_errors = False
    options.max_mem = LARGEST_PATTERN
    try:
        re2.compile(str(celstr(token)), options)
    except re2.error as error:
        told = error.args[0] if error.args else ""
        told = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
        yield f"not a pattern that RE2 takes: {told[:100]}"
