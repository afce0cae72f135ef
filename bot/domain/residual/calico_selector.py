"""
Calico's selectors (Calico documentation, "NetworkPolicy", section "Selectors").

An operation is a label with ``==``, ``!=``, ``in``, ``not in``, ``contains``, ``starts with`` or ``ends with``, or
``has()``, ``all()``, ``global()``, each with any number of ``!`` before it; ``&&`` binds tighter than ``||``. What is
negated holds for whatever lacks the label.
"""

import re
from collections.abc import Callable
from typing import Final

from bot.domain.reading import cut
from bot.domain.residual.rules import (
    A_POD,
    EVERYTHING,
    NOTHING,
    Each,
    Has,
    In,
    Like,
    Match,
    Named,
    Not,
    Of,
    Some,
    Text,
)
from bot.domain.residual.selectors import NotModelledError

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<call>has\(\s*(?P<label>[a-zA-Z0-9_./-]{1,512})\s*\)|all\(\s*\)|global\(\s*\))
      | (?P<sign>&&|\|\||==|!=|[!(){},])
      | (?P<text>"[^"]*"|'[^']*')
      | (?P<word>[a-zA-Z0-9_./-]{1,512})
    )""",
    re.VERBOSE,
)
_WORDS: Final = {
    "in": "in",
    "not": "not in",
    "contains": "contains",
    "starts": "starts with",
    "ends": "ends with",
}
_DEEPEST: Final = 40
Token = tuple[str, str]
Leaf = Callable[[str, tuple[str, ...] | None], Match]


def endpoints(selector: str) -> Match:
    """
    Return what a selector of endpoints matches; the empty one matches all.

    Raises NotModelledError for what is no selector, and for labels of service accounts, which are not known.
    """
    return _Parser(selector, _endpoint).whole()


def namespaces(selector: str) -> Match:
    """Return the pods of the namespaces that a selector matches. Raises NotModelledError as `endpoints` does."""
    return Each((A_POD, with_none(selector)))


def with_none(selector: str) -> Match:
    """
    Return the same of a rule's peers, where what is in no namespace counts as having none of the labels.

    So ``!has(env)`` chooses global network sets too (Calico, libcalico-go/lib/backend/syncersv1/updateprocessors).
    Raises NotModelledError as `endpoints` does.
    """
    return _Parser(selector, _namespace).whole()


def _endpoint(key: str, values: tuple[str, ...] | None) -> Match:
    if key == "projectcalico.org/namespace":
        return A_POD if values is None else Named(Of.NAMESPACE, values)
    if key in {"projectcalico.org/serviceaccount", "pcsa.projectcalico.org/name"}:
        return A_POD if values is None else Named(Of.SERVICE_ACCOUNT, values)
    if key == "projectcalico.org/orchestrator":
        return A_POD if values is None or "k8s" in values else NOTHING
    if key.startswith("pcns."):
        return _namespace(key.removeprefix("pcns."), values)
    if key.startswith("pcsa."):
        raise NotModelledError(f"the label {cut(key)} of service accounts")
    return Has(Of.POD, key) if values is None else In(Of.POD, key, values)


def _namespace(key: str, values: tuple[str, ...] | None) -> Match:
    if key == "projectcalico.org/name":
        return A_POD if values is None else Named(Of.NAMESPACE, values)
    return Has(Of.NAMESPACE, key) if values is None else In(Of.NAMESPACE, key, values)


class _Parser:
    def __init__(self, selector: str, leaf: Leaf) -> None:
        self._text, self._leaf = selector, leaf
        self._tokens = self._read()
        self._at = 0

    def whole(self) -> Match:
        if not self._tokens:
            return EVERYTHING
        found = self._any(0)
        if self._at < len(self._tokens):
            raise self._odd()
        return found

    def _read(self) -> list[Token]:
        found: list[Token] = []
        at, end = 0, len(self._text.rstrip())
        while at < end:
            token = _TOKEN.match(self._text, at)
            if token is None or token.lastgroup is None:
                raise self._odd()
            kind = "call" if token["call"] else token.lastgroup
            found.append((kind, token[kind]))
            at = token.end()
        return found

    def _odd(self) -> NotModelledError:
        return NotModelledError(f"the selector {cut(self._text)!r}")

    def _next(self) -> Token:
        if self._at >= len(self._tokens):
            raise self._odd()
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, kind: str, text: str) -> bool:
        there = self._at < len(self._tokens) and self._tokens[self._at] == (kind, text)
        self._at += there
        return there

    def _any(self, depth: int) -> Match:
        if depth > _DEEPEST:
            raise self._odd()
        parts = [self._all(depth)]
        while self._takes("sign", "||"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _all(self, depth: int) -> Match:
        parts = [self._operation(depth)]
        while self._takes("sign", "&&"):
            parts.append(self._operation(depth))
        return parts[0] if len(parts) == 1 else Each(tuple(parts))

    def _operation(self, depth: int) -> Match:
        negated = False
        while self._takes("sign", "!"):
            negated = not negated
        found = self._positive(depth)
        return Not(found) if negated else found

    def _positive(self, depth: int) -> Match:
        kind, text = self._next()
        if (kind, text) == ("sign", "("):
            found = self._any(depth + 1)
            if not self._takes("sign", ")"):
                raise self._odd()
            return found
        if kind == "call":
            if text.startswith("has"):
                return self._leaf(text[4:-1].strip(), None)
            return EVERYTHING if text.startswith("all") else Not(A_POD)
        if kind != "word":
            raise self._odd()
        return self._compared(text)

    def _compared(self, key: str) -> Match:
        operator = self._operator()
        if operator in {"in", "not in"}:
            found = self._leaf(key, self._values())
            return found if operator == "in" else Not(found)
        kind, text = self._next()
        if kind != "text":
            raise self._odd()
        value = text[1:-1]
        if operator in {"==", "!="}:
            found = self._leaf(key, (value,))
            return found if operator == "==" else Not(found)
        exact = self._leaf(key, (value,))
        if not isinstance(exact, In):
            raise self._odd()
        return Like(exact.of, exact.key, Text(operator), value)

    def _operator(self) -> str:
        kind, text = self._next()
        if kind == "sign" and text in {"==", "!="}:
            return text
        operator = _WORDS.get(text, "") if kind == "word" else ""
        second = operator.partition(" ")[2]
        if not operator or (second and not self._takes("word", second)):
            raise self._odd()
        return operator

    def _values(self) -> tuple[str, ...]:
        if not self._takes("sign", "{"):
            raise self._odd()
        found: list[str] = []
        while not self._takes("sign", "}"):
            kind, text = self._next()
            if kind != "text":
                raise self._odd()
            found.append(text[1:-1])
            self._takes("sign", ",")
        return tuple(found)
