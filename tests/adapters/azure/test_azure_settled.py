"""The read-back: an entry counts only when group, rules, policies and every firewall agree."""

import pytest

from bot.adapters.azure.opening import Azure
from bot.domain.errors import DeniedError, UnknownOutcomeError
from bot.sandbox.azure import ArmDouble, Match, faults, rules
from bot.sandbox.azure.errors import Refusal
from tests.adapters.azure.staged import NEW, THERE, Estate, begin, connected, settings_of


async def test_at_peace_all_is_ready_and_nothing_is_named(azure: Azure, estate: Estate) -> None:
    for group, entries in ((estate.block, (THERE,)), (estate.estate, ())):
        sight = await azure.shared.settled(group)

        assert (sight.entries, sight.ready, sight.failed) == (entries, True, ())


async def test_while_anything_below_is_updating_it_is_not_ready(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    await begin(azure, estate.block, THERE, NEW)
    during = await azure.shared.settled(estate.block)
    double.advance(300)
    after = await azure.shared.settled(estate.block)
    double.stage.set_state(estate.spoke.id, "Updating")
    beside = await azure.shared.settled(estate.block)

    assert (during.ready, after.ready, beside.ready) == (False, True, False)


async def test_a_firewall_that_failed_is_named_while_the_group_succeeded(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.fail_next(faults.firewall_fails())
    await begin(azure, estate.block, THERE, NEW)
    double.advance(300)

    sight = await azure.shared.settled(estate.block)

    assert double.state(estate.block.id) == "Succeeded"
    assert sight.ready
    assert set(sight.failed) == {"azureFirewalls/hub", "azureFirewalls/spoke"}


async def test_a_group_that_failed_is_named_while_the_firewall_succeeded(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.fail_next(faults.ip_group_fails())
    await begin(azure, estate.block, THERE, NEW)
    double.advance(300)

    sight = await azure.shared.settled(estate.block)

    assert double.state(estate.hub.id) == "Succeeded"
    assert (sight.ready, sight.failed) == (True, ("ipGroups/block",))
    assert (await azure.shared.read(estate.block)).failed == ("ipGroups/block",)


async def test_a_failed_group_may_be_written_again_because_that_is_the_cure(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.stage.set_state(estate.block.id, "Failed")

    sight = await azure.shared.read(estate.block)
    await begin(azure, estate.block, THERE, NEW)
    double.advance(300)

    assert sight.ready
    assert (await azure.shared.settled(estate.block)).failed == ()


async def test_a_group_emptied_by_hand_reads_as_empty(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.stage.edit_ip_group(estate.block.id, ())

    assert (await azure.shared.settled(estate.block)).entries == ()


async def test_a_group_that_was_deleted_is_empty_and_named(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.stage.remove(estate.block.id)

    sight = await azure.shared.settled(estate.block)

    assert (sight.entries, sight.version) == ((), "")
    assert "ipGroups/block (it is gone)" in sight.failed


@pytest.mark.parametrize("side", ["sourceIpGroups", "destinationIpGroups"])
async def test_standing_denies_that_lost_a_direction_are_named(
    double: ArmDouble, azure: Azure, estate: Estate, side: str
) -> None:
    (collection,) = double.document(estate.denies.id)["properties"]["ruleCollections"]
    kept = [rule for rule in collection["rules"] if estate.block.id not in rule[side]]
    double.stage.edit_rule_group(estate.denies.id, [{**collection, "rules": kept}])

    sight = await azure.shared.settled(estate.block)

    (named,) = sight.failed
    assert named.startswith("ruleCollectionGroups/ir-bot (it no longer denies ipGroups/block")
    assert (await azure.shared.settled(estate.estate)).failed == ()


async def test_standing_denies_that_became_an_allow_are_named(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    (collection,) = double.document(estate.denies.id)["properties"]["ruleCollections"]
    allow = rules.filter_collection("ir-deny-net", 100, "Allow", collection["rules"])
    double.stage.edit_rule_group(estate.denies.id, [allow])

    assert "no longer denies" in (await azure.shared.settled(estate.block)).failed[0]


async def test_a_deployed_draft_that_lost_the_rule_group_is_named(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    group = double.document(estate.denies.id)["properties"]
    double.stage.remove(estate.denies.id)
    double.stage.stage_draft(estate.root.id)
    double.stage.add_rule_group(estate.root.id, "ir-bot", priority=100, collections=group["ruleCollections"])
    before = await azure.shared.settled(estate.block)
    double.stage.deploy_draft(estate.root.id)

    after = await azure.shared.settled(estate.block)

    assert before.failed == ()
    assert after.failed == ("ruleCollectionGroups/ir-bot (it is gone, and with it the standing denies)",)


async def test_a_policy_under_a_new_parent_is_named(double: ArmDouble, azure: Azure, estate: Estate) -> None:
    double.stage.reparent(estate.root.id, double.stage.add_policy("corporate"))

    (named,) = (await azure.shared.settled(estate.block)).failed

    assert named.startswith("firewallPolicies/root (")
    assert "corporate" in named


async def test_a_firewall_of_the_settings_that_is_gone_hides_nothing(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.stage.remove(estate.hub.id)

    assert (await azure.shared.settled(estate.block)).failed == ()


async def test_a_firewall_that_we_may_not_read_is_named_not_passed_over(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.fail_next(faults.denied(), Match("GET", "/azureFirewalls/spoke"))

    sight = await azure.shared.settled(estate.block)

    assert sight.failed == ("azureFirewalls/spoke (not readable: AuthorizationFailed)",)


async def test_a_group_that_we_may_not_read_is_an_error_never_empty(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.fail_next(faults.denied(), Match("GET", "/ipGroups/block"))

    with pytest.raises(DeniedError):
        await azure.shared.settled(estate.block)


async def test_a_firewall_that_does_not_answer_now_is_an_error_to_wait_for(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.fail_next(Refusal(500, "InternalServerError", "?"), Match("GET", "/azureFirewalls/hub"), times=2)

    with pytest.raises(UnknownOutcomeError):
        await azure.shared.settled(estate.block)


async def test_a_firewall_named_twice_in_another_case_is_read_once(double: ArmDouble, estate: Estate) -> None:
    hub = estate.hub.id.replace("/hub", "/HUB")
    async with connected(double, settings_of(estate, firewalls=(hub,))) as azure:
        sight = await azure.shared.settled(estate.block)

    assert (sight.ready, sight.failed) == (True, ())
    assert len(double.asked("GET", "/azureFirewalls/hub")) == 1
