"""Label selectors of the Kubernetes API as matches."""

from bot.domain.reading import cut
from bot.domain.residual.rules import Each, Has, In, Match, Not, Of
from bot.domain.selectors import Requirement, Selector


class NotModelledError(Exception):
    """A part of a policy that we do not know; the text says which."""


def match_of(selector: Selector, of: Of) -> Match:
    """
    Return what a selector matches; the empty one matches everything.

    Raises NotModelledError for an operator that the API reference does not name.
    """
    equal = (In(of, key, (value,)) for key, value in sorted(selector.match_labels.items()))
    return Each((*equal, *(_needed(need, of) for need in selector.match_expressions)))


def _needed(need: Requirement, of: Of) -> Match:
    match need.operator:
        case "In":
            return In(of, need.key, need.values)
        case "NotIn":
            return Not(In(of, need.key, need.values))
        case "Exists":
            return Has(of, need.key)
        case "DoesNotExist":
            return Not(Has(of, need.key))
        case _:
            raise NotModelledError(f"operator {cut(need.operator)!r} of a selector")
