"""What others write into a shared workspace shows nothing of ours, and what a table cannot find is said to be lacking."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.domain.flows.asked import About, Subject
from bot.domain.flows.flow import Verdict
from bot.domain.flows.knowing import absence
from bot.domain.flows.merging import merge
from bot.domain.flows.taken import Missing, Taken
from tests.adapters.flows.analytics import AGO, NOW, POD, SOMEBODY, Logs, about, opened, question

PROD, STAGING = (
    f"/subscriptions/x/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/{name}"
    for name in ("prod", "staging")
)
OWNED = {"container-logs": "ContainerNetworkLogs", "kube-audit": "AKSAudit"}
FAR = about(About.ADDRESS, "203.0.113.7")


def writing(logs: Logs, table: str, owner: str) -> None:
    """Have a cluster write into a table all the time."""
    for minutes in range(-60, 0):
        at = NOW + timedelta(minutes=minutes)
        logs.workspace.table(table).add(TimeGenerated=at, _ResourceId=owner, **SOMEBODY[table])


def sure(taken: Taken, **changed: Any) -> tuple[str, ...]:
    """Return who would say ``no flows``, if nothing were late."""
    settled = msgspec.structs.replace(
        taken, losses=tuple(each for each in taken.losses if isinstance(each, Missing))
    )
    return absence(merge([settled]), question(**changed)).sure


@pytest.mark.parametrize(("source", "table"), OWNED.items())
async def test_what_another_cluster_writes_does_not_cover_the_time_of_one_that_writes_nothing(
    source: str, table: str
) -> None:
    async with opened(owners={"prod": PROD, "staging": STAGING}) as logs:
        writing(logs, table, PROD.upper())

        prod, staging = await logs.ask(source), await logs.ask(source, cluster="staging")

    assert prod.window is not None
    assert (staging.window, staging.newest) == (None, None)


@pytest.mark.parametrize(("source", "table"), OWNED.items())
async def test_where_it_is_not_known_whose_rows_they_are_they_cover_no_time(source: str, table: str) -> None:
    async with opened() as logs:
        writing(logs, table, PROD)

        taken = await logs.ask(source)

    assert taken.window is None
    assert any("rows of every cluster" in said for said in taken.blind)


async def test_rows_of_other_resources_do_not_make_the_firewall_one_that_logs_in_the_old_form() -> None:
    async with opened() as logs:
        for minutes in range(-60, 0):
            at = NOW + timedelta(minutes=minutes)
            logs.workspace.table("AzureDiagnostics").add(
                TimeGenerated=at, Category="AuditEvent", msg_s="key read"
            )

        taken = await logs.ask("firewall", subject=FAR)

    assert taken.window is None
    assert [loss.table for loss in taken.losses if isinstance(loss, Missing)][:2] == [
        "AZFWNetworkRule",
        "AZFWApplicationRule",
    ]


async def test_rows_of_another_kind_in_the_same_table_do_not_cover_the_time() -> None:
    async with opened() as logs:
        for minutes in range(-60, 0):
            at = NOW + timedelta(minutes=minutes)
            row = {**SOMEBODY["NTANetAnalytics"], "SubType": "Topology"}
            logs.workspace.table("NTANetAnalytics").add(
                TimeGenerated=at, FlowStartTime=at, FlowEndTime=at, **row
            )

        taken = await logs.ask("vnet")

    assert (taken.window, taken.newest) == (None, None)


ALL = ("AZFWNetworkRule", "AZFWApplicationRule", "AZFWNatRule")
PAST: dict[str, Any] = {"since": NOW - timedelta(hours=2), "until": NOW - timedelta(hours=1)}


@pytest.mark.parametrize(
    ("subject", "peer", "lacking"),
    [
        (FAR, None, {"AZFWApplicationRule"}),
        (about(About.NETWORK, "203.0.113.0/24"), None, {"AZFWApplicationRule"}),
        (about(About.ADDRESS, "10.1.0.4"), FAR, {"AZFWApplicationRule"}),
        (about(About.NAME, "evil.example"), None, {"AZFWNetworkRule", "AZFWNatRule"}),
        (POD, about(About.NAME, "evil.example"), {"AZFWNetworkRule", "AZFWNatRule"}),
        (POD, None, set()),
    ],
)
async def test_a_table_that_cannot_hold_whom_it_is_about_is_told_and_nobody_says_no_flows(
    subject: Subject, peer: Subject | None, lacking: set[str]
) -> None:
    asked = {**PAST, "subject": subject, "peer": peer}
    async with opened() as logs:
        for name in ALL:
            logs.table(name)

        taken = await logs.ask("firewall", **asked)

    assert {loss.table for loss in taken.losses if isinstance(loss, Missing)} == lacking
    assert sure(taken, **asked) == ()


async def test_a_sentence_has_the_address_or_the_name_and_whoever_is_asked_for_by_one_may_be_there_by_the_other() -> (
    None
):
    async with opened() as logs:
        logs.table("AzureDiagnostics")

        taken = await logs.ask("firewall", subject=FAR, **PAST)

    assert Missing("AzureDiagnostics", ("address of every end",), UNFOUND) in taken.losses
    assert sure(taken, subject=FAR, **PAST) == ()


UNFOUND = "whoever is there by nothing else was not found"


@pytest.mark.parametrize(
    ("reason", "policies", "verdict"),
    [
        ("POLICY_DENIED", None, Verdict.DENIED),
        ("AUTH_REQUIRED", {}, Verdict.DENIED),
        ("", {"ingress_denied_by": [{"name": "deny"}]}, Verdict.DENIED),
        ("CT_MAP_INSERTION_FAILED", None, Verdict.ERROR),
        ("CT_MAP_INSERTION_FAILED", {"egress_allowed_by": [{"name": "allow"}]}, Verdict.ERROR),
        ("", None, Verdict.ERROR),
    ],
)
async def test_a_drop_is_a_denial_only_where_a_policy_decided_it(
    reason: str, policies: dict[str, Any] | None, verdict: Verdict
) -> None:
    row = {
        "Verdict": "DROPPED",
        "SourceNamespace": "payments",
        "SourcePodName": "api-1",
        "EgressFlowCount": 1,
    }
    async with opened() as logs:
        told = {"DropReason": reason, "Policies": policies, "DestinationNamespace": ""}
        logs.workspace.table("ContainerNetworkLogs").add(TimeGenerated=AGO, **row, **told)

        taken = await logs.ask("container-logs")
        denied = await logs.ask("container-logs", verdict=Verdict.DENIED)

    assert [flow.verdict for flow in taken.flows] == [verdict]
    assert len(denied.flows) == (verdict is Verdict.DENIED)


async def test_who_asks_for_what_was_allowed_is_told_what_was_only_watched_too() -> None:
    rows: dict[str, tuple[str, dict[str, Any]]] = {
        "AZFWNetworkRule": (
            "firewall",
            {"SourceIp": "10.1.0.4", "DestinationIp": "203.0.113.7", "Action": "Alert"},
        ),
        "AGWFirewallLogs": ("waf", {"ClientIp": "203.0.113.7", "Action": "Detected", "TransactionId": "t"}),
        "ContainerNetworkLogs": (
            "container-logs",
            {
                "Verdict": "AUDIT",
                "SourceNamespace": "payments",
                "SourcePodName": "api-1",
                "DestinationNamespace": "",
                "IP": {"source": "10.1.0.4", "destination": "203.0.113.7"},
            },
        ),
    }
    async with opened() as logs:
        for table, (source, row) in rows.items():
            logs.workspace.table(table).add(TimeGenerated=AGO, **row)
            taken = await logs.ask(source, subject=FAR, verdict=Verdict.ALLOWED)
            assert [flow.verdict for flow in taken.flows] == [Verdict.AUDITED], source
