"""Which pods nothing closes, which policies select nobody, and which name labels that nobody has."""

from collections.abc import Iterable, Iterator, Mapping

from bot.domain.directions import Direction
from bot.domain.posture.rows import What
from bot.domain.residual import Atlas, Cause, Compiled, PodGroup, World
from bot.domain.residual.rules import (
    ANY_PORT,
    EVERYTHING,
    Each,
    Has,
    In,
    Match,
    Named,
    Not,
    Of,
    Ruling,
    Some,
    Verb,
)

Place = tuple[str, str]
"""A pod, by namespace and name."""
WHAT = {Direction.INGRESS: What.OPEN_IN, Direction.EGRESS: What.OPEN_OUT}


def unclosed(chart: Atlas) -> dict[Place, tuple[Direction, ...]]:
    """
    Return the pods for which some direction has no default deny, with these directions: what no rule allows is open.

    Pods on the network of their node, and those that have ended, are none of them.
    """
    closed = dict.fromkeys(Direction, 0)
    for ruling, mask in zip(chart.rulings, chart.subjects, strict=True):
        for way in Direction:
            closed[way] |= mask if _closes(ruling, way) else 0
    found: dict[Place, set[Direction]] = {}
    for at, group in enumerate(chart.groups):
        if isinstance(group, PodGroup):
            ways = {way for way in Direction if not closed[way] >> at & 1}
            for name in group.pods if ways else ():
                found.setdefault((group.namespace, name), set()).update(ways)
    return {place: tuple(way for way in Direction if way in ways) for place, ways in found.items()}


def _closes(ruling: Ruling, way: Direction) -> bool:
    """Whether it denies what no rule allows: by closing the direction, or by a deny of everything at its end."""
    total = (
        clause.verb is Verb.DENY and clause.peers == EVERYTHING and clause.ports == ANY_PORT
        for clause in ruling.clauses(way)
    )
    return way in ruling.closes or any(total)


def idle(chart: Atlas) -> tuple[Cause, ...]:
    """Return the policies that select no pod."""
    selected: dict[Cause, bool] = {}
    for ruling, mask in zip(chart.rulings, chart.subjects, strict=True):
        selected[ruling.cause] = selected.get(ruling.cause, False) or bool(mask)
    return tuple(sorted(cause for cause, some in selected.items() if not some))


def unheard(world: World) -> dict[Cause, tuple[str, ...]]:
    """Return what policies ask for and nobody has: labels of pods, namespaces and nodes, and names of namespaces."""
    there = _there(world)
    spaces = frozenset(space.name for space in world.namespaces)
    found: dict[Cause, dict[str, None]] = {}
    for ruling in world.policies.rulings:
        clauses = (*ruling.ingress, *ruling.egress)
        for match in (ruling.subject, *(clause.peers for clause in clauses)):
            for leaf in _positive(match):
                said = dict.fromkeys(_missing(leaf, there, spaces))
                if said:
                    found.setdefault(ruling.cause, {}).update(said)
    return {cause: tuple(said) for cause, said in sorted(found.items())}


def _there(world: World) -> Mapping[tuple[Of, str], frozenset[str]]:
    labelled = (
        *((Of.POD, pod.labels) for pod in world.pods if not pod.ended),
        *((Of.NAMESPACE, space.labels) for space in world.namespaces),
        *((Of.NODE, node.labels) for node in world.nodes),
    )
    found: dict[tuple[Of, str], set[str]] = {}
    for of, labels in labelled:
        for key, value in labels:
            found.setdefault((of, key), set()).add(value)
    return {key: frozenset(values) for key, values in found.items()}


def _positive(match: Match) -> Iterator[Match]:
    """Yield what must be there to be matched; what must not be there may well be nowhere."""
    match match:
        case Each(parts) | Some(parts):
            for part in parts:
                yield from _positive(part)
        case Not():
            return
        case _:
            yield match


def _missing(
    leaf: Match, there: Mapping[tuple[Of, str], frozenset[str]], spaces: frozenset[str]
) -> Iterator[str]:
    match leaf:
        case In(of, key, values) if of is not Of.SERVICE_ACCOUNT:
            known = there.get((of, key), frozenset())
            yield from (f"{of} label {key}={value}" for value in values if value not in known)
        case Has(of, key) if of is not Of.SERVICE_ACCOUNT and (of, key) not in there:
            yield f"{of} label {key}"
        case Named(Of.NAMESPACE, names):
            yield from (f"namespace {name}" for name in names if name not in spaces)
        case _:
            return


def bare(spaces: Iterable[str], policies: Compiled) -> tuple[str, ...]:
    """Return the namespaces without a policy of their own; what holds for the whole cluster may still reach them."""
    governed = {ruling.cause.namespace for ruling in policies.rulings}
    return tuple(sorted(set(spaces) - governed))
