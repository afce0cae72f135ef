"""What a row of each table says, asked of a workspace that parses the question."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.domain.directions import Direction
from bot.domain.flows.asked import About, Subject
from bot.domain.flows.flow import Being, Counts, Flow, Grain, Policy, Verdict
from bot.domain.flows.knowing import absence
from bot.domain.flows.merging import merge
from bot.domain.flows.taken import Garbled
from tests.adapters.flows.analytics import AGO, NOW, POD, Logs, about, opened, question

HUB = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Network/azureFirewalls/hub"
RULE = {"Policy": "root", "RuleCollectionGroup": "ir-bot", "RuleCollection": "ir-deny-net", "Rule": "prod"}
DENIED: dict[str, Any] = {
    "TimeGenerated": AGO,
    "SourceIp": "10.1.0.4",
    "SourcePort": 50000,
    "DestinationIp": "203.0.113.7",
    "DestinationPort": 443,
    "Protocol": "TCP",
    "Action": "Deny",
    "_ResourceId": HUB,
    **RULE,
}


async def only(logs: Logs, source: str, **changed: Any) -> Flow:
    taken = await logs.ask(source, **changed)
    (flow,) = taken.flows
    assert not [loss for loss in taken.losses if isinstance(loss, Garbled)]
    return flow


async def test_a_network_rule_tells_the_connection_and_the_rule_that_decided() -> None:
    async with opened() as logs:
        logs.table("AZFWNetworkRule").add(**DENIED)

        flow = await only(logs, "firewall")

    assert (flow.source.address, flow.source_port) == ("10.1.0.4", 50000)
    assert (flow.destination.address, flow.destination_port) == ("203.0.113.7", 443)
    assert (flow.protocol, flow.verdict, flow.reply, flow.connections) == ("TCP", Verdict.DENIED, False, None)
    assert flow.policies == (Policy("ir-bot/ir-deny-net/prod", "root", "firewall rule"),)
    assert (flow.start, flow.observer.source, flow.observer.node) == (AGO, "firewall", "hub")


async def test_an_application_rule_tells_the_server_name() -> None:
    async with opened() as logs:
        logs.table("AZFWApplicationRule").add(
            TimeGenerated=AGO,
            SourceIp="10.1.0.4",
            SourcePort=50001,
            Fqdn="Evil.Example",
            DestinationPort=443,
            Action="Allow",
        )

        flow = await only(logs, "firewall", subject=about(About.NAME, "evil.example"))

    assert flow.destination.names == ("evil.example",)
    assert (flow.destination.address, flow.destination.being) == ("", Being.WORLD)
    assert (flow.destination_port, flow.verdict) == (443, Verdict.ALLOWED)


async def test_a_name_is_not_a_longer_name() -> None:
    async with opened() as logs:
        table = logs.table("AZFWApplicationRule")
        table.add(TimeGenerated=AGO, SourceIp="10.1.0.4", Fqdn="not-evil.example", Action="Allow")

        taken = await logs.ask("firewall", subject=about(About.NAME, "evil.example"))

    assert taken.flows == ()


async def test_a_dnat_rule_tells_who_came_in_and_to_what_it_was_translated() -> None:
    async with opened() as logs:
        logs.table("AZFWNetworkRule")
        logs.table("AZFWNatRule").add(
            TimeGenerated=AGO,
            SourceIp="203.0.113.7",
            SourcePort=4,
            Protocol="TCP",
            DestinationIp="20.1.2.3",
            DestinationPort=443,
            TranslatedIp="10.1.0.4",
            TranslatedPort=8443,
        )

        flow = await only(logs, "firewall")

    assert (flow.source.address, flow.destination.address, flow.destination_port) == (
        "203.0.113.7",
        "10.1.0.4",
        8443,
    )
    assert flow.note == "through 20.1.2.3:443"


@pytest.mark.parametrize(
    ("sentence", "verdict", "port"),
    [
        (
            (
                "TCP request from 10.1.0.4:50000 to 203.0.113.7:443. Action: Deny. Policy: root. Rule Collection Group: ir-bot. "
                "Rule Collection: ir-deny-net. Rule: prod"
            ),
            Verdict.DENIED,
            443,
        ),
        (
            "HTTPS request from 10.1.0.4:50000 to evil.example:443. Action: Allow. Rule Collection: a. Rule: b",
            Verdict.ALLOWED,
            443,
        ),
        (
            "TCP request from 203.0.113.7:5123 to 20.1.2.3:443 was DNAT'ed to 10.1.0.4:8443",
            Verdict.ALLOWED,
            8443,
        ),
        ("ICMP Type=8 request from 10.1.0.4 to 203.0.113.7. Action: Allow. ", Verdict.ALLOWED, 0),
        (
            "HTTP request from 10.1.0.4:1 to evil.example:80. Action: Deny. No rule matched. Proceeding with default action",
            Verdict.DENIED,
            80,
        ),
    ],
)
async def test_the_old_form_is_read_where_the_new_tables_are_not(
    sentence: str, verdict: Verdict, port: int
) -> None:
    async with opened() as logs:
        logs.table("AzureDiagnostics").add(
            TimeGenerated=AGO, Category="AzureFirewallNetworkRule", msg_s=sentence, Resource="HUB"
        )

        flow = await only(logs, "firewall")

    assert (flow.verdict, flow.destination_port, flow.observer.node) == (verdict, port, "HUB")


async def test_the_old_form_is_left_alone_where_a_new_table_is() -> None:
    async with opened() as logs:
        logs.table("AZFWNetworkRule")
        logs.table("AzureDiagnostics")

        await logs.ask("firewall")

        assert logs.queries("AzureDiagnostics") == []


async def test_a_sentence_of_another_shape_is_counted_and_never_guessed_at() -> None:
    async with opened() as logs:
        logs.table("AzureDiagnostics").add(
            TimeGenerated=AGO,
            Category="AzureFirewallNetworkRule",
            msg_s="10.1.0.4 did something to 203.0.113.7",
        )

        taken = await logs.ask("firewall")

    assert taken.flows == ()
    assert Garbled(1) in taken.losses


async def test_a_vnet_row_stands_for_one_flow_with_each_public_address_that_it_lists() -> None:
    async with opened() as logs:
        logs.table("NTANetAnalytics").add(
            TimeGenerated=NOW,
            FlowStartTime=AGO,
            FlowEndTime=AGO + timedelta(minutes=3),
            SubType="FlowLog",
            FlowType="ExternalPublic",
            FlowStatus="Denied",
            FlowDirection="Outbound",
            SrcIp="10.1.0.4",
            DestPublicIps="203.0.113.7|2|1|10|20|1000|2000 203.0.113.77|1|1|1|1|1|1",
            DestIp="",
            DestPort=443,
            L4Protocol="TCP",
            AclGroup="/x/networkSecurityGroups/nsg-a",
            AclRule="deny-out",
        )

        taken = await logs.ask("vnet")
        flow = await only(logs, "vnet", peer=about(About.ADDRESS, "203.0.113.7"))

    assert [one.destination.address for one in taken.flows] == ["203.0.113.7", "203.0.113.77"]
    assert (flow.destination.being, flow.connections, flow.verdict) == (Being.WORLD, 2, Verdict.DENIED)
    assert flow.counts == Counts(10, 20, 1000, 2000)
    assert flow.direction is Direction.EGRESS
    assert flow.policies == (Policy("nsg-a/deny-out", kind="network rule"),)
    assert (flow.granularity.grain, flow.granularity.seconds) == (Grain.AGGREGATE, 180)


async def test_a_vnet_row_that_is_filed_late_is_found_by_its_own_time() -> None:
    async with opened() as logs:
        logs.table("NTANetAnalytics").add(
            TimeGenerated=NOW,
            FlowStartTime=AGO - timedelta(hours=1),
            FlowEndTime=AGO - timedelta(hours=1),
            SubType="FlowLog",
            FlowStatus="A",
            SrcIp="10.1.0.4",
            DestIp="10.2.0.4",
            L4Protocol="T",
        )
        since = NOW - timedelta(hours=2)

        early = await only(logs, "vnet", since=since, until=NOW - timedelta(minutes=30))
        recent = await logs.ask("vnet")

    assert all("FlowStartTime < datetime(" in query for query in logs.queries("top "))
    assert (early.verdict, early.protocol) == (Verdict.ALLOWED, "TCP")
    assert recent.flows == ()


SUM: dict[str, Any] = {
    "TimeGenerated": AGO,
    "Verdict": "DROPPED",
    "DropReason": "POLICY_DENY",
    "TrafficDirection": "EGRESS",
    "Reply": False,
    "SourceNamespace": "payments",
    "SourceWorkloads": [{"name": "api", "kind": "Deployment"}],
    "SourceIdentity": 4711,
    "DestinationNamespace": "",
    "DestinationIdentity": 2,
    "Layer4": {"TCP": {"source_port": 0, "destination_port": 443}},
    "EgressFlowCount": 12,
    "Policies": {
        "egress_denied_by": [{"name": "fb-7k3q", "namespace": "payments", "kind": "CiliumNetworkPolicy"}]
    },
    "NodeName": "node-1",
}


async def test_a_sum_without_pods_is_told_by_the_identity_of_the_pods_labels() -> None:
    async with opened() as logs:
        logs.table("ContainerNetworkLogs").add(**SUM)
        logs.table("ContainerNetworkLogs").add(**{**SUM, "SourceIdentity": 4712})

        flow = await only(logs, "container-logs")

    assert (flow.connections, flow.verdict, flow.reason) == (12, Verdict.DENIED, "POLICY_DENY")
    assert (flow.source.workload, flow.source.identity, flow.source.pod) == ("deployment/api", "4711", "")
    assert flow.destination.being is Being.WORLD
    assert (flow.protocol, flow.destination_port) == ("TCP", 443)
    assert flow.policies == (Policy("fb-7k3q", "payments", "CiliumNetworkPolicy"),)
    assert str(flow.granularity) == "sums over 30 s"


async def test_a_workload_is_found_in_sums_by_its_name_and_not_by_a_longer_one() -> None:
    async with opened() as logs:
        table = logs.table("ContainerNetworkLogs")
        table.add(**SUM)
        table.add(**{**SUM, "SourceWorkloads": [{"name": "api-2", "kind": "Deployment"}]})

        flow = await only(
            logs, "container-logs", subject=Subject(About.WORKLOAD, "deployment/api", "payments")
        )

    assert flow.source.workload == "deployment/api"


async def test_a_single_flow_tells_pods_and_addresses_and_a_twin_by_prefix_is_another_pod() -> None:
    single = {
        **SUM,
        "EgressFlowCount": 0,
        "IP": {"source": "10.1.0.4", "destination": "203.0.113.7"},
        "SourceIdentity": 1000,
    }
    single["Layer4"] = {"UDP": {"source_port": 5353, "destination_port": 53}}
    async with opened() as logs:
        table = logs.table("ContainerNetworkLogs")
        table.add(**{**single, "SourcePodName": "api-1"})
        table.add(**{**single, "SourcePodName": "api-10"})

        flow = await only(logs, "container-logs")

    assert (flow.source.pod, flow.source.namespace, flow.source.address) == ("api-1", "payments", "10.1.0.4")
    assert (flow.source_port, flow.connections, flow.granularity.grain) == (5353, None, Grain.CONNECTION)


async def test_the_web_firewall_tells_a_request_once_however_many_rules_spoke() -> None:
    asked = about(About.ADDRESS, "203.0.113.7")
    row = {
        "TimeGenerated": AGO,
        "ClientIp": "203.0.113.7",
        "Hostname": "shop.example",
        "TransactionId": "t-1",
    }
    async with opened() as logs:
        table = logs.table("AGWFirewallLogs")
        table.add(**row, Action="Matched", RuleId="942100")
        table.add(**row, Action="Blocked", RuleId="949110", Message="score 10", RequestUri="/?q=1' or 1=1")
        table.add(**row, Action="Blocked", RuleId="980130")

        flow = await only(logs, "waf", subject=asked)

    assert (flow.verdict, flow.destination.names) == (Verdict.DENIED, ("shop.example",))
    assert flow.note == "/?q=1' or 1=1"


def call(pod: str | None, address: str, account: str = "api", code: int = 200) -> dict[str, Any]:
    extra = {"authentication.kubernetes.io/pod-name": [pod]} if pod else {}
    return {
        "TimeGenerated": AGO,
        "Stage": "ResponseComplete",
        "Verb": "list",
        "RequestUri": "/api/v1/secrets",
        "User": {"username": f"system:serviceaccount:payments:{account}", "extra": extra},
        "SourceIps": [address],
        "ResponseStatus": {"code": code},
        "UserAgent": "curl/8",
    }


async def test_a_token_of_the_pod_is_told_from_wherever_it_is_used() -> None:
    async with opened() as logs:
        logs.table("AKSAudit").add(**call("api-1", "203.0.113.7", code=403))

        flow = await only(logs, "kube-audit")

    assert (flow.source.pod, flow.source.address) == ("api-1", "203.0.113.7")
    assert (flow.verdict, flow.reason) == (Verdict.DENIED, "HTTP 403")
    assert flow.note == "list /api/v1/secrets (curl/8)"
    assert (flow.destination.name, flow.destination.being) == ("kubernetes", Being.SERVICE)


async def test_a_token_of_another_pod_or_account_is_not_the_pods() -> None:
    async with opened() as logs:
        table = logs.table("AKSAudit")
        table.add(**call("api-2", "10.1.0.5"))
        table.add(**call(None, "10.1.0.5", account="api-admin"))
        table.add(**call(None, "10.1.0.6"))
        table.add(**{**call("api-1", "10.1.0.4"), "Stage": "RequestReceived"})

        flow = await only(logs, "kube-audit")

    assert flow.source.address == "10.1.0.6"  # of the account, and no pod is named


async def test_rows_of_another_cluster_in_the_same_workspace_are_left_out_where_it_is_known_which_is_which() -> (
    None
):
    mine, other = f"{HUB}-mine", f"{HUB}-other"
    async with opened(owners={"prod": mine.upper()}) as logs:
        table = logs.table("AKSAudit")
        table.add(**call("api-1", "10.1.0.4"), _ResourceId=mine)
        table.add(**call("api-1", "10.1.0.9"), _ResourceId=other)

        flow = await only(logs, "kube-audit")

    assert flow.source.address == "10.1.0.4"


HOSTILE = "<!channel> *a* \x1b[31m\u202e=cmd|' /C calc'!A0 " + "x" * 400


async def test_texts_that_were_written_to_do_harm_come_as_they_are_and_cut() -> None:
    async with opened() as logs:
        logs.table("AZFWApplicationRule").add(
            TimeGenerated=AGO,
            SourceIp="10.1.0.4",
            Fqdn=HOSTILE,
            TargetUrl=HOSTILE,
            Action="Deny",
            ActionReason=HOSTILE,
        )
        logs.table("AZFWNetworkRule")

        flow = await only(logs, "firewall")

    assert flow.reason == HOSTILE[:253]
    assert flow.note == HOSTILE[:253]


@pytest.mark.parametrize(
    "odd",
    [
        {"SourcePort": 99999},
        {"DestinationPort": -1},
        {"Rule": 7},
    ],
)
async def test_a_row_of_other_kinds_of_values_is_counted_and_left_out(odd: dict[str, Any]) -> None:
    async with opened() as logs:
        table = logs.table("AZFWNetworkRule")
        table.add(**DENIED)
        table.rows.append({**DENIED, "DestinationIp": "10.1.0.4", **odd})

        taken = await logs.ask("firewall")

    assert len(taken.flows) == 1
    assert Garbled(1) in taken.losses


@pytest.mark.parametrize(
    ("kind", "name", "found"),
    [
        (About.ADDRESS, "203.0.113.7", True),
        (About.ADDRESS, "203.0.113.70", False),
        (About.NETWORK, "203.0.113.0/24", True),
        (About.NETWORK, "203.0.112.0/24", False),
        (About.NETWORK, "0.0.0.0/0", True),
    ],
)
async def test_addresses_and_networks_are_found_in_every_form_that_a_table_has_them(
    kind: About, name: str, found: bool
) -> None:
    sentence = "TCP request from 10.1.0.4:50000 to 203.0.113.7:443. Action: Deny. Rule Collection: a. Rule: b"
    vnet = {
        "SubType": "FlowLog",
        "FlowStatus": "D",
        "SrcIp": "10.1.0.4",
        "DestIp": "",
        "FlowStartTime": AGO,
        "FlowEndTime": AGO,
    }
    async with opened() as logs:
        logs.table("AzureDiagnostics").add(
            TimeGenerated=AGO, Category="AzureFirewallNetworkRule", msg_s=sentence
        )
        logs.table("NTANetAnalytics").add(TimeGenerated=AGO, **vnet, DestPublicIps="203.0.113.7|1|1|1|1|1|1")

        of_the_pod = [await logs.ask(source, peer=about(kind, name)) for source in ("firewall", "vnet")]

    assert [len(taken.flows) for taken in of_the_pod] == [int(found)] * 2


async def test_port_and_verdict_narrow_what_is_asked_for_and_what_is_told() -> None:
    async with opened() as logs:
        table = logs.table("AZFWNetworkRule")
        table.add(**DENIED)
        table.add(**{**DENIED, "Action": "Allow"})
        table.add(**{**DENIED, "DestinationPort": 8443})

        flow = await only(logs, "firewall", port=443, verdict=Verdict.DENIED)
        (query,) = [one for one in logs.queries("AZFWNetworkRule") if "Action =~" in one]

    assert (flow.destination_port, flow.verdict) == (443, Verdict.DENIED)
    assert "DestinationPort == 443" in query


async def test_a_pod_that_a_firewall_sees_by_its_node_is_found_by_it_and_that_is_said() -> None:
    behind = Subject(About.POD, "api-1", "payments", pods=("api-1",), behind=("10.0.0.9",))
    async with opened() as logs:
        logs.table("AZFWNetworkRule").add(**{**DENIED, "SourceIp": "10.0.0.9"})

        taken = await logs.ask("firewall", subject=behind)

    assert len(taken.flows) == 1
    assert any("address of their node" in sentence for sentence in taken.blind)


async def test_a_pod_of_which_no_address_is_known_is_not_asked_for_and_nothing_is_claimed() -> None:
    async with opened() as logs:
        logs.table("AZFWNetworkRule")

        taken = await logs.ask("firewall", subject=Subject(About.POD, "api-1", "payments"))

    assert (taken.flows, taken.window) == ((), None)
    assert any("nothing is known of payments/api-1" in sentence for sentence in taken.blind)
    assert POD.name == "api-1"


async def test_sums_that_could_hide_the_pod_make_nothing_seen_no_answer() -> None:
    async with opened() as logs:
        logs.table("ContainerNetworkLogs")
        unknown = msgspec.structs.replace(POD, identities=())
        asked = question(subject=unknown)
        blind = await logs.ask("container-logs", subject=unknown)
        known = await logs.ask("container-logs")

    assert any("told by identity" in str(loss) for loss in blind.losses)
    assert not any("told by identity" in str(loss) for loss in known.losses)
    assert not absence(merge([blind]), asked).sure
