"""
``NTANetAnalytics``: VNet flow logs, summed by Traffic Analytics every 10 or 60 minutes.

Columns, and the parts of ``SrcPublicIps`` and ``DestPublicIps`` (``ip|started|ended|packets out|in|bytes out|in``, with blanks
between): "Traffic analytics schema". The addresses themselves are blank there for flows with public ends.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from bot.adapters.flows.loganalytics.kql import Among, Is
from bot.adapters.flows.loganalytics.tables.cells import Reading, resource, spelled, text
from bot.adapters.flows.loganalytics.tables.log import TIME, Log, Row, Side
from bot.domain.directions import Direction
from bot.domain.flows.flow import Being, Counts, Endpoint, Flow, Grain, Granularity, Policy, Verdict

MOST_PUBLIC: Final = 1000
"""Addresses that one row names; the service cuts lists itself."""
_PROTOCOLS: Final = {"t": "TCP", "u": "UDP", "i": "ICMP"}
_DONE: Final = {"a": Verdict.ALLOWED, "d": Verdict.DENIED}
_WAYS: Final = {"i": Direction.INGRESS, "o": Direction.EGRESS}
_OUTSIDE: Final = frozenset({"ExternalPublic", "MaliciousFlow"})
_SUMS: Final = ("AllowedInFlows", "AllowedOutFlows", "DeniedInFlows", "DeniedOutFlows")

Public = tuple[str, int, Counts | None]


def _flows(row: Row, reading: Reading) -> Iterator[Flow]:
    start, end = _times(row, reading)
    done = _DONE.get(text(row["FlowStatus"])[:1].lower(), Verdict.UNKNOWN)
    being = Being.WORLD if text(row.get("FlowType")) in _OUTSIDE else Being.UNKNOWN
    sources, destinations = (_public(row, reading, f"{side}PublicIps") for side in ("Src", "Dest"))
    own = (reading.address(row["SrcIp"]), reading.address(row["DestIp"]))
    rule = "/".join(filter(None, (resource(row.get("AclGroup")), text(row.get("AclRule")))))
    for source, destination, many, counts in _pairs(own, (sources, destinations), being, reading):
        yield Flow(
            start=start,
            end=end,
            source=source,
            destination=destination,
            observer=reading.observer(_seen_at(row), "VNet flow log"),
            destination_port=reading.port(row.get("DestPort")),
            protocol=_PROTOCOLS.get(text(row.get("L4Protocol"))[:1].lower(), ""),
            verdict=done,
            policies=(Policy(rule, kind="network rule"),) if rule else (),
            direction=_WAYS.get(text(row.get("FlowDirection"))[:1].lower()),
            reply=False,
            connections=many if many is not None else max(_counted(row, reading), 1),
            counts=counts or _counts(row, reading),
            granularity=Granularity(Grain.AGGREGATE, max(int((end - start).total_seconds()), 0)),
            note=text(row.get("L7Protocol")),
        )


def _times(row: Row, reading: Reading) -> tuple[datetime, datetime]:
    first = reading.time(row.get("FlowStartTime") or row[TIME])
    return first, max(first, reading.time(row.get("FlowEndTime") or row[TIME]))


def _pairs(
    own: tuple[Endpoint, Endpoint], public: tuple[list[Public], list[Public]], being: Being, reading: Reading
) -> Iterator[tuple[Endpoint, Endpoint, int | None, Counts | None]]:
    """Yield the ends of each connection that a row stands for: one, or one for each public address that it lists."""
    (source, destination), (sources, destinations) = own, public
    if not sources and not destinations:
        yield source, destination, None, None
    for address, many, counts in destinations:
        yield source, reading.address(address, being=being), many, counts
    if not destinations:
        for address, many, counts in sources:
            yield reading.address(address, being=being), destination, many, counts


def _public(row: Row, reading: Reading, column: str) -> list[Public]:
    cell = row.get(column)
    if cell is not None and not isinstance(cell, str):
        raise TypeError("a list of addresses was something else")
    found: list[Public] = []
    for entry in (cell or "").split()[:MOST_PUBLIC]:
        parts = entry.split("|")
        address = spelled(parts[0])
        if not address:
            raise ValueError("an entry without an address")
        numbers = [reading.number(part) for part in parts[1:7]]
        counts = Counts(numbers[2], numbers[3], numbers[4], numbers[5]) if len(numbers) == 6 else None
        found.append((address, max(numbers[0], 1) if numbers else 1, counts))
    return found


def _counted(row: Row, reading: Reading) -> int:
    return sum(reading.number(row.get(column)) for column in _SUMS)


def _counts(row: Row, reading: Reading) -> Counts | None:
    columns = ("PacketsSrcToDest", "PacketsDestToSrc", "BytesSrcToDest", "BytesDestToSrc")
    if all(row.get(column) is None for column in columns):
        return None
    return Counts(*(None if row.get(one) is None else reading.number(row[one]) for one in columns))


def _seen_at(row: Row) -> str:
    columns = ("SrcVm", "DestVm", "TargetResourceId")
    return next((resource(row[column]) for column in columns if row.get(column)), "")


LOG = Log(
    table="NTANetAnalytics",
    needs=("SubType", "FlowStatus", "SrcIp", "DestIp"),
    wants=(
        *(
            "FlowStartTime",
            "FlowEndTime",
            "FlowType",
            "SrcPublicIps",
            "DestPublicIps",
            "DestPort",
            "L4Protocol",
        ),
        *(
            "L7Protocol",
            "FlowDirection",
            "AclGroup",
            "AclRule",
            *_SUMS,
            "PacketsSrcToDest",
            "PacketsDestToSrc",
        ),
        *("BytesSrcToDest", "BytesDestToSrc", "SrcVm", "DestVm", "TargetResourceId"),
    ),
    flows=_flows,
    source=Side(addresses=("SrcIp",), lists=("SrcPublicIps",)),
    destination=Side(addresses=("DestIp",), lists=("DestPublicIps",)),
    ports=("DestPort",),
    only=Is("SubType", "==", "FlowLog"),
    began="FlowStartTime",
    ended="FlowEndTime",
    verdicts={
        Verdict.ALLOWED: Among("FlowStatus", ("Allowed", "A")),
        Verdict.DENIED: Among("FlowStatus", ("Denied", "D")),
    },
    late=7200,
    delay=7200,
    granularity=Granularity(Grain.AGGREGATE),
    blind=(
        "VNet flow logs do not tell the port of the side that connected, and know pods by the address that leaves their node",
        "where one end is public, the log may leave the other one's address blank: such rows are found by the public address only",
    ),
)
