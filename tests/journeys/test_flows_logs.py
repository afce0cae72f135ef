"""Flows from Log Analytics, through the real SDK over HTTPS, and what is new because a log keeps the day before."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.azure.client import SandboxEndpoint
from bot.domain.flows.wish import SOURCES
from bot.sandbox.kubernetes.objects import rfc3339
from bot.sandbox.kubernetes.resources import NETWORK_POLICIES, PODS
from bot.sandbox.loganalytics import LogAnalyticsDouble, Workspace
from bot.sandbox.scene import ALICE
from bot.settings import Settings
from bot.settings.loganalytics import LogAnalyticsSettings
from tests.journeys.clock import TurnedClock
from tests.journeys.seeing import allowing, recorded, suspect
from tests.journeys.stage import Stage, stage

pytestmark = pytest.mark.timeout(120)
HUB = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Network/azureFirewalls/hub"
QUIET = {"SourceIp": "10.9.9.9", "DestinationIp": "198.51.100.200", "DestinationPort": 443, "Action": "Allow"}


def knowing(workspace: Workspace) -> Callable[[Settings], Settings]:
    """Return what names the workspace in the settings."""

    def outfit(settings: Settings) -> Settings:
        assert settings.azure is not None
        azure = settings.azure.model_copy(
            update={"log_analytics": LogAnalyticsSettings(workspace_id=workspace.id)}
        )
        return settings.model_copy(update={"azure": azure})

    return outfit


@asynccontextmanager
async def logged(
    folder: Path, *, relay: bool = False, policy: str = "", double: LogAnalyticsDouble | None = None
) -> AsyncIterator[tuple[Stage, Workspace]]:
    """A bot whose firewall writes to a workspace, and has been doing so for two days."""
    async with double or LogAnalyticsDouble(TurnedClock()) as kept:
        workspace = kept.workspace()
        rules = workspace.table("AZFWNetworkRule")
        now = TurnedClock()()
        for hours in range(48, 0, -1):
            rules.add(TimeGenerated=now - timedelta(hours=hours), _ResourceId=HUB, Protocol="TCP", **QUIET)
        logs = SandboxEndpoint(kept.url, kept.ca_file)
        async with stage(
            folder, transport="http", relay=relay, logs=logs, policy=policy, outfit=knowing(workspace)
        ) as bot:
            standing_since(bot, bot.clock() - timedelta(days=3))
            yield bot, workspace


def standing_since(bot: Stage, moment: datetime) -> None:
    """Have the suspect's pod, and with it its address, there since then."""
    cast, registry = bot.scene.incident, bot.scene.cluster.registry
    body = registry.need(PODS, cast.namespace, cast.pod)
    older = {**body, "metadata": {**body["metadata"], "creationTimestamp": rfc3339(moment)}}
    registry.store.put(PODS, registry.signed(PODS, older, "staging"))


def row(at: datetime, source: str, destination: str, action: str = "Allow", **more: Any) -> dict[str, Any]:
    return {
        "TimeGenerated": at,
        "SourceIp": source,
        "SourcePort": 50_000 + at.second,
        "DestinationIp": destination,
        "DestinationPort": 443,
        "Protocol": "TCP",
        "Action": action,
        "_ResourceId": HUB,
        **more,
    }


async def test_the_firewalls_log_tells_what_left_what_is_new_and_by_which_rule_it_was_denied(
    tmp_path: Path,
) -> None:
    async with logged(tmp_path) as (bot, workspace):
        address, now = bot.scene.incident.pod_address, bot.clock()
        rules = workspace.table("AZFWNetworkRule")
        rules.add(**row(now - timedelta(hours=5), address, "203.0.113.50"))
        rules.add(**row(now - timedelta(minutes=6), address, "203.0.113.50"))
        rules.add(**row(now - timedelta(minutes=5), address, bot.scene.incident.beacon))
        named = {"Policy": "root", "RuleCollectionGroup": "firebreak", "RuleCollection": "ir-deny-net"}
        denied = row(now - timedelta(minutes=4), address, "198.51.100.9", "Deny", Rule="to-blocked", **named)
        rules.add(**denied)
        rules.add(**row(now - timedelta(seconds=1), "10.9.9.9", "198.51.100.200"))
        told = await bot.ask(ALICE, f"flows {suspect(bot)} last 15m")

        assert "3 external peers, 1 not seen in the 24 h before: 203.0.113.7:443" in told
        assert "firewall: log rows" in told
        assert "to-blocked" in told
        assert "may still be on their way" in told, "rows come minutes later"
        assert "vnet: no answer" in told or "vnet:" in told
        only = await bot.ask(ALICE, f"flows {suspect(bot)} last 15m denied from firewall")
        assert "everything seen was denied" in only
        (first, *_) = [one for one in await recorded(bot, "command") if one["outcome"] == "flows"]
        assert first["details"]["sources"]["prod/firewall"]["rows"] == 3


async def test_what_the_log_has_of_the_address_from_before_the_pod_is_not_told_as_the_pods(
    tmp_path: Path,
) -> None:
    async with logged(tmp_path) as (bot, workspace):
        address, now = bot.scene.incident.pod_address, bot.clock()
        standing_since(bot, now - timedelta(minutes=30))
        rules = workspace.table("AZFWNetworkRule")
        rules.add(**row(now - timedelta(hours=2), address, "203.0.113.99"))
        rules.add(**row(now - timedelta(minutes=20), address, "203.0.113.50"))
        told = await bot.ask(ALICE, f"flows {suspect(bot)} last 3h from firewall")

        assert "203.0.113.50:443" in told
        assert "203.0.113.99" not in told, "whoever had the address then"
        assert "not told: 1 of the rows, of before its pods were there" in told


