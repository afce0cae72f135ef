"""Labels, and the selectors that look at them, by the Kubernetes API reference."""

import msgspec

Labels = dict[str, str]


class Requirement(msgspec.Struct, frozen=True, gc=False):
    """One ``matchExpressions`` entry."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


class Selector(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A label selector; the empty one selects everything."""

    match_labels: Labels = {}
    match_expressions: tuple[Requirement, ...] = ()


def selects(selector: Selector, labels: Labels) -> bool:
    """Whether a label selector matches, by the API reference (an unknown operator matches nothing)."""
    if any(labels.get(k) != v for k, v in selector.match_labels.items()):
        return False
    return all(_meets(r, labels) for r in selector.match_expressions)


def _meets(need: Requirement, labels: Labels) -> bool:
    match need.operator:
        case "In":
            return labels.get(need.key) in need.values
        case "NotIn":
            return labels.get(need.key) not in need.values
        case "Exists":
            return need.key in labels
        case "DoesNotExist":
            return need.key not in labels
        case _:
            return False
