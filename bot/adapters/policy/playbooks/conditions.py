"""Conditions in CEL, compiled once within bounds and evaluated over an alert; what cannot be judged does not hold."""

import sys
from collections.abc import Iterable
from typing import Any, Final

import celpy
from celpy.adapter import json_to_cel
from celpy.celparser import CELParseError
from celpy.evaluation import CELEvalError
from lark import Token, Tree

from bot.adapters.policy.playbooks.grammar import FIELDS, LONGEST, OutOfBoundsError, check
from bot.domain.alerts import Alert, Role, SubjectKind
from bot.domain.alerts.subjects import doubt
from bot.domain.playbooks import Outcome, Playbook

_EMPTY: Final[dict[str, Any]] = {"text": "", "map": {}, "list": []}
_LISTS: Final = {
    "pods": SubjectKind.POD,
    "workloads": SubjectKind.WORKLOAD,
    "service_accounts": SubjectKind.SERVICE_ACCOUNT,
    "fqdns": SubjectKind.FQDN,
    "nodes": SubjectKind.NODE,
}


class ConditionError(Exception):
    """A condition that cannot be used. ``line`` and ``column`` count from 1 inside of it."""

    def __init__(self, text: str, line: int = 1, column: int = 1) -> None:
        self.line, self.column = line, column
        super().__init__(text)


class Conditions:
    """
    Compiles conditions and judges them; one reader of the grammar serves all.

    Not for several threads at once, and not on the event loop: the costliest condition takes a tenth of a second.
    """

    def __init__(self) -> None:
        # The library raises the limit for the whole program; what we let through is not deep enough to need that.
        limit = sys.getrecursionlimit()
        try:
            self._environment = celpy.Environment()
        finally:
            sys.setrecursionlimit(limit)
        self._runners: dict[str, celpy.Runner] = {}

    def compile(self, text: str) -> None:
        """Read a condition, to be judged from now on. Raises ``ConditionError`` for one that is wrong or costs too much."""
        if text in self._runners:
            return
        if len(text) > LONGEST:
            raise ConditionError(f"longer than {LONGEST} characters")
        try:
            tree: Tree[Token] = self._environment.compile(text)
            check(tree)
            runner = self._environment.program(tree)
        except CELParseError as error:
            raise ConditionError("not CEL: it cannot be read from here on", *_at(error)) from None
        except OutOfBoundsError as error:
            raise ConditionError(str(error), error.line, error.column) from None
        except Exception as error:  # noqa: BLE001 - whatever else a parser raises over a text is about that text
            raise ConditionError(f"not CEL that can be read ({type(error).__name__})") from None
        given = _evaluated(runner, {name: _EMPTY[kind] for name, kind in FIELDS.items()})
        if not isinstance(given, bool | CELEvalError):
            raise ConditionError("is neither true nor false")
        self._runners[text] = runner

    def judge(self, playbook: Playbook, alert: Alert) -> Outcome:
        """Return whether a playbook's condition, which was compiled, holds for an alert; never raises for an alert."""
        given = _evaluated(self._runners[playbook.match.when], seen(alert))
        if isinstance(given, bool):
            return Outcome(given)
        why = (
            str(given.args[0])[:100] if isinstance(given, CELEvalError) and given.args else "no true or false"
        )
        return Outcome(holds=False, why=f"its condition cannot be judged: {why}")


def seen(alert: Alert) -> dict[str, Any]:
    """Return what a condition sees of an alert, in plain values, named as ``grammar.FIELDS`` does."""
    lists = {name: _names(alert.of(kind)) for name, kind in _LISTS.items()}
    addresses = alert.of(SubjectKind.ADDRESS)
    own = [each.name for each in alert.of(SubjectKind.CLUSTER) if not doubt(each.cluster)]
    placed = [each.cluster for each in alert.subjects if each.cluster and not doubt(each.cluster)]
    clusters = dict.fromkeys([*own, *placed])
    spaces = [each.name for each in alert.of(SubjectKind.NAMESPACE)]
    namespaces = dict.fromkeys([*spaces, *(each.namespace for each in alert.subjects if each.namespace)])
    return {
        "source": alert.source,
        "format": alert.kind,
        "rule": alert.rule,
        "severity": alert.severity.value,
        "title": alert.title,
        "summary": alert.summary,
        "labels": dict(alert.labels),
        **lists,
        "addresses": [each.name for each in addresses],
        "destinations": [each.name for each in addresses if each.role is Role.DESTINATION],
        "sources": [each.name for each in addresses if each.role is Role.SOURCE],
        "namespaces": list(namespaces),
        "clusters": list(clusters),
    }


def _names(subjects: Iterable[Any]) -> list[str]:
    return [f"{each.namespace}/{each.name}" if each.namespace else each.name for each in subjects]


def _evaluated(runner: celpy.Runner, alert: dict[str, Any]) -> object:
    """Return true or false, or the error; CEL's own false is no Python ``False``, so it is made one."""
    try:
        given: object = runner.evaluate({"alert": json_to_cel(alert)})
    except CELEvalError as error:
        return error
    except Exception as error:  # noqa: BLE001 - some of its errors are of Python's own kinds; then it does not hold
        return CELEvalError(type(error).__name__)
    return bool(given) if isinstance(given, celpy.celtypes.BoolType) else given


def _at(error: CELParseError) -> tuple[int, int]:
    """The end of the text has no place in the library's error; 0 and less is how it says so."""
    return max(1, error.line or 1), max(1, error.column or 1)
