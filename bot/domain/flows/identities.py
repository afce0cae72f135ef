"""Who had an address at a time, from pods, nodes and other flows: what sources that know only addresses lack."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from bot.domain import views
from bot.domain.flows.flow import Being, Endpoint
from bot.domain.flows.talks import both, who
from bot.domain.residual.world import node_of, pod_of

NEAR: Final = timedelta(seconds=60)
"""How far from its time a flow may still say whose an address was: clocks differ, and addresses are given out again."""

EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
LAST: Final = datetime(9000, 1, 1, tzinfo=UTC)


class Known(msgspec.Struct, frozen=True, gc=False):
    """Whose an address was, from ``since`` to ``until``, both included."""

    address: str
    end: Endpoint
    since: datetime = EVER
    until: datetime = LAST


class Directory:
    """Answers whose an address was. Only a single owner at that time is an answer."""

    def __init__(self, known: Iterable[Known]) -> None:
        owners: dict[str, dict[tuple[str, ...], Known]] = {}
        for one in known:
            of = owners.setdefault(one.address, {})
            name = who(one.end)
            before = of.get(name)
            of[name] = _joined(before, one) if before else one
        self._owners = {address: tuple(of.values()) for address, of in owners.items()}

    def at(self, address: str, moment: datetime) -> Endpoint | None:
        """Return who had an address at a moment; ``None`` where that is not known, or not surely."""
        there = [one.end for one in self._owners.get(address, ()) if one.since <= moment <= one.until]
        return there[0] if len(there) == 1 else None


def _joined(one: Known, other: Known) -> Known:
    return Known(
        one.address, both(one.end, other.end), min(one.since, other.since), max(one.until, other.until)
    )


def of_cluster(pods: Iterable[views.PodView], nodes: Iterable[views.NodeView]) -> Iterator[Known]:
    """
    Yield whose addresses are whose now.

    A pod's are its own since it was created. Pods on the host network have their node's, and are not told apart from it;
    those that ended have none.
    """
    for view in pods:
        pod = pod_of(view)
        if pod.ended or pod.host_network:
            continue
        labels = tuple(f"{key}={value}" for key, value in pod.labels)
        end = Endpoint(being=Being.POD, namespace=pod.namespace, pod=pod.name, labels=labels)
        since = _moment(view.metadata.creation_timestamp)
        yield from (Known(address, end, since) for address in pod.addresses)
    for seen in nodes:
        node = node_of(seen)
        end = Endpoint(being=Being.NODE, name=node.name)
        yield from (Known(address, end) for address in node.addresses)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return EVER
    return moment if moment.tzinfo else EVER


def of_flow(end: Endpoint, start: datetime, until: datetime) -> Known | None:
    """Return what an end in a flow says about an address; ``None`` where it names nobody."""
    named = end.address and (end.pod or (end.being is Being.NODE and end.name))
    if not named:
        return None
    return Known(end.address, msgspec.structs.replace(end, address=""), start - NEAR, until + NEAR)
