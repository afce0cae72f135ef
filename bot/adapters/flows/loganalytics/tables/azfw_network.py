"""``AZFWNetworkRule``: a row for each connection that a network rule, or none, decided on."""

from collections.abc import Iterator, Mapping
from typing import Final

from bot.adapters.flows.loganalytics.kql import Condition, Either, Is
from bot.adapters.flows.loganalytics.tables.cells import Reading, resource, rule, text
from bot.adapters.flows.loganalytics.tables.log import Log, Row, Side, told
from bot.domain.flows.flow import LOG_ROW, Flow, Grain, Granularity, Verdict

SUMMED = Granularity(Grain.AGGREGATE)
VERDICTS: Final[Mapping[Verdict, Condition]] = {
    Verdict.ALLOWED: Either((Is("Action", "=~", "Allow"), Is("Action", "=~", "Alert"))),  # both passed
    Verdict.DENIED: Is("Action", "=~", "Deny"),
}
RULE = ("Policy", "RuleCollectionGroup", "RuleCollection", "Rule", "_ResourceId")
"""Which rule of which firewall decided, where one did."""
_DONE = {"allow": Verdict.ALLOWED, "deny": Verdict.DENIED, "alert": Verdict.AUDITED}
BEHIND = (
    "the firewall sees what crosses it only, and pods by the address of their node where the cluster translates addresses "
    "(overlay, kubenet): flows of other pods on that node are then among these"
)


def verdict(cell: object) -> Verdict:
    """Return what the firewall did."""
    return _DONE.get(text(cell).lower(), Verdict.UNKNOWN)


def _flows(row: Row, reading: Reading) -> Iterator[Flow]:
    start, end, many = told(row, reading)
    source_port = reading.port(row.get("SourcePort"))
    protocol = text(row.get("Protocol")).upper()
    yield Flow(
        start=start,
        end=end,
        source=reading.address(row["SourceIp"]),
        destination=reading.address(row["DestinationIp"]),
        observer=reading.observer(resource(row.get("_ResourceId")), "network rule"),
        source_port=source_port,
        destination_port=reading.port(row.get("DestinationPort")),
        protocol=protocol.partition(" ")[0],
        verdict=verdict(row["Action"]),
        reason=text(row.get("ActionReason")),
        policies=rule(row),
        reply=False,
        connections=many if many is not None or source_port else 1,
        granularity=LOG_ROW if many is None else SUMMED,
    )


LOG = Log(
    table="AZFWNetworkRule",
    needs=("SourceIp", "DestinationIp", "Action"),
    wants=(
        *("Protocol", "SourcePort", "DestinationPort", "ActionReason"),
        *RULE,
    ),
    flows=_flows,
    source=Side(addresses=("SourceIp",)),
    destination=Side(addresses=("DestinationIp",)),
    ports=("DestinationPort",),
    verdicts=VERDICTS,
    groups=(
        *("SourceIp", "DestinationIp", "DestinationPort", "Protocol", "Action", "ActionReason"),
        *RULE,
    ),
    delay=600,
    blind=(BEHIND,),
)
