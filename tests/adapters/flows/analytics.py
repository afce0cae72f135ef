"""A staged workspace, and the sources over it as the program opens them, through the real SDK."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.adapters.flows.loganalytics.opening import Place, open_sources
from bot.adapters.flows.loganalytics.source import LogSource
from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.taken import Taken
from bot.ports import FlowSource
from bot.sandbox.loganalytics import LogAnalyticsDouble, Table, Workspace
from bot.settings.loganalytics import LogAnalyticsSettings

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
AGO = NOW - timedelta(minutes=6)
POD = Subject(
    About.POD,
    "api-1",
    "payments",
    pods=("api-1",),
    addresses=("10.1.0.4",),
    service_accounts=("api",),
    identities=("4711",),
)
SOMEBODY: Mapping[str, Mapping[str, Any]] = {
    "AZFWNetworkRule": {"SourceIp": "10.9.9.9", "DestinationIp": "198.51.100.1", "Action": "Allow"},
    "AZFWApplicationRule": {"SourceIp": "10.9.9.9", "Fqdn": "elsewhere.example", "Action": "Allow"},
    "AZFWNatRule": {"SourceIp": "198.51.100.9", "DestinationIp": "20.1.2.3", "TranslatedIp": "10.9.9.9"},
    "AzureDiagnostics": {
        "Category": "AzureFirewallNetworkRule",
        "msg_s": "TCP request from 10.9.9.9:1 to 198.51.100.1:443. Action: Allow",
    },
    "NTANetAnalytics": {
        "SubType": "FlowLog",
        "SrcIp": "10.9.9.9",
        "DestIp": "10.9.9.8",
        "FlowStatus": "Allowed",
        "DestPort": 53,
    },
    "ContainerNetworkLogs": {
        "Verdict": "FORWARDED",
        "SourceNamespace": "other",
        "DestinationNamespace": "other",
        "EgressFlowCount": 1,
    },
    "AGWFirewallLogs": {"ClientIp": "198.51.100.9", "Action": "Detected", "TransactionId": "t-0"},
    "AKSAudit": {
        "Stage": "ResponseComplete",
        "User": {"username": "system:serviceaccount:other:default"},
        "ResponseStatus": {"code": 200},
        "Verb": "get",
    },
}


@dataclass
class Logs:
    """The double, its workspace, and the sources by name."""

    double: LogAnalyticsDouble
    workspace: Workspace
    sources: Mapping[str, LogSource]

    def table(self, name: str, **how: Any) -> Table:
        """Return a table that somebody else's traffic has been writing to for hours, and until two minutes ago."""
        table = self.workspace.table(name, **how)
        row = {key: value for key, value in SOMEBODY[name].items() if key in table.columns}
        times = [column for column in ("FlowStartTime", "FlowEndTime") if column in table.columns]
        for minutes in range(-420, 0, 2):
            at = NOW + timedelta(minutes=minutes)
            filed: dict[str, Any] = {"TimeGenerated": at, **row}
            table.add(**filed, **dict.fromkeys(times, at))
        return table

    async def ask(self, source: str, within: float = 20.0, **changed: Any) -> Taken:
        """Ask about the last 15 minutes of the pod, or of what is given instead."""
        asked: FlowSource = self.sources[source]
        return await asked.ask(question(**changed), within)

    def queries(self, containing: str) -> list[str]:
        """Return the queries that came with this in their text."""
        return [one.query for one in self.double.asked if containing in one.query]


def question(**changed: Any) -> Asked:
    given: dict[str, Any] = {
        "cluster": "prod",
        "subject": POD,
        "since": NOW - timedelta(minutes=15),
        "until": NOW,
        **changed,
    }
    return Asked(**given)


def about(kind: About, name: str, **more: Any) -> Subject:
    return Subject(kind, name, **more)


@asynccontextmanager
async def opened(owners: Mapping[str, str] | None = None, **settings: Any) -> AsyncIterator[Logs]:
    async with AsyncExitStack() as stack:
        double = await stack.enter_async_context(LogAnalyticsDouble(lambda: NOW))
        workspace = double.workspace()
        given = LogAnalyticsSettings(**{"workspace_id": workspace.id, **settings})
        place = Place(given, "public", owners or {}, lambda: NOW)
        sources = await stack.enter_async_context(open_sources(place, None, double=double))
        yield Logs(double, workspace, {source.name: source for source in sources})
