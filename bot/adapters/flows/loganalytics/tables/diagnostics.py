"""
``AzureDiagnostics``: the firewall's log in its old form, one sentence in ``msg_s``. Asked only where the new tables are not.

    TCP request from 10.1.2.3:51234 to 203.0.113.7:443. Action: Deny. Rule Collection: a. Rule: b
    HTTPS request from 10.1.2.3:51234 to example.com:443. Action: Allow. ... Rule Collection: a. Rule: b
    TCP request from 203.0.113.7:5123 to 20.1.2.3:443 was DNAT'ed to 10.0.0.4:8443
    ICMP Type=8 request from 10.1.2.3 to 203.0.113.7. Action: Allow.

Source: "Azure Firewall log and metrics" and its published queries. Sentences of another shape are counted as not understood.
"""

import re
from collections.abc import Iterator
from typing import Final

from bot.adapters.flows.loganalytics.kql import Among
from bot.adapters.flows.loganalytics.tables.azfw_network import BEHIND, verdict
from bot.adapters.flows.loganalytics.tables.cells import Reading, name, resource, spelled
from bot.adapters.flows.loganalytics.tables.log import TIME, Log, Row, Side
from bot.domain.flows.flow import LOG_ROW, Being, Endpoint, Flow, Policy, Verdict

LONGEST: Final = 4096
_SENTENCE: Final = re.compile(
    r"(?P<protocol>[A-Za-z]{2,10})(?: Type=\d+)? request from (?P<source>\S{2,300}?) to (?P<destination>\S{1,300}?)"
    r"(?: was DNAT'ed to (?P<inside>\S{2,300}?))?(?:\.? *(?= |$)(?P<rest>.*))?",
    re.DOTALL,
)
_SAID: Final = re.compile(
    r"(Action|Reason|Policy|Rule Collection Group|Rule Collection|Rule): (.*?)(?=\. [A-Z][A-Za-z ]{1,30}: |\.? *$|\. )"
)
_CARRIED: Final = frozenset({"HTTP", "HTTPS", "MSSQL"})


def _flows(row: Row, reading: Reading) -> Iterator[Flow]:
    sentence = row["msg_s"]
    found = _SENTENCE.fullmatch(sentence[:LONGEST].strip())
    if not found:
        raise ValueError("a sentence of another shape")
    said = dict(_SAID.findall(found["rest"] or ""))
    (source, source_port), (to, port) = _end(found["source"]), _end(found["inside"] or found["destination"])
    at = reading.time(row[TIME])
    carried = found["protocol"].upper()
    path = "/".join(
        said[key] for key in ("Rule Collection Group", "Rule Collection", "Rule") if said.get(key)
    )
    yield Flow(
        start=at,
        end=at,
        source=reading.address(source),
        destination=_destination(to, reading),
        observer=reading.observer(resource(row.get("Resource")), "firewall log of the old form"),
        source_port=source_port,
        destination_port=port,
        protocol="TCP" if carried in _CARRIED else carried,
        verdict=Verdict.ALLOWED if found["inside"] else verdict(said.get("Action")),
        reason=said.get("Reason", ""),
        policies=(Policy(path, said.get("Policy", ""), "firewall rule"),) if path else (),
        reply=False,
        connections=None if source_port else 1,
        granularity=LOG_ROW,
        note=f"through {found['destination']}" if found["inside"] else "",
    )


def _end(written: str) -> tuple[str, int]:
    """Return address or name, and port, 0 where there is none."""
    host, separator, port = written.rstrip(".").rpartition(":")
    if separator and port.isascii() and port.isdigit() and len(port) < 6:
        return host, int(port)
    return written.rstrip("."), 0


def _destination(host: str, reading: Reading) -> Endpoint:
    address = spelled(host)
    return reading.address(address) if address else reading.address("", names=name(host), being=Being.WORLD)


LOG = Log(
    table="AzureDiagnostics",
    needs=("Category", "msg_s"),
    wants=("Resource",),
    flows=_flows,
    source=Side(texts=("msg_s",)),
    destination=Side(texts=("msg_s",)),
    only=Among("Category", ("AzureFirewallNetworkRule", "AzureFirewallApplicationRule")),
    delay=600,
    mixed=True,
    blind=(
        BEHIND,
        "this firewall logs in the old form, sentences that change without notice: switch on its own tables",
    ),
)
