"""
``ContainerNetworkLogs``: what Cilium saw on AKS, by pod and workload, summed over 30 s unless that was switched off.

Columns are Hubble's flow, with ``IP``, ``Layer4``, ``Policies`` and workloads as JSON ("Container network logs", AKS
documentation). A sum has no pod addresses, no names of pods and no single times; its flows are in the ``...FlowCount`` columns.
"""

from collections.abc import Iterator
from typing import Any, Final

from bot.adapters.flows.loganalytics.kql import Among, Is
from bot.adapters.flows.loganalytics.tables.cells import Reading, nested, spelled, text
from bot.adapters.flows.loganalytics.tables.log import TIME, Log, Row, Side
from bot.domain.directions import Direction
from bot.domain.flows.flow import (
    BY_POLICY,
    CONNECTION,
    Being,
    Counts,
    Endpoint,
    Flow,
    Grain,
    Granularity,
    Policy,
    Verdict,
)

SUMMED: Final = Granularity(Grain.AGGREGATE, 30)
MOST_POLICIES: Final = 20
_DONE: Final = {
    "forwarded": Verdict.ALLOWED,
    "redirected": Verdict.ALLOWED,
    "audit": Verdict.AUDITED,
    "error": Verdict.ERROR,
}
_COUNTS: Final = ("IngressFlowCount", "EgressFlowCount", "UnknownDirectionFlowCount")
# Cilium's reserved identities ("Identity", Cilium documentation).
_RESERVED: Final = {
    "1": Being.NODE,
    "6": Being.NODE,
    "7": Being.NODE,
    "2": Being.WORLD,
    "9": Being.WORLD,
    "10": Being.WORLD,
}


def _flows(row: Row, reading: Reading) -> Iterator[Flow]:
    at = reading.time(row[TIME])
    many = sum(reading.number(row.get(column)) for column in _COUNTS)
    protocol, source_port, destination_port = _layer4(nested(row.get("Layer4")), reading)
    addresses, policies = _mapping(nested(row.get("IP"))), nested(row.get("Policies"))
    yield Flow(
        start=at,
        end=at,
        source=_end(row, "Source", addresses.get("source"), reading),
        destination=_end(row, "Destination", addresses.get("destination"), reading),
        observer=reading.observer(text(row.get("NodeName")), text(row.get("TrafficDirection")).lower()),
        source_port=source_port,
        destination_port=destination_port,
        protocol=protocol,
        verdict=_verdict(row, policies),
        reason=text(row.get("DropReason")),
        policies=_policies(policies),
        direction=_direction(text(row.get("TrafficDirection")).lower()),
        reply=_reply(row.get("Reply")),
        connections=many or (None if source_port else 1),
        counts=_amounts(row, reading),
        granularity=SUMMED if many else CONNECTION,
    )


def _verdict(row: Row, policies: Any) -> Verdict:
    """Return what was done: a drop is a denial only where its reason, or who decided, says so."""
    done = text(row["Verdict"]).lower()
    if done != "dropped":
        return _DONE.get(done, Verdict.UNKNOWN)
    denied = [some for key, some in _mapping(policies).items() if key.endswith("denied_by")]
    by_policy = text(row.get("DropReason")).upper() in BY_POLICY or any(map(_policies, denied))
    return Verdict.DENIED if by_policy else Verdict.ERROR


def _end(row: Row, side: str, address: object, reading: Reading) -> Endpoint:
    namespace, pod = text(row.get(f"{side}Namespace")), text(row.get(f"{side}PodName"))
    raw = row.get(f"{side}Identity")
    identity = "" if raw in (None, "") else str(reading.number(raw))
    being = Being.POD if namespace or pod else _RESERVED.get(identity, Being.UNKNOWN)
    workload = _workload(nested(row.get(f"{side}Workloads")))
    end = Endpoint(spelled(address), being, namespace, pod.rpartition("/")[2], workload, identity=identity)
    return reading.end(end)


def _workload(cell: Any) -> str:
    first = cell[0] if isinstance(cell, list) and cell else {}
    kind, name = (text(_mapping(first).get(key)).lower() for key in ("kind", "name"))
    return f"{kind}/{name}" if kind and name else name


def _layer4(cell: Any, reading: Reading) -> tuple[str, int, int]:
    for protocol, ports in _mapping(cell).items():
        known = _mapping(ports)
        return (
            text(protocol).upper()[:6].replace("ICMPV4", "ICMP").replace("ICMPV6", "ICMP"),
            reading.port(known.get("source_port")),
            reading.port(known.get("destination_port")),
        )
    return "", 0, 0


def _policies(cell: Any) -> tuple[Policy, ...]:
    """Return whoever is named in it: as lists under ``..._allowed_by`` and ``..._denied_by``, or one list."""
    lists = list(_mapping(cell).values()) if isinstance(cell, dict) else [cell]
    named = [one for many in lists if isinstance(many, list) for one in many if isinstance(one, dict)]
    return tuple(
        Policy(text(one.get("name")), text(one.get("namespace")), text(one.get("kind")))
        for one in named[:MOST_POLICIES]
        if one.get("name")
    )


def _direction(way: str) -> Direction | None:
    return next((direction for direction in Direction if direction.value == way), None)


def _reply(cell: object) -> bool | None:
    return cell if isinstance(cell, bool) else None


def _amounts(row: Row, reading: Reading) -> Counts | None:
    columns = ("PacketsSent", "PacketsReceived", "BytesSent", "BytesReceived")
    if all(row.get(column) is None for column in columns):
        return None
    return Counts(*(None if row.get(one) is None else reading.number(row[one]) for one in columns))


def _mapping(cell: Any) -> dict[str, Any]:
    return cell if isinstance(cell, dict) else {}


LOG = Log(
    table="ContainerNetworkLogs",
    needs=("Verdict", "SourceNamespace", "DestinationNamespace"),
    wants=(
        *("DropReason", "TrafficDirection", "Reply", "SourcePodName", "SourceWorkloads", "SourceIdentity"),
        *("DestinationPodName", "DestinationWorkloads", "DestinationIdentity", "IP", "Layer4", "Policies"),
        *("NodeName", "PacketsSent", "PacketsReceived", "BytesSent", "BytesReceived", *_COUNTS),
    ),
    flows=_flows,
    source=Side(
        namespace="SourceNamespace",
        pod="SourcePodName",
        workloads="SourceWorkloads",
        identity="SourceIdentity",
        texts=("IP",),
    ),
    destination=Side(
        namespace="DestinationNamespace",
        pod="DestinationPodName",
        workloads="DestinationWorkloads",
        identity="DestinationIdentity",
        texts=("IP",),
    ),
    verdicts={
        Verdict.ALLOWED: Among(
            "Verdict", ("FORWARDED", "REDIRECTED", "AUDIT", "forwarded", "redirected", "audit")
        ),
        Verdict.DENIED: Is("Verdict", "=~", "DROPPED"),
    },
    delay=300,
    owner="_ResourceId",
    granularity=SUMMED,
    blind=(
        "container network logs are kept for what their filters include only, and are not kept where they come later than 2 minutes",
        "sums over 30 s name no pod: they are told by the identity of its labels, which replicas with the same labels share",
    ),
)
