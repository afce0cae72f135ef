"""What recent flows say of a plan: whom it would have cut off. It is told to people, and no part of what they approve."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from bot.domain import refs, views
from bot.domain.flows.asked import Asked
from bot.domain.flows.concerning import end
from bot.domain.flows.flow import Being
from bot.domain.flows.holding import held
from bot.domain.flows.identities import of_cluster
from bot.domain.flows.knowing import absence, gaps
from bot.domain.flows.merging import merge
from bot.domain.flows.peers import Peer, peers
from bot.domain.flows.replaying import POLICED, Replay, Worlds, line, replayed
from bot.domain.flows.resolving import NOT_SHARED
from bot.domain.flows.talks import Merged
from bot.domain.plans import Part
from bot.domain.quarantine.outlook import Charts, charted
from bot.domain.quarantine.scene import Scene
from bot.domain.quarantine.surroundings import planned, reading
from bot.domain.queries import Asked as Questions
from bot.domain.queries import Each, Flowing, Flows, Rounds
from bot.domain.reading import T, cut, each
from bot.domain.residual.world import node_of

RECENT: Final = 15 * 60
"""Seconds that are looked back upon where nobody says how far."""
PATIENCE: Final = 1.0
"""Seconds that sources have: a plan is waited for, and is worth more than its past."""
ROWS: Final = 10_000
"""Flows that are looked at for all targets together: a pod that scans makes a peer of each, and they take their time."""
MOST_SAID: Final = 400


def whom_it_cuts(scene: Scene, around: Questions, parts: tuple[Part, ...]) -> Rounds[str]:
    """Ask for the targets' recent flows, and return in a line what the plan would have cut; empty with nobody to ask."""
    targets = scene.around.targets
    share = ROWS // max(len(targets), 1)
    meant = tuple(_question(scene, pod, around, share) for pod in targets)
    answers = yield meant
    told = [one for one in answers if isinstance(one, Flowing) and one.told]
    if not told:
        return ""
    known = tuple(of_cluster(_all(scene, around), _listed(around, refs.NODE, views.NodeView)))
    seen = [(one.asked, merge(held(one.told, one.asked, known)[0], known)) for one in told]
    left = _left_out(meant, told)
    if not any(merged.talks for _, merged in seen):
        return blank(seen) + left
    found = [(asked, peers(merged.talks, end(asked.subject))) for asked, merged in seen]
    if around:
        now, then = charted(scene, around), charted(scene, around, planned(scene, parts))
        replays = [_replayed(scene, one, now, then) for one in found]
    else:
        replays = [_closed(some) for _, some in found]
    return cut(line(replays, over(told[0].asked)) + doubt(seen), MOST_SAID) + left


def _left_out(meant: tuple[Flows, ...], told: list[Flowing]) -> str:
    """Say where nobody was asked by the node's addresses, since whoever wants to know may not see all that is behind them."""
    hidden = any(one.behind for one in meant) and not any(one.asked.subject.behind for one in told)
    return f"; {NOT_SHARED}" if hidden else ""


def _question(scene: Scene, pod: views.PodView, around: Questions, share: int) -> Flows:
    nodes = map(node_of, _listed(around, refs.NODE, views.NodeView))
    behind = next((node.addresses for node in nodes if node.name == pod.spec.node_name), ())
    return Flows(
        scene.cluster.cluster,
        scene.around.namespace,
        pod.metadata.name,
        RECENT,
        addresses=addresses_of(pod),
        behind=behind or tuple(filter(None, (pod.status.host_ip,))),
        live=True,
        within=PATIENCE,
        most=share,
    )


def addresses_of(pod: views.PodView) -> tuple[str, ...]:
    """Return the addresses that are a pod's own alone."""
    if pod.spec.host_network:
        return ()
    every = (pod.status.pod_ip, *(one.ip for one in pod.status.pod_ips))
    return tuple(dict.fromkeys(address for address in every if address))


def _all(scene: Scene, around: Questions) -> tuple[views.PodView, ...]:
    return _listed(around, refs.POD, views.PodView) or scene.around.pods or scene.around.targets


def _listed(around: Questions, kind: refs.Kind, view: type[T]) -> tuple[T, ...]:
    found = (answer for query, answer in around if isinstance(query, Each) and query.kind == kind)
    return next((some for answer in found if (some := each(answer, view))), ())


def _replayed(scene: Scene, one: tuple[Asked, tuple[Peer, ...]], now: Charts, then: Charts) -> Replay:
    asked, found = one
    name = asked.subject.name
    pod = next(pod for pod in scene.around.targets if pod.metadata.name == name)
    way = reading(scene.engine(pod))
    return replayed(found, asked.subject.namespace, name, Worlds(now[way], then[way]))


def _closed(found: Iterable[Peer]) -> Replay:
    """Nothing lets a target through then, whoever is at the other end: but for its node, and what no policy is about."""
    passed = [peer for peer in found if peer.passed]
    shut = tuple(peer for peer in passed if peer.protocol in POLICED and peer.end.being is not Being.NODE)
    return Replay(shut, unsure=tuple(peer for peer in passed if peer not in shut))


def blank(seen: list[tuple[Asked, Merged]]) -> str:
    """Say what it means that nobody told of any traffic."""
    told = [absence(merged, asked) for asked, merged in seen]
    time = over(seen[0][0])
    if all(one.sure for one in told):
        return f"would have cut nothing: no flows in the last {time}, by {', '.join(told[0].sure)}"
    doubts = dict.fromkeys(f"{source}: {why}" for one in told for source, why in one.doubts)
    return cut(f"whom it would have cut in the last {time} is not known ({'; '.join(doubts)})", MOST_SAID)


def doubt(seen: list[tuple[Asked, Merged]]) -> str:
    """Say which source may have missed some."""
    lacks = dict.fromkeys(_lacks(seen))
    first = next(iter(lacks), "")
    return f" ({first}{f', and {len(lacks) - 1} more' if len(lacks) > 1 else ''})" if first else ""


def _lacks(seen: list[tuple[Asked, Merged]]) -> Iterator[str]:
    for asked, merged in seen:
        for account in merged.accounts:
            why = next(gaps(account, asked), "")
            if why:
                yield f"{account.source} may have missed some: {why}"


def over(asked: Asked) -> str:
    """Return how long a time was asked for, in words."""
    long = asked.until - asked.since
    if long >= timedelta(hours=2):
        return f"{long / timedelta(hours=1):.0f} h"
    return f"{long / timedelta(minutes=1):.0f} min"
