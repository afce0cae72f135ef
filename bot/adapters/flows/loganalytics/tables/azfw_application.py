"""``AZFWApplicationRule``: a row for each connection that an application rule, or none, decided on, by its server name."""

from collections.abc import Iterator

from bot.adapters.flows.loganalytics.tables.azfw_network import BEHIND, RULE, SUMMED, VERDICTS, verdict
from bot.adapters.flows.loganalytics.tables.cells import Reading, name, resource, rule, text
from bot.adapters.flows.loganalytics.tables.log import Log, Row, Side, told
from bot.domain.flows.flow import LOG_ROW, Being, Flow


def _flows(row: Row, reading: Reading) -> Iterator[Flow]:
    start, end, many = told(row, reading)
    source_port = reading.port(row.get("SourcePort"))
    yield Flow(
        start=start,
        end=end,
        source=reading.address(row["SourceIp"]),
        destination=reading.address("", names=name(row["Fqdn"]), being=Being.WORLD),
        observer=reading.observer(resource(row.get("_ResourceId")), "application rule"),
        source_port=source_port,
        destination_port=reading.port(row.get("DestinationPort")),
        protocol="TCP",  # application rules hold HTTP, HTTPS and MSSQL, and nothing else
        verdict=verdict(row["Action"]),
        reason=text(row.get("ActionReason")),
        policies=rule(row),
        reply=False,
        connections=many if many is not None or source_port else 1,
        granularity=LOG_ROW if many is None else SUMMED,
        note=text(row.get("TargetUrl")) or text(row.get("Fqdn")),
    )


LOG = Log(
    table="AZFWApplicationRule",
    needs=("SourceIp", "Fqdn", "Action"),
    wants=(
        *("SourcePort", "DestinationPort", "Protocol", "ActionReason", "TargetUrl"),
        *RULE,
    ),
    flows=_flows,
    source=Side(addresses=("SourceIp",)),
    destination=Side(names=("Fqdn",)),
    ports=("DestinationPort",),
    verdicts=VERDICTS,
    groups=(
        *("SourceIp", "Fqdn", "DestinationPort", "Protocol", "Action", "ActionReason"),
        *RULE,
    ),
    delay=600,
    blind=(
        BEHIND,
        "application rules know the other end by the name that the client gave, not by its address",
    ),
)
