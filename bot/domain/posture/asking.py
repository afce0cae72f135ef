"""Asks what the posture of a cluster, or of one namespace of it, is made of, and gives it."""

from collections.abc import Iterator, Mapping

import msgspec

from bot.domain import panorama, refs, views
from bot.domain.directions import Direction
from bot.domain.engines.engine import Engine
from bot.domain.findings import AGAIN, Refusal
from bot.domain.pods import closest
from bot.domain.posture.closing import WHAT, bare, idle, unclosed, unheard
from bot.domain.posture.drawing import Found, drawn
from bot.domain.posture.editors import editors
from bot.domain.posture.ignored import edited, ignored
from bot.domain.posture.pools import engines, rows
from bot.domain.posture.rows import Row, What
from bot.domain.posture.scope import Scope
from bot.domain.quarantine.surroundings import Reading, reading
from bot.domain.queries import Asked, Each, Rounds
from bot.domain.residual import Atlas, Semantics, World, atlas
from bot.domain.telling import Told

WIDEST = Reading(frozenset(), Semantics())
"""How policies are read where no node was seen: those that every engine knows."""


def posture(scope: Scope) -> Rounds[Told | Refusal]:
    """Return what the policies leave out, or why it cannot be said."""
    cluster = scope.cluster
    queries = (*panorama.first(cluster), *(Each(cluster, kind) for kind in refs.RIGHTS))
    asked = tuple(zip(queries, (yield queries), strict=True))
    refusal = panorama.unreachable(cluster, asked)
    if refusal is not None:
        return refusal
    queries = panorama.second(cluster, (), asked)
    asked = (*asked, *zip(queries, (yield queries), strict=True))
    queries = panorama.narrower(cluster, (scope.namespace,) if scope.namespace else (), asked)
    if queries:
        asked = (*asked, *zip(queries, (yield queries), strict=True))
    return _unfit(scope, asked) or drawn(scope, surveyed(scope, asked))


def _unfit(scope: Scope, asked: Asked) -> Refusal | None:
    """Return why nothing can be said: the pods were not seen, or there is no such namespace."""
    if panorama.listed(asked, refs.POD, views.PodView) is None:
        why = next((one.why for one in panorama.blind(asked)), "no answer")
        text = f"the pods of {scope.target} could not be read: {why}"
        remedy = "Ask about one namespace that the bot may read: /ir help posture"
        return Refusal("pods-unavailable", text, AGAIN if scope.namespace else remedy)
    spaces = panorama.listed(asked, refs.NAMESPACE, views.NamespaceView)
    known = [space.metadata.name for space in spaces or ()]
    if not scope.namespace or spaces is None or scope.namespace in known:
        return None
    near = closest(scope.namespace, known)
    remedy = f"Closest: {', '.join(near)}" if near else "Check its spelling."
    return Refusal("namespace-absent", f"there is no namespace {scope.namespace} in {scope.cluster}", remedy)


class _Seen(msgspec.Struct, frozen=True):
    """The world by each way of reading that an engine here has, and which nodes are read so."""

    charts: Mapping[Reading, Atlas]
    engines: Mapping[str, Engine]

    def of(self, node: str) -> Atlas:
        """Return the chart of a node; where its engine was not seen, the first."""
        engine = self.engines.get(node)
        first = next(iter(self.charts.values()))
        return self.charts.get(reading(engine), first) if engine else first

    @property
    def world(self) -> World:
        """The world as the widest of these readings has it."""
        return max((chart.world for chart in self.charts.values()), key=lambda w: len(w.policies.rulings))


def surveyed(scope: Scope, asked: Asked) -> Found:
    """Return all that was found."""
    by_node = engines(scope.cluster, asked)
    ways = tuple(dict.fromkeys(reading(engine) for engine in by_node.values())) or (WIDEST,)
    seen = _Seen({way: atlas(panorama.world(asked, way)) for way in ways}, by_node)
    nodes = panorama.listed(asked, refs.NODE, views.NodeView) or ()
    counted, about = _pods(scope, seen)
    read = frozenset(group for way in ways for group in way.groups)
    return Found(
        tuple(sorted(counted.items())),
        (
            *about,
            *_namespaces(scope, asked, seen, counted),
            *_policies(scope, asked, seen),
            *rows(nodes, by_node),
            *editors(asked, edited(read), scope.namespace),
            *_not_known(seen),
        ),
    )


def _not_known(seen: _Seen) -> Iterator[Row]:
    """Yield what was not read, and what of the policies is not modelled."""
    policies = seen.world.policies
    clauses = (c for ruling in policies.rulings for way in Direction for c in ruling.clauses(way))
    unclear = (clause.odd for clause in clauses if clause.odd)
    for why in dict.fromkeys((*(gap.text for gap in policies.gaps), *unclear)):
        yield Row(What.NOT_KNOWN, "", "what policies say", why)


def _pods(scope: Scope, seen: _Seen) -> tuple[dict[str, int], tuple[Row, ...]]:
    """Count the pods by namespace, and return those that something leaves open."""
    open_on = {way: unclosed(chart) for way, chart in seen.charts.items()}
    by_chart = {id(chart): open_on[way] for way, chart in seen.charts.items()}
    counted: dict[str, int] = {}
    found: list[Row] = []
    for pod in sorted(seen.world.pods, key=lambda p: (p.namespace, p.name)):
        if pod.ended or scope.namespace not in {"", pod.namespace}:
            continue
        counted[pod.namespace] = counted.get(pod.namespace, 0) + 1
        if pod.host_network:
            text = "on its node's network, where policies do not reach"
            found.append(Row(What.HOST_NETWORK, pod.namespace, pod.name, text))
            continue
        ways = by_chart[id(seen.of(pod.node))].get((pod.namespace, pod.name), ())
        found += (Row(WHAT[way], pod.namespace, pod.name, f"no policy closes {way}") for way in ways)
    return counted, tuple(found)


def _namespaces(scope: Scope, asked: Asked, seen: _Seen, counted: Mapping[str, int]) -> Iterator[Row]:
    """Yield the namespaces without a policy, those with the most pods first."""
    spaces = panorama.listed(asked, refs.NAMESPACE, views.NamespaceView) or ()
    names = (space.metadata.name for space in spaces if scope.namespace in {"", space.metadata.name})
    for name in sorted(bare(names, seen.world.policies), key=lambda n: (-counted.get(n, 0), n)):
        pods = counted.get(name, 0)
        yield Row(What.NO_POLICIES, name, name, "1 pod" if pods == 1 else f"{pods or 'no'} pods")


def _policies(scope: Scope, asked: Asked, seen: _Seen) -> Iterator[Row]:
    found = [*_idle(seen), *_unheard(seen), *_ignored(asked, seen)]
    yield from (row for row in found if scope.namespace in {"", row.namespace} or not row.namespace)


def _idle(seen: _Seen) -> Iterator[Row]:
    for cause in sorted({cause for chart in seen.charts.values() for cause in idle(chart)}):
        yield Row(What.SELECTS_NOTHING, cause.namespace, str(cause), "it selects no pod")


def _unheard(seen: _Seen) -> Iterator[Row]:
    for cause, missing in unheard(seen.world).items():
        for label in missing:
            yield Row(What.MISSING_LABEL, cause.namespace, str(cause), f"nothing has {label}")


def _ignored(asked: Asked, seen: _Seen) -> Iterator[Row]:
    policies = panorama.listed(asked, refs.NETWORK_POLICY, views.NetworkPolicyView) or ()
    yield from ignored(seen.engines.values(), policies, panorama.foreign(asked))
