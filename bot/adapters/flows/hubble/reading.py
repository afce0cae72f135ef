"""One flow of a relay as a value of ours."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.adapters.flows.hubble.ends import Ends, Remembered
from bot.adapters.flows.hubble.words import (
    APPLICATION,
    DIRECTIONS,
    DROPPED,
    EVENTS,
    POINTS,
    PORTED,
    PROTOCOLS,
    REASONS,
    SOCKET,
    VERDICTS,
)
from bot.domain.directions import Direction
from bot.domain.flows.flow import (
    BY_POLICY,
    CONNECTION,
    LONGEST,
    Flow,
    Grain,
    Granularity,
    Observer,
    Policy,
    Verdict,
)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SUMS: Final = Granularity(Grain.AGGREGATE)
MOST_POLICIES: Final = 16


class Reader:
    """Reads the flows of one answer."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._ends = Ends()
        self._observers: Remembered[Observer] = Remembered()
        self._policies: Remembered[Policy] = Remembered()

    def flow(self, told: Any, node: str) -> Flow | None:
        """
        Return what was observed, ``None`` for an event that is no traffic of its own.

        Raises ``ValueError`` or ``OverflowError`` for what cannot be understood.
        """
        event = told.event_type.type
        if event == SOCKET:
            return None
        node = _node(told.node_name or node)
        protocol, source_port, destination_port = _layer4(told.l4)
        at = moment(told.time)
        reply = told.is_reply.value if told.HasField("is_reply") else None
        policies = self._decided(told)
        verdict, reason = _verdict(told, policies)
        summed = told.HasField("aggregate")
        return Flow(
            at,
            at,
            self._end(told, "source", node),
            self._end(told, "destination", node),
            self._observer(node, event, told.trace_observation_point),
            source_port,
            destination_port,
            protocol,
            verdict,
            reason,
            policies,
            _direction(told.traffic_direction, reply=reply),
            reply,
            _sum(told.aggregate) if summed else None,
            None,
            SUMS if summed else CONNECTION,
            _note(told) if event == APPLICATION or told.policy_log else "",
        )

    def _end(self, told: Any, side: str, node: str) -> Any:
        ip = told.IP
        if side == "source":
            service = told.source_service if told.HasField("source_service") else None
            return self._ends.end(ip.source, told.source, told.source_names, service, node)
        service = told.destination_service if told.HasField("destination_service") else None
        return self._ends.end(ip.destination, told.destination, told.destination_names, service, node)

    def _observer(self, node: str, event: int, point: int) -> Observer:
        key = (node, event, point)
        found = self._observers.get(key)
        if found is None:
            where = EVENTS.get(event) or POINTS.get(point, "")
            found = self._observers.keep(key, Observer(self._source, node, where))
        return found

    def _decided(self, told: Any) -> tuple[Policy, ...]:
        """Return who denied; who allowed, only where nobody did."""
        named = [*told.egress_denied_by, *told.ingress_denied_by]
        if not named:
            named = [*told.egress_allowed_by, *told.ingress_allowed_by]
        return tuple(self._policy(each) for each in named[:MOST_POLICIES]) if named else ()

    def _policy(self, told: Any) -> Policy:
        key = (told.name, told.namespace, told.kind)
        found = self._policies.get(key)
        return found or self._policies.keep(key, Policy(*(text[:LONGEST] for text in key)))


def moment(stamp: Any) -> datetime:
    """Return the time of a stamp, to the microsecond. Raises ``OverflowError`` beyond the calendar."""
    return EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)


def _node(told: str) -> str:
    """Return a node's name without the cluster's that Cilium writes before it."""
    return told.rpartition("/")[2][:LONGEST]


def _layer4(told: Any) -> tuple[str, int, int]:
    kind = told.WhichOneof("protocol")
    if kind is None:
        return "", 0, 0
    if kind not in PORTED:
        return PROTOCOLS[kind], 0, 0
    inside = getattr(told, kind)
    return kind, inside.source_port, inside.destination_port


def _verdict(told: Any, policies: tuple[Policy, ...]) -> tuple[Verdict, str]:
    """Return what was done, and why where it was dropped: by a policy only where the reason or a name says so."""
    if told.verdict != DROPPED:
        return VERDICTS.get(told.verdict, Verdict.UNKNOWN), ""
    code = told.drop_reason_desc
    named = policies and (told.egress_denied_by or told.ingress_denied_by)
    by_policy = REASONS.get(code) in BY_POLICY or bool(named)
    reason = REASONS.get(code) or (f"drop reason {code}" if code else "dropped, and no reason told")
    return (Verdict.DENIED if by_policy else Verdict.ERROR), reason


def _direction(told: int, *, reply: bool | None) -> Direction | None:
    """Hubble tells that of the connection; a reply goes the other way."""
    found = DIRECTIONS.get(told)
    return found.other if found is not None and reply else found


def _sum(told: Any) -> int:
    total: int = told.ingress_flow_count + told.egress_flow_count + told.unknown_direction_flow_count
    return total


def _note(told: Any) -> str:
    """Return what the policy that matched was told to write beside a flow, or what was looked up."""
    query = told.l7.dns.query
    looked_up = (f"DNS {query.rstrip('.')}",) if query else ()
    return "; ".join((*told.policy_log[:4], *looked_up))[:LONGEST]
