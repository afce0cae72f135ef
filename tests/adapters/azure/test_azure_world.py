"""Questions about Azure: one resource as it stands, locks, the settings' facts. What is wrong is Unavailable."""

import asyncio

import pytest
from azure.mgmt.network.aio import NetworkManagementClient

from bot.adapters.azure.arm import NETWORK_VERSION
from bot.adapters.azure.opening import Azure
from bot.domain.arm import FirewallPolicy, IpGroup, RuleGroup
from bot.domain.queries import (
    Absent,
    Access,
    Discover,
    Found,
    Get,
    Resolve,
    Unavailable,
    Unwelcome,
    Welcome,
)
from bot.domain.reading import read
from bot.domain.refs import POD, ArmRef, KubeRef
from bot.sandbox.azure import RESOURCE_GROUP, SUBSCRIPTION, ArmDouble, LostAnswer, Match, faults
from bot.sandbox.azure.errors import Refusal
from tests.adapters.azure.staged import THERE, Estate, connected, settings_of
from tests.sandbox.azure.estate import client_for

LOCKS = Match("GET", "/locks")


async def test_a_resource_is_found_as_the_raw_document_with_its_version(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    answer = await azure.world.answer(Get(estate.block))

    assert isinstance(answer, Found)
    assert answer.body.value == double.document(estate.block.id)
    assert answer.version == answer.body.at("etag")


async def test_what_plans_read_is_understood(azure: Azure, estate: Estate) -> None:
    group = read(await azure.world.answer(Get(estate.block)), IpGroup)
    policy = read(await azure.world.answer(Get(estate.root)), FirewallPolicy)
    rules = read(await azure.world.answer(Get(estate.denies)), RuleGroup)

    assert isinstance(group, IpGroup)
    assert isinstance(policy, FirewallPolicy)
    assert isinstance(rules, RuleGroup)
    assert group.entries == (THERE,)
    assert policy.attached == 2
    assert len(rules.denying) == 4


async def test_what_azure_says_is_not_there_is_absent(azure: Azure, estate: Estate) -> None:
    gone = ArmRef(f"{estate.block.id}-gone")
    orphan = ArmRef(estate.denies.id.replace("Policies/root/", "Policies/nobody/"))

    assert await azure.world.answer(Get(gone)) == Absent(gone)
    assert await azure.world.answer(Get(orphan)) == Absent(orphan)


@pytest.mark.parametrize(
    "fault",
    [
        Refusal(404, "SomethingBetween", "a proxy's own page"),
        Refusal(404, "SubscriptionNotFound", "?"),
        Refusal(401, "InvalidAuthenticationToken", "?"),
        faults.denied(),
        faults.throttled(60),
        Refusal(500, "InternalServerError", "?"),
        LostAnswer(),
    ],
)
async def test_everything_else_is_unavailable_never_absent(
    double: ArmDouble, azure: Azure, estate: Estate, fault: faults.Fault
) -> None:
    double.fail_next(fault, Match("GET", "/ipGroups/block"), times=4)

    assert isinstance(await azure.world.answer(Get(estate.block)), Unavailable)


@pytest.mark.parametrize(
    "query",
    [
        Get(KubeRef("prod", POD, "payments", "api")),
        Discover("prod"),
        Resolve("example.com"),
        Get(ArmRef("")),
        Get(ArmRef("/subscriptions/x/resourceGroups/y/providers/Microsoft.KeyVault/vaults/v")),
        Get(ArmRef("/subscriptions/x/resourceGroups/../providers/Microsoft.Network/ipGroups/v")),
        Get(ArmRef("/subscriptions/x/resourceGroups/y/providers/Microsoft.Network/ipGroups/v?a=b")),
        Get(ArmRef("/subscriptions/x/resourceGroups/y/providers/Microsoft.Network/ipGroups/{endpoint}")),
        Get(ArmRef("@stranger.invalid/providers/Microsoft.Network/ipGroups/v")),
        Access("delete", ArmRef("/subscriptions/x/resourceGroups/y/providers/Microsoft.Network/ipGroups/v")),
        Access("write", ArmRef("/subscriptions/x")),
    ],
)
async def test_what_is_not_a_question_for_azure_is_not_sent(
    double: ArmDouble, azure: Azure, query: Get | Discover | Resolve | Access
) -> None:
    assert isinstance(await azure.world.answer(query), Unavailable)
    assert double.requests == ()


async def test_questions_are_answered_side_by_side(azure: Azure, estate: Estate) -> None:
    refs = (estate.root, estate.denies, estate.block, estate.hub) * 5

    answers = await asyncio.gather(*(azure.world.answer(Get(ref)) for ref in refs))

    assert [a.ref for a in answers if isinstance(a, Found)] == list(refs)


async def test_without_locks_a_group_may_be_written(azure: Azure, estate: Estate) -> None:
    assert await azure.world.answer(Access("write", estate.block)) == Welcome()


async def test_a_read_only_lock_at_any_height_is_unwelcome_and_named(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    for scope in (f"/subscriptions/{SUBSCRIPTION}", double.stage.scope, estate.block.id):
        double.stage.add_lock(scope, "ReadOnly", "freeze", "until the audit is over")
        answer = await azure.world.answer(Access("write", estate.block))
        double.stage.remove_locks(scope)

        assert isinstance(answer, Unwelcome)
        assert answer.code == "ScopeLocked"
        assert answer.why == f"lock freeze (ReadOnly) stands at {scope}: until the audit is over"


async def test_locks_against_deleting_and_locks_of_neighbours_do_not_count(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.stage.add_lock(double.stage.scope, "CanNotDelete")
    double.stage.add_lock(estate.estate.id, "ReadOnly")
    double.stage.add_lock(f"{estate.block.id}-2", "ReadOnly")

    assert await azure.world.answer(Access("write", estate.block)) == Welcome()


async def test_locks_that_may_not_be_read_are_unavailable_not_welcome(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.fail_next(faults.denied(), LOCKS, times=3)

    answer = await azure.world.answer(Access("write", estate.block))

    assert isinstance(answer, Unavailable)
    assert "AuthorizationFailed" in answer.why


async def test_a_lock_that_was_seen_counts_though_another_scope_is_unreadable(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.stage.add_lock(estate.block.id)
    double.fail_next(faults.denied(), Match("GET", f"/subscriptions/{SUBSCRIPTION}/providers"))

    assert isinstance(await azure.world.answer(Access("write", estate.block)), Unwelcome)
    assert double.faults_waiting == ()


async def test_the_facts_of_a_cluster_come_from_the_settings(azure: Azure, estate: Estate) -> None:
    facts = azure.world.firewall_facts("prod")

    assert facts is not None
    assert (facts.root_policy, facts.rule_group) == (estate.root, estate.denies)
    assert (facts.cluster_group, facts.estate_group) == (estate.block, estate.estate)
    assert facts.firewalls == (estate.hub,)
    assert facts.guarded == (("20.1.0.0/16", "the API server"),)


async def test_a_cluster_that_nobody_configured_has_no_firewall(azure: Azure) -> None:
    assert azure.world.firewall_facts("prdo") is None


async def test_a_known_cluster_without_a_group_may_still_block_for_the_estate(
    double: ArmDouble, estate: Estate
) -> None:
    settings = settings_of(estate)
    async with connected(double, settings, clusters=("other",)) as azure:
        facts = azure.world.firewall_facts("other")

    assert facts is not None
    assert (facts.cluster_group, facts.estate_group) == (None, estate.estate)


async def test_our_api_version_is_the_one_of_the_pinned_sdk(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    client: NetworkManagementClient = client_for(double)
    async with client:
        await client.ip_groups.get(RESOURCE_GROUP, "block")
    await azure.world.answer(Get(estate.block))

    assert [request.query["api-version"] for request in double.requests] == [NETWORK_VERSION] * 2
