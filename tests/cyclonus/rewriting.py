"""Policies written in another way that means the same by the API reference, where cyclonus misreads the first way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Rewriting:
    """The ruling that says who is right (a file of tests/domain/residual/rulings), and the other way to write it."""

    ruling: str
    apply: Callable[[Sequence[Body]], list[Body]]


def not_in_spelled_out(policies: Sequence[Body]) -> list[Body]:
    """Write `NotIn` as two selectors: the key is absent, or it is there with another value."""
    found: list[Body] = []
    for policy in policies:
        spec = policy["spec"]
        rules = {
            side: [_peers(rule, to) for rule in spec[side]]
            for side, to in (("ingress", "from"), ("egress", "to"))
            if side in spec
        }
        for at, selector in enumerate(_spelled_out(spec["podSelector"])):
            meta = {**policy["metadata"], "name": f"{policy['metadata']['name']}-{at}"}
            found.append({**policy, "metadata": meta, "spec": {**spec, **rules, "podSelector": selector}})
    return found


def _peers(rule: Body, to: str) -> Body:
    if not rule.get(to):
        return rule
    return {**rule, to: [other for peer in rule[to] for other in _peer(peer)]}


def _peer(peer: Body) -> list[Body]:
    keys = [key for key in ("podSelector", "namespaceSelector") if key in peer]
    choices = product(*(_spelled_out(peer[key]) for key in keys))
    return [dict(zip(keys, choice, strict=True)) for choice in choices] if keys else [peer]


def _spelled_out(selector: Body) -> list[Body]:
    needs = selector.get("matchExpressions", [])
    choices = product(*(_choices(need) for need in needs))
    return [{**selector, "matchExpressions": [*choice]} if needs else selector for choice in choices]


def _choices(need: Body) -> list[Body]:
    if need["operator"] != "NotIn":
        return [need]
    return [need, {"key": need["key"], "operator": "DoesNotExist"}]


def empty_values_spelled_out(policies: Sequence[Body]) -> list[Body]:
    """Write a `matchLabels` of an empty value as `In`, which asks that the key is there."""
    return [_walked(policy) for policy in policies]


def _walked(value: Any) -> Any:
    if isinstance(value, list):
        return [_walked(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: _walked(each) for key, each in value.items()}
    empty = [key for key, text in found.get("matchLabels", {}).items() if text == ""]
    if empty:
        found["matchLabels"] = {key: text for key, text in found["matchLabels"].items() if text}
        more = [{"key": key, "operator": "In", "values": [""]} for key in empty]
        found["matchExpressions"] = [*found.get("matchExpressions", []), *more]
    return found


def both(policies: Sequence[Body]) -> list[Body]:
    """Write both in the other way: a difference may have two reasons."""
    return not_in_spelled_out(empty_values_spelled_out(policies))


REWRITINGS = (
    Rewriting("not-in-and-absent-keys", not_in_spelled_out),
    Rewriting("empty-values-and-absent-keys", empty_values_spelled_out),
    Rewriting("not-in-and-absent-keys, empty-values-and-absent-keys", both),
)
