"""What an answer says of itself: what it covers, what it lost, and that a table which is silent proves nothing."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.errors import DeniedError, OutsideError, ThrottledError, UnknownOutcomeError
from bot.domain.flows.asked import About, Subject
from bot.domain.flows.taken import Late, Missing, Partial, Taken, Truncated, Unanswered, Window
from bot.sandbox.loganalytics import Broken, Held, Lost, Part, denied, gave_up, throttled
from tests.adapters.flows.analytics import AGO, NOW, Logs, about, opened, question

ROW: dict[str, Any] = {
    "TimeGenerated": AGO,
    "SourceIp": "10.1.0.4",
    "SourcePort": 1,
    "DestinationIp": "203.0.113.7",
    "DestinationPort": 443,
    "Protocol": "TCP",
    "Action": "Allow",
}
FIREWALL = ("AZFWNetworkRule", "AZFWApplicationRule", "AZFWNatRule")


def whole(logs: Logs) -> None:
    for name in FIREWALL:
        logs.table(name)
    logs.workspace.table("AZFWNetworkRule").add(**ROW)


def lost(taken: Taken, kind: type) -> list[str]:
    return [str(loss) for loss in taken.losses if isinstance(loss, kind)]


async def test_a_whole_answer_covers_what_was_asked_as_far_as_rows_have_come_and_says_what_may_still_come() -> (
    None
):
    async with opened() as logs:
        whole(logs)

        taken = await logs.ask("firewall")

    assert taken.window == Window(NOW - timedelta(minutes=15), NOW - timedelta(minutes=2))
    assert taken.newest == NOW - timedelta(minutes=2)
    assert taken.losses == (Late(600),)


async def test_what_lies_far_enough_back_is_covered_whole_and_nothing_of_it_is_late() -> None:
    async with opened() as logs:
        whole(logs)

        taken = await logs.ask("firewall", since=NOW - timedelta(hours=2), until=NOW - timedelta(hours=1))

    assert taken.window == Window(NOW - timedelta(hours=2), NOW - timedelta(hours=1))
    assert taken.losses == ()


async def test_a_table_that_stopped_being_written_covers_nothing_and_is_named() -> None:
    async with opened() as logs:
        for name in FIREWALL:
            table = logs.table(name)
            table.rows[:] = [row for row in table.rows if row["TimeGenerated"] < NOW - timedelta(hours=1)]

        taken = await logs.ask("firewall")

    assert (taken.flows, taken.window) == ((), None)
    assert any(
        "the newest row of AZFWNetworkRule, of whomever, is of 2026-11-21 10:58" in said
        for said in taken.blind
    )


async def test_a_table_that_began_in_between_covers_no_more_than_it_can() -> None:
    async with opened() as logs:
        table = logs.table("NTANetAnalytics")
        table.rows[:] = [row for row in table.rows if row["TimeGenerated"] > NOW - timedelta(minutes=9)]

        taken = await logs.ask("vnet")

    assert taken.window == Window(NOW - timedelta(minutes=8), NOW - timedelta(minutes=2))


async def test_a_workspace_without_the_table_is_a_loss_with_its_remedy_and_never_no_flows() -> None:
    async with opened() as logs:
        logs.table("AKSAudit")

        firewall = await logs.ask("firewall")
        unwell = await logs.sources["firewall"].health()

    assert (firewall.flows, firewall.window) == ((), None)
    assert [loss.table for loss in firewall.losses if isinstance(loss, Missing)] == list(FIREWALL)
    assert "switch on the firewall's resource-specific logs" in str(firewall.losses[0])
    assert unwell.startswith("the workspace has no AZFWNetworkRule, ")


async def test_a_workspace_that_never_held_a_row_is_told_like_one_without_the_table() -> None:
    async with opened() as logs:
        taken = await logs.ask("vnet")

    assert lost(taken, Missing) == [
        "there is no NTANetAnalytics: switch on VNet flow logs with Traffic Analytics"
    ]


async def test_a_table_that_comes_with_its_first_row_is_looked_for_again() -> None:
    async with opened() as logs:
        whole(logs)
        logs.workspace.tables.pop("AZFWApplicationRule")
        first = await logs.ask("firewall")

    assert lost(first, Missing) == [
        "there is no AZFWApplicationRule: switch on the firewall's resource-specific logs"
    ]


async def test_a_column_that_is_not_there_is_named_and_the_rest_is_told() -> None:
    async with opened() as logs:
        table = logs.table("AZFWNetworkRule", without=("Rule", "SourcePort"))
        table.add(**{key: value for key, value in ROW.items() if key != "SourcePort"})

        taken = await logs.ask("firewall")

    assert len(taken.flows) == 1
    assert Missing("AZFWNetworkRule", ("SourcePort", "Rule")) in taken.losses


async def test_a_table_without_a_column_that_it_cannot_be_read_by_is_not_read() -> None:
    async with opened() as logs:
        logs.table("NTANetAnalytics", without=("FlowStatus",))

        taken = await logs.ask("vnet")

    assert taken.window is None
    assert lost(taken, Missing) == ["NTANetAnalytics has no FlowStatus: it can't be read"]


async def test_a_column_that_went_away_since_is_noticed_by_its_refusal() -> None:
    async with opened() as logs:
        whole(logs)
        await logs.ask("firewall")
        del logs.workspace.tables["AZFWNetworkRule"].columns["Rule"]

        taken = await logs.ask("firewall")

    assert len(taken.flows) == 1
    assert Missing("AZFWNetworkRule", ("Rule",)) in taken.losses


async def test_a_column_of_another_type_than_documented_is_asked_by_its_own() -> None:
    async with opened() as logs:
        table = logs.table("AZFWNetworkRule", retyped={"DestinationPort": "string"})
        table.add(**{**ROW, "DestinationPort": "443"})

        taken = await logs.ask("firewall", port=443)

    assert [flow.destination_port for flow in taken.flows] == [443]


async def test_a_partial_answer_keeps_what_came_and_says_why_not_all() -> None:
    async with opened() as logs:
        whole(logs)
        logs.workspace.tables["AZFWNetworkRule"].add(**{**ROW, "SourcePort": 2})
        logs.double.fail_next(Part(), containing="AZFWNetworkRule\n| where")

        taken = await logs.ask("firewall")

    assert len(taken.flows) == 1
    assert lost(taken, Partial) == [
        "a part of the answer only: AZFWNetworkRule: The query was stopped: it consumed too much memory."
    ]


async def test_a_table_of_the_basic_plan_is_asked_its_own_way_with_the_time_beside_the_query() -> None:
    async with opened(owners={"prod": "/x/prod"}) as logs:
        table = logs.table("AKSAudit", plan="Basic")
        user = {"username": "system:serviceaccount:payments:api"}
        row = {"Stage": "ResponseComplete", "User": user, "ResponseStatus": {"code": 200}}
        table.add(TimeGenerated=AGO, _ResourceId="/x/prod", **row)

        taken = await logs.ask("kube-audit")
        ways = [(one.way, one.timespan is not None) for one in logs.double.asked]

    assert len(taken.flows) == 1
    assert taken.window is not None
    assert ways == [("query", True), ("search", True), ("search", True), ("search", True)]


async def test_a_service_that_says_when_to_come_back_is_asked_again_then() -> None:
    async with opened() as logs:
        whole(logs)
        logs.double.fail_next(throttled(0), times=2)

        taken = await logs.ask("firewall")

    assert len(taken.flows) == 1
    assert logs.double.faults_waiting == 0


async def test_a_service_that_is_busy_for_longer_than_there_is_time_is_not_waited_for() -> None:
    async with opened(sources=("vnet",)) as logs:
        logs.table("NTANetAnalytics")
        logs.double.fail_next(throttled(3600))

        with pytest.raises(ThrottledError) as raised:
            await logs.ask("vnet")

    assert raised.value.retry_after == 3600


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (denied(), DeniedError, "Log Analytics Reader"),
        (gave_up(), UnknownOutcomeError, "HTTP 504"),
        (Lost(), UnknownOutcomeError, "connection to Log Analytics was lost"),
        (Broken(), UnknownOutcomeError, "not understood"),
        (Broken(b'{"tables":[{"rows":[['), UnknownOutcomeError, "not understood"),
        (Broken(b'{"tables":{}}'), UnknownOutcomeError, "not understood"),
        (Broken(b'["x"]'), UnknownOutcomeError, "not understood"),
        (throttled(), ThrottledError, "too many questions"),
    ],
)
async def test_every_refusal_is_one_of_ours_and_says_what_to_do(
    fault: Any, kind: type[OutsideError], said: str
) -> None:
    async with opened() as logs:
        logs.table("NTANetAnalytics")
        logs.double.fail_next(fault)

        with pytest.raises(kind, match=said):
            await logs.ask("vnet")
        logs.double.fail_next(fault)
        unwell = await logs.sources["vnet"].health()

    assert said in unwell


async def test_a_workspace_that_is_none_is_told_to_be_corrected() -> None:
    async with opened(workspace_id="00000000-0000-4000-8000-0000000000ff") as logs:
        with pytest.raises(DeniedError, match=r"azure\.log_analytics"):
            await logs.ask("vnet")


async def test_one_table_that_fails_does_not_take_the_others_with_it() -> None:
    async with opened() as logs:
        whole(logs)
        logs.double.fail_next(gave_up(), containing="AZFWApplicationRule")

        taken = await logs.ask("firewall")

    assert len(taken.flows) == 1
    assert [loss.nodes for loss in taken.losses if isinstance(loss, Unanswered)] == [("AZFWApplicationRule",)]


async def test_how_far_a_table_reaches_that_could_not_be_asked_leaves_nothing_covered() -> None:
    async with opened(sources=("vnet",)) as logs:
        logs.table("NTANetAnalytics")
        logs.double.fail_next(gave_up(), containing="summarize")

        taken = await logs.ask("vnet")

    assert taken.window is None
    assert any("how far it reaches could not be asked" in said for said in lost(taken, Partial))


async def test_a_service_that_never_answers_is_left_after_the_time_that_was_given() -> None:
    held = Held(silent=True)
    async with opened() as logs:
        logs.table("NTANetAnalytics")
        logs.double.fail_next(held, containing="take 1")

        with pytest.raises(UnknownOutcomeError, match="did not answer within"):
            await logs.ask("vnet", within=0.2)
        held.go.set()


async def test_an_answer_that_stops_in_the_middle_keeps_what_came() -> None:
    held = Held()
    async with opened(sources=("vnet",)) as logs:
        table = logs.table("NTANetAnalytics")
        for _ in range(4):
            row = {"SubType": "FlowLog", "FlowStatus": "A", "SrcIp": "10.1.0.4", "DestIp": "10.2.0.4"}
            table.add(TimeGenerated=AGO, FlowStartTime=AGO, FlowEndTime=AGO, **row)
        await logs.ask("vnet")  # its columns are known
        logs.double.fail_next(held, containing="top ")

        taken = await logs.ask("vnet", within=1.0)
        held.go.set()

    assert len(taken.flows) == 2
    assert any("still coming after" in said for said in lost(taken, Partial))


async def test_whoever_stops_asking_leaves_no_question_behind() -> None:
    held = Held(silent=True)
    async with opened() as logs:
        whole(logs)
        logs.double.fail_next(held, containing="top ")
        asking = asyncio.create_task(logs.ask("firewall"))
        await held.begun.wait()
        before = len(asyncio.all_tasks())

        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        held.go.set()

        assert len(asyncio.all_tasks()) < before
        assert len((await logs.ask("firewall")).flows) == 1


async def test_no_more_questions_are_under_way_at_once_than_the_service_allows() -> None:
    async with opened() as logs:
        whole(logs)
        for name in ("NTANetAnalytics", "ContainerNetworkLogs", "AGWFirewallLogs", "AKSAudit"):
            logs.table(name)

        await asyncio.gather(*(source.ask(question(), 20.0) for source in logs.sources.values()))

    assert logs.double.most_at_once <= 4


@pytest.mark.parametrize("kind", [About.ADDRESS, About.NETWORK])
async def test_a_question_that_makes_no_sense_is_refused_as_any_other(kind: About) -> None:
    async with opened() as logs:
        whole(logs)

        with pytest.raises(DeniedError, match="does not appear to be"):
            await logs.ask("firewall", subject=about(kind, "no address"))


async def test_a_cluster_without_a_workspace_is_not_served() -> None:
    there = "00000000-0000-4000-8000-0000000000a1"
    async with opened(workspace_id="", clusters={"prod": there}) as logs:
        whole(logs)
        source = logs.sources["firewall"]

        assert (source.serves("prod"), source.serves("staging")) == (True, False)
        assert len((await logs.ask("firewall")).flows) == 1
        with pytest.raises(UnknownOutcomeError, match="no workspace"):
            await logs.ask("firewall", cluster="staging")


async def test_more_addresses_than_one_question_takes_are_said() -> None:
    many = tuple(f"10.{n // 250}.{n % 250}.1" for n in range(300))
    async with opened() as logs:
        whole(logs)

        taken = await logs.ask("firewall", subject=Subject(About.NAMESPACE, "", "payments", addresses=many))

    assert "a part of the answer only: 200 of 300 addresses were asked for" in lost(taken, Partial)


async def test_rows_beyond_the_bound_are_counted_instead_of_told() -> None:
    async with opened(rows=100) as logs:
        whole(logs)
        table = logs.workspace.tables["AZFWNetworkRule"]
        for port in range(250):
            table.add(**{**ROW, "SourcePort": port + 2, "TimeGenerated": AGO + timedelta(milliseconds=port)})

        taken = await logs.ask("firewall")

    (flow,) = taken.flows
    assert (flow.connections, flow.source_port) == (251, 0)
    assert (flow.start, flow.end) == (AGO, AGO + timedelta(milliseconds=249))
    assert lost(taken, Truncated) == []
    assert "AZFWNetworkRule had more than 100 rows: they are counted, not told one by one" in taken.blind


async def test_kinds_beyond_the_bound_are_cut_and_that_is_said() -> None:
    async with opened(rows=100) as logs:
        whole(logs)
        for port in range(250):
            logs.workspace.tables["AZFWNetworkRule"].add(**{**ROW, "DestinationPort": 1000 + port})

        taken = await logs.ask("firewall")

    assert len(taken.flows) == 100
    assert Truncated(100) in taken.losses


async def test_a_table_that_cannot_be_counted_covers_the_newest_rows_only() -> None:
    row = {"SubType": "FlowLog", "FlowStatus": "A", "SrcIp": "10.1.0.4", "DestIp": "10.2.0.4"}
    async with opened(rows=100) as logs:
        table = logs.table("NTANetAnalytics")
        for second in range(300):
            at = NOW - timedelta(minutes=12) + timedelta(seconds=second)
            table.add(TimeGenerated=at, FlowStartTime=at, FlowEndTime=at, **row)

        taken = await logs.ask("vnet")

    assert len(taken.flows) == 100
    assert Truncated(100) in taken.losses
    assert taken.window is not None
    assert taken.window.since == NOW - timedelta(minutes=12) + timedelta(seconds=200)
