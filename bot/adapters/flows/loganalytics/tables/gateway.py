"""``AGWFirewallLogs``: requests on which a rule of an Application Gateway's web application firewall had something to say."""

from collections.abc import Iterator
from typing import Final

from bot.adapters.flows.loganalytics.kql import Among, Is
from bot.adapters.flows.loganalytics.tables.cells import Reading, name, resource, text
from bot.adapters.flows.loganalytics.tables.log import TIME, Log, Row, Side
from bot.domain.flows.flow import LOG_ROW, Flow, Policy, Verdict

_DONE: Final = {"blocked": Verdict.DENIED, "allowed": Verdict.ALLOWED, "detected": Verdict.AUDITED}
# Not among them: "Matched", a single rule's share in a score; what came of the request stands in a row of its own.
_SAID: Final = ("Blocked", "Allowed", "Detected")


def _flows(row: Row, reading: Reading) -> Iterator[Flow]:
    done = _DONE.get(text(row["Action"]).lower(), Verdict.UNKNOWN)
    request = text(row.get("TransactionId"))
    if request and not reading.first((request, done)):
        return  # one request, several rules
    at = reading.time(row[TIME])
    port = reading.port(row.get("ClientPort"))
    rule = text(row.get("RuleId"))
    yield Flow(
        start=at,
        end=at,
        source=reading.address(row["ClientIp"]),
        destination=reading.address("", names=name(row.get("Hostname"))),
        observer=reading.observer(resource(row.get("_ResourceId")), "web application firewall"),
        source_port=port,
        protocol="TCP",
        verdict=done,
        reason=text(row.get("Message")),
        policies=(Policy(rule, kind="WAF rule"),) if rule else (),
        reply=False,
        connections=None if port else 1,
        granularity=LOG_ROW,
        note=text(row.get("RequestUri")),
    )


LOG = Log(
    table="AGWFirewallLogs",
    needs=("ClientIp", "Action"),
    wants=("ClientPort", "Hostname", "RequestUri", "RuleId", "Message", "TransactionId", "_ResourceId"),
    flows=_flows,
    source=Side(addresses=("ClientIp",)),
    destination=Side(names=("Hostname",)),
    only=Among("Action", _SAID),
    verdicts={
        Verdict.ALLOWED: Among("Action", ("Allowed", "Detected")),
        Verdict.DENIED: Is("Action", "==", "Blocked"),
    },
    delay=600,
    blind=(
        "the web application firewall logs requests that a rule of its matched, never the others, nor which pod answered",
    ),
)
