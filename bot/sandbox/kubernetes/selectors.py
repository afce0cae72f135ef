"""Label and field selectors, as a query string writes them.

Grammar: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.sandbox.kubernetes.objects import Json, at_path
from bot.sandbox.kubernetes.resources import Resource, field_names
from bot.sandbox.kubernetes.statuses import bad_request
from bot.sandbox.kubernetes.validation import key_flaw, label_value_flaw

_SET: Final = re.compile(r"^(?P<key>[^\s!=(),]+)\s+(?P<operator>in|notin)\s+\((?P<values>[^()]*)\)$")
_EQUALITY: Final = re.compile(r"^(?P<key>[^\s!=(),]+)\s*(?P<operator>==|=|!=)\s*(?P<value>[^\s!=(),]*)$")
_EXISTENCE: Final = re.compile(r"^(?P<absent>!?)\s*(?P<key>[^\s!=(),]+)$")
_COMMA_OUTSIDE_PARENTHESES: Final = re.compile(r",(?![^(]*\))")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One term: the label's value is among `values` (None stands for "no such label"), or just not."""

    key: str
    values: frozenset[str | None]
    among: bool = True

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Tell whether an object with these labels passes."""
        return (labels.get(self.key) in self.values) is self.among


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """Requirements that must all hold; none at all selects everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether an object with these labels is selected."""
        return all(requirement.holds(labels) for requirement in self.requirements)


def parse_labels(text: str) -> LabelSelector:
    """Read a `labelSelector`.

    Raises `ApiError` 400 for what the grammar or the rules for keys and values do not allow.
    """
    terms = [term.strip() for term in _COMMA_OUTSIDE_PARENTHESES.split(text)] if text.strip() else []
    return LabelSelector(tuple(_requirement(term) for term in terms))


def _requirement(term: str) -> Requirement:
    if found := _SET.match(term):
        values = [value.strip() for value in found["values"].split(",")]
        return _checked(found["key"], values, among=found["operator"] == "in")
    if found := _EQUALITY.match(term):
        return _checked(found["key"], [found["value"]], among=found["operator"] != "!=")
    if found := _EXISTENCE.match(term):
        return _checked(found["key"], [None], among=bool(found["absent"]))
    raise bad_request(f"unable to parse requirement: found '{term}', expected: a label selector")


def _checked(key: str, values: list[str | None], *, among: bool) -> Requirement:
    wrong = key_flaw(key) or next(
        (flaw for value in values if value and (flaw := label_value_flaw(value))), None
    )
    if wrong:
        raise bad_request(f"unable to parse requirement: {key}: {wrong}")
    return Requirement(key, frozenset(values), among)


def parse_fields(resource: Resource, text: str) -> tuple[Requirement, ...]:
    """Read a `fieldSelector`; raises `ApiError` 400 for fields that this resource does not offer."""
    requirements = []
    for term in filter(None, (part.strip() for part in text.split(","))):
        found = _EQUALITY.match(term)
        if not found:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        if found["key"] not in field_names(resource):
            raise bad_request(f"field label not supported: {found['key']}")
        requirements.append(Requirement(found["key"], frozenset([found["value"]]), found["operator"] != "!="))
    return tuple(requirements)


def fields_match(requirements: tuple[Requirement, ...], body: Json) -> bool:
    """Tell whether the object passes every requirement on its fields."""
    return all(term.holds({term.key: at_path(body, term.key)}) for term in requirements)
