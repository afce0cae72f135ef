"""
The double is held to what is documented of the service, through the SDK's own calls.

"Azure Monitor Log Analytics API": request and response format, errors, Prefer options; "Query data in a Basic and Auxiliary
table"; the language's reference for what a query means.
"""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import aiohttp
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.monitor.query import LogsQueryPartialResult, LogsQueryResult, LogsTable
from azure.monitor.query.aio import LogsQueryClient

from bot.sandbox.loganalytics import LogAnalyticsDouble, Part, Workspace, denied, throttled
from bot.sandbox.loganalytics.lexing import words

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TOKEN = 4_102_444_800


class Credential:
    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        self.scopes = scopes
        return AccessToken("any", TOKEN)

    async def close(self) -> None: ...

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None: ...


@pytest.fixture
async def double() -> AsyncIterator[LogAnalyticsDouble]:
    async with LogAnalyticsDouble(lambda: NOW) as running:
        yield running


@pytest.fixture
def workspace(double: LogAnalyticsDouble) -> Workspace:
    made = double.workspace()
    table = made.table("AZFWNetworkRule")
    for port in (443, 53, 443):
        table.add(
            SourceIp="10.1.0.4",
            DestinationIp="203.0.113.7",
            DestinationPort=port,
            Action="Deny",
            Protocol="TCP",
        )
    made.table("AKSAudit", plan="Basic").add(User={"username": "a"}, Stage="ResponseComplete")
    return made


@pytest.fixture
async def client(double: LogAnalyticsDouble) -> AsyncIterator[LogsQueryClient]:
    async with LogsQueryClient(
        Credential(), endpoint=double.url, connection_verify=str(double.ca_file), retry_total=0
    ) as made:
        yield made


async def asked(client: LogsQueryClient, workspace: Workspace, query: str, **more: Any) -> LogsTable:
    result = await client.query_workspace(workspace.id, query, **{"timespan": None, **more})
    assert isinstance(result, LogsQueryResult)
    (table,) = result.tables
    return table


async def refused(client: LogsQueryClient, workspace: Workspace, query: str) -> tuple[int, list[str]]:
    with pytest.raises(HttpResponseError) as raised:
        await client.query_workspace(workspace.id, query, timespan=None)
    answer: Any = raised.value.response
    found, codes = answer.json()["error"], []
    while found:
        codes.append(found["code"])
        found = found.get("innererror")
    return int(raised.value.status_code or 0), codes


async def test_rows_come_in_one_primary_table_with_typed_columns(
    client: LogsQueryClient, workspace: Workspace
) -> None:
    table = await asked(
        client, workspace, "AZFWNetworkRule | project TimeGenerated, DestinationPort | take 2"
    )

    assert table.name == "PrimaryResult"
    assert dict(zip(table.columns, table.columns_types, strict=True)) == {
        "TimeGenerated": "datetime",
        "DestinationPort": "int",
    }
    assert [list(row) for row in table.rows] == [[NOW, 443], [NOW, 53]]


async def test_a_query_means_what_it_says(client: LogsQueryClient, workspace: Workspace) -> None:
    where = "AZFWNetworkRule | where (DestinationPort == 443 or DestinationPort > 9000) and Action =~ 'deny'"
    counted = "AZFWNetworkRule | summarize Many = count(), Last = max(TimeGenerated) by DestinationPort | top 1 by Many desc"
    ranged = 'AZFWNetworkRule | where ipv4_is_in_range(DestinationIp, "203.0.113.0/24") and SourceIp in ("10.1.0.4")'

    assert len((await asked(client, workspace, where)).rows) == 2
    assert [list(row) for row in (await asked(client, workspace, counted)).rows] == [[443, 2, NOW]]
    assert len((await asked(client, workspace, ranged)).rows) == 3
    assert (
        len(
            (
                await asked(client, workspace, "AZFWNetworkRule | where isempty(Rule) // a comment\n| take 5")
            ).rows
        )
        == 3
    )


async def test_the_time_range_stands_beside_the_query_and_counts(
    client: LogsQueryClient, workspace: Workspace
) -> None:
    workspace.table("AZFWNetworkRule").add(TimeGenerated=NOW - timedelta(hours=2), Action="Allow")
    day = (NOW - timedelta(days=1), NOW)

    assert len((await asked(client, workspace, "AZFWNetworkRule", timespan=timedelta(hours=1))).rows) == 3
    assert len((await asked(client, workspace, "AZFWNetworkRule", timespan=day)).rows) == 4


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("AZFWNetworkRule |", ["BadArgumentError", "SyntaxError", "SYN0002"]),
        ("AZFWNetworkRule; AKSAudit", ["BadArgumentError", "SyntaxError", "SYN0002"]),
        ('AZFWNetworkRule | where Action == "Deny', ["BadArgumentError", "SyntaxError", "SYN0002"]),
        ("union *", ["BadArgumentError", "SyntaxError", "SYN0002"]),
        ("Absent | take 1", ["BadArgumentError", "SemanticError", "SEM0100"]),
        ("AZFWNetworkRule | where Absent == 1", ["BadArgumentError", "SemanticError", "SEM0100"]),
        ("AZFWNetworkRule | project Absent", ["BadArgumentError", "SemanticError", "SEM0100"]),
        (
            "AZFWNetworkRule | where DestinationPort == '443'",
            ["BadArgumentError", "SemanticError", "SEM0100"],
        ),
        ("AKSAudit | take 1", ["BadArgumentError", "UnsupportedApiQueryValidationError"]),
    ],
)
async def test_what_cannot_be_run_is_refused_in_the_services_own_layers(
    client: LogsQueryClient, workspace: Workspace, query: str, codes: list[str]
) -> None:
    assert await refused(client, workspace, query) == (400, codes)


