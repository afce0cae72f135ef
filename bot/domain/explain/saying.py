"""The words that explanations share: policies, engines, and what is not known."""

from collections.abc import Iterable, Iterator
from typing import Final

from bot.domain.directions import Direction
from bot.domain.engines.engine import Confidence, Enforced, Engine, EngineName, NotEnforced, enforcement
from bot.domain.engines.limits import card
from bot.domain.reading import cut
from bot.domain.residual import Cause, Pod, World
from bot.domain.residual.points import holds, pod_points, spaces_of
from bot.domain.residual.rules import UNSELECTED
from bot.domain.telling import Section

NOT_OPEN: Final = frozenset({"not-enforced", "enforcement-unknown", "bites-late"})
"""What a card of an engine's limits says of enforcement itself, and not of what it lets through."""
MOST_CAUSES: Final = 6


def rule(cause: Cause) -> str:
    """Name a rule, or a policy."""
    return f"{cause} (rule {cause.rule + 1})" if cause.rule >= 0 else str(cause)


def because(causes: tuple[Cause, ...]) -> str:
    """Name what allows."""
    if causes == (UNSELECTED,):
        return "no policy selects it"
    named = [rule(cause) for cause in causes]
    more = f" and {len(named) - MOST_CAUSES} more" if len(named) > MOST_CAUSES else ""
    return ", ".join(named[:MOST_CAUSES]) + more


def selecting(pod: Pod, world: World) -> tuple[tuple[Cause, tuple[Direction, ...]], ...]:
    """Return the policies that select a pod, in the order in which they are asked, and which directions they are about."""
    nodes = {node.name: node for node in world.nodes}
    points = tuple(pod_points(pod, spaces_of(world), nodes))
    found: dict[Cause, dict[Direction, None]] = {}
    for ruling in sorted(world.policies.rulings, key=lambda r: (r.stage, r.order)):
        if any(holds(ruling.subject, point) for point in points):
            about = [way for way in Direction if way in ruling.closes or ruling.clauses(way)]
            found.setdefault(ruling.cause, {}).update(dict.fromkeys(about))
    return tuple((cause, tuple(ways)) for cause, ways in found.items())


def policies(pod: Pod, world: World) -> Section:
    """Say which policies select a pod."""
    lines = tuple(f"{cause}: {' and '.join(ways) or 'no rule'}" for cause, ways in selecting(pod, world))
    return Section(f"Policies that select {pod}", lines or (_unselected(pod),))


def _unselected(pod: Pod) -> str:
    if pod.host_network:
        return "none can: it is on its node's network"
    return "none: what nothing selects is open in both directions"


def enforcing(engine: Engine) -> str:
    """Say who enforces on a node and how sure that is, with the most telling reason."""
    where = f"on node {engine.node}" if engine.node else "nowhere yet"
    if engine.name is EngineName.NONE:
        proved = engine.confidence is Confidence.PROVED
        who = "nothing enforces policies" if proved else "no engine is seen"
    elif engine.name is EngineName.UNKNOWN:
        who = "who enforces policies is not known"
    else:
        who = engine.title
    why = enforcement(engine).why
    return f"{who} {where} ({engine.confidence}{': ' + cut(str(why[-1])) if why else ''})"


def engines(some: Iterable[Engine]) -> Section:
    """Say who enforces."""
    return Section("Who enforces", tuple(dict.fromkeys(enforcing(engine) for engine in some)))


def always(engine: Engine, subject: str) -> Section:
    """Say what stays open whatever policies say."""
    lines = tuple(one.text for one in card(engine, subject) if one.code not in NOT_OPEN)
    return Section("Whatever policies say", lines)


def missing(why: Iterable[str]) -> Section:
    """Say what is not modelled."""
    return Section("Not modelled, so more may be open", tuple(why))


def doubt(engine: Engine) -> Iterator[str]:
    """Say at once what makes all of it doubtful."""
    told = enforcement(engine)
    if isinstance(told, NotEnforced):
        yield "Nothing enforces policies there: what they close is open."
    elif not isinstance(told, Enforced):
        yield "That anything enforces policies there is not proved: what they close may be open."
