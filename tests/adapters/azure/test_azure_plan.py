"""A real plan of a block, made from what the double answers through the SDK."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from bot.actions.block_address import BlockAddress
from bot.adapters.azure.opening import Azure
from bot.domain.changes import Contribute
from bot.domain.findings import Refusal
from bot.domain.plans import Plan
from bot.domain.queries import Answer, Discover, Discovered, Query
from bot.engine.planning import plan
from bot.sandbox.azure import ArmDouble, Match, faults
from tests.adapters.azure.staged import NEW, THERE, Estate

Scope = Literal["cluster", "estate"]


class WithCluster:
    """Azure, and a cluster that says who it is."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    async def answer(self, query: Query) -> Answer:
        if isinstance(query, Discover):
            facts = self._azure.world.firewall_facts(query.cluster)
            return Discovered(query.cluster, "uid-of-kube-system", firewall=facts)
        return await self._azure.world.answer(query)


async def made(azure: Azure, address: str = NEW, scope: Scope = "cluster") -> Plan | Refusal:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    return await plan(
        BlockAddress("prod", (address,), scope), WithCluster(azure), now, "FB-7K3Q", timedelta(seconds=10)
    )


@pytest.mark.parametrize("scope", ["cluster", "estate"])
async def test_a_block_is_planned_into_the_group_of_its_scope(
    azure: Azure, estate: Estate, scope: Scope
) -> None:
    plan = await made(azure, scope=scope)

    assert isinstance(plan, Plan)
    group = estate.estate if scope == "estate" else estate.block
    assert plan.parts[0].changes == (Contribute(group, NEW),)
    assert (plan.warnings, plan.unseen) == ((), ())


async def test_an_entry_that_stands_there_already_is_said(azure: Azure) -> None:
    plan = await made(azure, THERE)

    assert isinstance(plan, Plan)
    assert any(name == "already there" for name, _ in plan.parts[0].target.details)


@pytest.mark.parametrize("address", ["20.1.2.3", "10.0.0.4", "169.254.169.254"])
async def test_what_would_cut_ourselves_off_is_refused(azure: Azure, address: str) -> None:
    refusal = await made(azure, address)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "self-harm"


async def test_a_lock_refuses_the_plan_before_anybody_is_asked(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.stage.add_lock(estate.block.id)

    refusal = await made(azure)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "write-denied"


async def test_locks_that_may_not_be_read_leave_the_plan_saying_so(double: ArmDouble, azure: Azure) -> None:
    double.fail_next(faults.denied(), Match("GET", "/locks"), times=3)

    plan = await made(azure)

    assert isinstance(plan, Plan)
    assert [unseen.question for unseen in plan.unseen] == ["access ipGroups/block"]


async def test_a_policy_under_a_parent_refuses_the_plan(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.stage.reparent(estate.root.id, double.stage.add_policy("corporate"))

    refusal = await made(azure)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "not-the-root-policy"


async def test_a_policy_that_cannot_be_read_refuses_the_plan(double: ArmDouble, azure: Azure) -> None:
    double.fail_next(faults.denied(), Match("GET", "/firewallPolicies/root"), times=2)

    refusal = await made(azure)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "firewall-unavailable"
