"""``AZFWNatRule``: a row for each connection from outside that a DNAT rule let in and translated."""

from collections.abc import Iterator

from bot.adapters.flows.loganalytics.tables.azfw_network import SUMMED
from bot.adapters.flows.loganalytics.tables.cells import Reading, resource, rule, spelled, text
from bot.adapters.flows.loganalytics.tables.log import Log, Row, Side, told
from bot.domain.flows.flow import LOG_ROW, Flow, Verdict


def _flows(row: Row, reading: Reading) -> Iterator[Flow]:
    start, end, many = told(row, reading)
    source_port = reading.port(row.get("SourcePort"))
    inside = spelled(row.get("TranslatedIp"))
    front = f"{text(row['DestinationIp'])}:{reading.port(row.get('DestinationPort'))}"
    yield Flow(
        start=start,
        end=end,
        source=reading.address(row["SourceIp"]),
        destination=reading.address(inside or row["DestinationIp"]),
        observer=reading.observer(resource(row.get("_ResourceId")), "DNAT rule"),
        source_port=source_port,
        destination_port=reading.port(row.get("TranslatedPort" if inside else "DestinationPort")),
        protocol=text(row.get("Protocol")).upper(),
        verdict=Verdict.ALLOWED,  # what a DNAT rule matches is let in; what none matches has no row here
        policies=rule(row),
        reply=False,
        connections=many if many is not None or source_port else 1,
        granularity=LOG_ROW if many is None else SUMMED,
        note=f"through {front}" if inside else "",
    )


LOG = Log(
    table="AZFWNatRule",
    needs=("SourceIp", "DestinationIp"),
    wants=(
        *("SourcePort", "DestinationPort", "Protocol", "TranslatedIp", "TranslatedPort"),
        *("Policy", "RuleCollectionGroup", "RuleCollection", "Rule", "_ResourceId"),
    ),
    flows=_flows,
    source=Side(addresses=("SourceIp",)),
    destination=Side(addresses=("DestinationIp", "TranslatedIp")),
    ports=("TranslatedPort", "DestinationPort"),
    groups=(
        *("SourceIp", "DestinationIp", "DestinationPort", "Protocol", "TranslatedIp", "TranslatedPort"),
        *("Policy", "RuleCollectionGroup", "RuleCollection", "Rule", "_ResourceId"),
    ),
    delay=600,
    rare=True,
    blind=(
        "behind a DNAT rule the firewall's own address stands as the sender's: nothing inside sees whose it was",
    ),
)
