"""A small Azure Log Analytics with workspaces, tables and rows, asked over HTTPS in the language that it really takes.

For `firebreak sandbox`, where no workspace exists, and for tests. It knows no query beforehand: it parses the text that
arrives and evaluates it over its rows, or refuses it in the service's own words.

    async with LogAnalyticsDouble() as double:
        workspace = double.workspace()
        workspace.table("AZFWNetworkRule").add(SourceIp="10.1.0.4", DestinationIp="203.0.113.7", Action="Deny")
        client = LogsQueryClient(credential, endpoint=double.url, connection_verify=str(double.ca_file))
        await client.query_workspace(workspace.id, "AZFWNetworkRule | where Action == 'Deny'", timespan=None)

What it leaves out on purpose: every operator and function that the bot never sends (joins, unions, `let`, `ago`), batches,
resource queries, role assignments (denials are faults), Entra tokens (any bearer token will do).
"""

from bot.sandbox.loganalytics.double import LogAnalyticsDouble
from bot.sandbox.loganalytics.faults import (
    Broken,
    Endless,
    Fault,
    Held,
    Lost,
    Part,
    Refused,
    denied,
    gave_up,
    throttled,
)
from bot.sandbox.loganalytics.rows import Table, Workspace

__all__ = [
    "Broken",
    "Endless",
    "Fault",
    "Held",
    "LogAnalyticsDouble",
    "Lost",
    "Part",
    "Refused",
    "Table",
    "Workspace",
    "denied",
    "gave_up",
    "throttled",
]