@pytest.mark.parametrize("wide", [False, True])
async def test_a_replay_tells_of_a_nodes_address_only_who_may_see_all_that_is_behind_it(
    tmp_path: Path, *, wide: bool
) -> None:
    where = "" if wide else ", namespaces: [payments]"
    policy = allowing(f'flows:\n  - {{clusters: ["prod"]{where}, groups: [on-call]}}\n')
    double = LogAnalyticsDouble(TurnedClock())
    async with logged(tmp_path, policy=policy, double=double) as (bot, workspace):
        cast, now, registry = bot.scene.incident, bot.clock(), bot.scene.cluster.registry
        for allowing_it in registry.store.each(NETWORK_POLICIES, cast.namespace):
            registry.store.drop(NETWORK_POLICIES, allowing_it)  # then the plan reads nobody else
        pod = registry.need(PODS, cast.namespace, cast.pod)
        node = str(pod["status"]["hostIP"])
        rules = workspace.table("AZFWNetworkRule")
        rules.add(**row(now - timedelta(hours=1), cast.pod_address, cast.beacon))
        rules.add(**row(now - timedelta(hours=2), node, "198.51.100.9"))
        told = await bot.ask(ALICE, f"plan quarantine {cast.cluster}/{suspect(bot)} replay 24h")

        seen = "2 peers of the last 24 h, among them 198.51.100.9:443"
        assert f"cuts {seen if wide else f'1 peer of the last 24 h: {cast.beacon}:443'}" in told
        assert ("198.51.100.9" in told) == wide
        assert ("the address of its node alone was not asked for" in told) == (not wide)
        asked = [one.query for one in double.asked]
        assert any(f'"{cast.pod_address}"' in one for one in asked)
        assert any(f'"{node}"' in one for one in asked) == wide


async def test_a_relay_and_a_log_stand_side_by_side_and_are_never_added_up(tmp_path: Path) -> None:
    async with logged(tmp_path, relay=True) as (bot, workspace):
        address, now = bot.scene.incident.pod_address, bot.clock()
        rules = workspace.table("AZFWNetworkRule")
        rules.add(**row(now - timedelta(minutes=3), address, bot.scene.incident.beacon))
        rules.add(**row(now - timedelta(seconds=1), "10.9.9.9", "198.51.100.200"))
        told = await bot.ask(ALICE, f"flows {suspect(bot)} last 10m from hubble,firewall")
        assert "15 connections" in told, "not 16"
        assert "hubble: single connections" in told
        assert "firewall: log rows" in told
        assert "vnet" not in told


async def test_a_log_that_refuses_is_said_to_with_what_to_do(tmp_path: Path) -> None:
    async with logged(tmp_path) as (bot, _):
        told = await bot.ask(ALICE, f"flows {suspect(bot)} from kube-audit,waf")
        assert "cannot know" in told
        assert "switch on" in told


def test_the_names_that_people_type_are_those_of_the_sources() -> None:
    from bot.adapters.flows.hubble.source import SOURCE
    from bot.adapters.flows.loganalytics.source import KINDS

    assert set(SOURCES) == {SOURCE, *(kind.name for kind in KINDS)}


def written(bot: Stage, at: datetime) -> dict[str, dict[str, Any]]:
    """Return a row of each other table, about the suspect."""
    cast = bot.scene.incident
    times = {"FlowStartTime": at, "FlowEndTime": at + timedelta(minutes=1)}
    vnet = {"SubType": "FlowLog", "FlowStatus": "Denied", "SrcIp": cast.pod_address, "L4Protocol": "TCP"}
    pods = {"SourceNamespace": cast.namespace, "SourcePodName": cast.pod, "Verdict": "FORWARDED"}
    ends = {"source": cast.pod_address, "destination": "203.0.113.62"}
    ports = {"TCP": {"source_port": 40_001, "destination_port": 8443}}
    account = {"username": f"system:serviceaccount:{cast.namespace}:api", "extra": {}}
    call = {"Verb": "list", "RequestUri": "/api/v1/secrets", "ResponseStatus": {"code": 403}}
    return {
        "NTANetAnalytics": {**times, **vnet, "DestIp": "203.0.113.61", "DestPort": 443, "FlowDirection": "O"},
        "ContainerNetworkLogs": {
            **pods,
            "DestinationNamespace": "",
            "IP": ends,
            "Layer4": ports,
            "Reply": False,
        },
        "AKSAudit": {**call, "Stage": "ResponseComplete", "User": account, "SourceIps": ["203.0.113.63"]},
        "AGWFirewallLogs": {
            "ClientIp": "203.0.113.64",
            "Action": "Blocked",
            "TransactionId": "t",
            "Hostname": "shop",
        },
    }


async def test_every_other_table_is_a_source_too_and_each_says_what_it_cannot_see(tmp_path: Path) -> None:
    async with logged(tmp_path) as (bot, workspace):
        at = bot.clock() - timedelta(minutes=4)
        for table, row in written(bot, at).items():
            workspace.table(table).add(TimeGenerated=at, **row)
        told = await bot.ask(ALICE, f"flows {suspect(bot)} last 15m from vnet,container-logs,kube-audit")

        assert "203.0.113.61:443" in told
        assert "203.0.113.62:8443" in told
        assert "kubernetes:443" in told, "the call is the suspect's by its service account alone"
        for source in ("vnet: sums", "container-logs: single connections", "kube-audit: log rows"):
            assert source in told
        assert "Cannot be seen" in told
        gateway = await bot.ask(ALICE, "flows 203.0.113.64 last 15m from waf")
        assert "everything seen was denied" in gateway
