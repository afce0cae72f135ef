"""A question as a relay's filters. They are wider than the question: names match by prefix, and whoever reads looks again."""

from datetime import datetime
from typing import Any, Final

from bot.adapters.flows.hubble.wire import message
from bot.adapters.flows.hubble.words import SOCKET, SPOKEN
from bot.domain.flows.asked import About, Asked, Subject

MOST_PODS: Final = 50
"""Names of pods in one filter; beyond, the namespace is asked for and the rest left out on our side."""

Side = dict[str, list[str]]
"""Fields of a filter without ``source_`` or ``destination_``: ``pod``, ``ip``, ``fqdn``."""


def flows(asked: Asked) -> Any:
    """Return the request for all that may concern a question, in order of time; the relay ends it at ``until``."""
    request = message("GetFlowsRequest")
    return request(
        since=_stamp(asked.since),
        until=_stamp(asked.until),
        whitelist=[_filter(*each, asked) for each in _ways(asked)],
        # Before a Service's address is translated the same connection is seen once more, to an end that is nobody.
        blacklist=[{"event_type": [{"type": SOCKET}]}],
    )


def edge(*, first: bool) -> Any:
    """Return the request for the oldest or newest flow that each node holds, whosever it is."""
    return message("GetFlowsRequest")(number=1, first=first)


def _ways(asked: Asked) -> list[tuple[Side, Side, str]]:
    """Return source, destination and the side that was connected to, for each way in which a flow may concern it."""
    own, peer = _side(asked.subject), _side(asked.peer) if asked.peer else {}
    ends = ((own, peer), (peer, own))
    if asked.port is None:
        return [(source, destination, "") for source, destination in ends]
    # A reply comes from the port that was connected to.
    sides = ("source_port", "destination_port")
    return [(source, destination, port) for source, destination in ends for port in sides]


def _filter(source: Side, destination: Side, port: str, asked: Asked) -> Any:
    found = message("FlowFilter")(
        **{f"source_{name}": values for name, values in source.items()},
        **{f"destination_{name}": values for name, values in destination.items()},
    )
    if port:
        getattr(found, port).append(str(asked.port))
    if asked.verdict is not None:
        found.verdict.extend(SPOKEN.get(asked.verdict, ()))
    return found


def _side(subject: Subject) -> Side:
    match subject.about:
        case About.POD:
            either = dict.fromkeys((subject.name, *subject.pods))
            return {"pod": [f"{subject.namespace}/{name}" for name in either]}
        case About.WORKLOAD if 0 < len(subject.pods) <= MOST_PODS:
            # By the pods' names, and pods that ended since by what all of them begin with.
            named = [*subject.pods, subject.name.rpartition("/")[2] + "-"]
            return {"pod": [f"{subject.namespace}/{name}" for name in named]}
        case About.WORKLOAD | About.NAMESPACE:
            return {"pod": [f"{subject.namespace}/"]}
        case About.ADDRESS | About.NETWORK:
            return {"ip": [subject.name]}
        case About.NAME:
            return {"fqdn": [subject.name.lower().rstrip(".")]}


def _stamp(moment: datetime) -> Any:
    stamp = message("GetFlowsRequest")().since
    stamp.FromDatetime(moment)
    return stamp