async def test_a_table_is_named_in_its_refusal_as_the_service_names_it(
    client: LogsQueryClient, workspace: Workspace
) -> None:
    with pytest.raises(
        HttpResponseError, match="Failed to resolve table or column expression named 'Absent'"
    ):
        await client.query_workspace(workspace.id, "Absent | where a == 1", timespan=None)


async def test_a_partial_answer_is_one_to_the_sdk_too(
    client: LogsQueryClient, workspace: Workspace, double: LogAnalyticsDouble
) -> None:
    double.fail_next(Part())

    result = await client.query_workspace(workspace.id, "AZFWNetworkRule", timespan=None)

    assert isinstance(result, LogsQueryPartialResult)
    assert len(result.partial_data[0].rows) == 1
    assert result.partial_error is not None
    assert result.partial_error.code == "PartialError"


async def test_no_rights_and_too_many_questions_are_told_by_status_and_code(
    client: LogsQueryClient, workspace: Workspace, double: LogAnalyticsDouble
) -> None:
    double.fail_next(denied())
    double.fail_next(throttled())

    assert await refused(client, workspace, "AZFWNetworkRule") == (403, ["InsufficientAccessError"])
    assert await refused(client, workspace, "AZFWNetworkRule") == (429, ["ThrottledError"])


async def test_the_servers_patience_arrives(
    client: LogsQueryClient, workspace: Workspace, double: LogAnalyticsDouble
) -> None:
    await asked(client, workspace, "AZFWNetworkRule", server_timeout=7)

    assert double.asked[-1].prefer == "wait=7"


async def posted(double: LogAnalyticsDouble, path: str, **how: Any) -> tuple[int, Any]:
    trust = ssl.create_default_context(cafile=str(double.ca_file))
    async with (
        aiohttp.ClientSession() as session,
        session.post(double.url + path, ssl=trust, **how) as answer,
    ):
        text = await answer.read()
        return answer.status, (await answer.json()) if text else None


BEARER = {"Authorization": "Bearer any"}


async def test_who_says_nothing_of_himself_is_refused(
    double: LogAnalyticsDouble, workspace: Workspace
) -> None:
    status, body = await posted(
        double, f"/v1/workspaces/{workspace.id}/query", json={"query": "AZFWNetworkRule"}
    )

    assert (status, body["error"]["code"]) == (401, "AuthenticationFailed")


async def test_a_workspace_that_never_held_a_row_answers_with_nothing_and_an_unknown_one_is_no_path(
    double: LogAnalyticsDouble,
) -> None:
    empty = double.workspace("00000000-0000-4000-8000-0000000000a2")
    how: dict[str, Any] = {"json": {"query": "AZFWNetworkRule"}, "headers": BEARER}

    assert await posted(double, f"/v1/workspaces/{empty.id}/query", **how) == (204, None)
    assert (await posted(double, "/v1/workspaces/nowhere/query", **how))[0] == 404
    assert await posted(double, f"/v1/workspaces/{empty.id}/query", headers=BEARER) == (200, None)


async def test_a_basic_table_is_asked_by_search_with_the_time_in_the_address_only(
    double: LogAnalyticsDouble, workspace: Workspace
) -> None:
    path = f"/v1/workspaces/{workspace.id}/search"
    span = {"timespan": "PT3600S"}
    timed = "AKSAudit | where TimeGenerated > datetime(2026-01-01)"

    plain = await posted(double, path, params=span, json={"query": "AKSAudit | project User"}, headers=BEARER)
    without = await posted(double, path, json={"query": "AKSAudit"}, headers=BEARER)
    inside = await posted(double, path, params=span, json={"query": timed}, headers=BEARER)

    assert plain[0] == 200
    assert plain[1]["tables"][0]["rows"] == [
        ['{"username":"a"}']
    ]  # dynamic columns come as a text with JSON in it
    assert (without[0], inside[0]) == (400, 400)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r'"a\"b\\c\n"', 'a"b\\c\n'),
        (r"'it\'s'", "it's"),
        (r'"\u0041\U0001F600\x42\101"', "A\U0001f600BA"),
        (r'@"a\b""c"', r'a\b"c'),
        ('h"secret"', "secret"),
    ],
)
def test_texts_are_read_by_the_lexical_rules_of_the_language(written: str, meant: str) -> None:
    (word,) = words(written)

    assert (word.kind, word.value) == ("text", meant)
