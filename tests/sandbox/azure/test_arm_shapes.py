"""The double's answers are the SDK's models: no property that the models lack, none missing that Azure always sends.

Model classes: azure-mgmt-network 33.1.0, api-version 2026-03-01.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.core.rest import HttpRequest
from azure.mgmt.network import models
from azure.mgmt.network.aio import NetworkManagementClient

from bot.sandbox.azure import RESOURCE_GROUP, ArmDouble, Behaviour
from tests.sandbox.azure.estate import Estate, client_for, put, put_rules, standing_denies

ALWAYS = {"id", "name", "type", "etag", "properties"}


def unknown_properties(model: Any, where: str = "") -> list[str]:
    """Every key in a deserialised answer that the SDK's model class does not know."""
    if isinstance(model, list):
        return [found for item in model for found in unknown_properties(item, where)]
    fields = getattr(model, "_attr_to_rest_field", None)
    if fields is None or not isinstance(model, Mapping):
        return []
    known = {field._rest_name: attribute for attribute, field in fields.items()}
    nested = [(key, getattr(model, known[key])) for key in model if key in known]
    strangers = [f"{where}/{key}" for key in model if key not in known]
    return strangers + [
        found for key, value in nested for found in unknown_properties(value, f"{where}/{key}")
    ]


def test_the_search_for_unknown_properties_finds_one_deep_inside() -> None:
    rule = {"ruleType": "NetworkRule", "name": "r", "adresses": []}
    collection = {"ruleCollectionType": "FirewallPolicyFilterRuleCollection", "name": "c", "rules": [rule]}
    group = models.FirewallPolicyRuleCollectionGroup({"properties": {"ruleCollections": [collection]}})

    assert unknown_properties(group) == ["/properties/ruleCollections/rules/adresses"]


async def test_an_ip_group_is_the_sdks_model(client: NetworkManagementClient, estate: Estate) -> None:
    group = await client.ip_groups.get(RESOURCE_GROUP, "block", expand="firewalls")

    assert isinstance(group, models.IpGroup)
    assert unknown_properties(group) == []
    assert set(group) >= ALWAYS | {"location"}
    assert group.properties is not None
    assert group.properties.ip_addresses == ["198.51.100.9"]
    assert [item.id for item in group.properties.firewalls or []] == [estate.firewall]
    assert [item.id for item in group.properties.firewall_policies or []] == [estate.root]
    assert group.properties.provisioning_state == "Succeeded"


async def test_a_policy_names_parent_children_firewalls_and_rule_groups(
    client: NetworkManagementClient, estate: Estate
) -> None:
    root = await client.firewall_policies.get(RESOURCE_GROUP, "root")
    child = await client.firewall_policies.get(RESOURCE_GROUP, "child")

    assert unknown_properties(root) == unknown_properties(child) == []
    assert set(root) >= ALWAYS | {"location"}
    assert root.properties is not None
    assert child.properties is not None
    assert root.properties.base_policy is None
    assert [item.id for item in root.properties.child_policies or []] == [estate.child]
    assert [item.id for item in root.properties.rule_collection_groups or []] == [estate.denies]
    assert child.properties.base_policy is not None
    assert child.properties.base_policy.id == estate.root
    assert [item.id for item in child.properties.firewalls or []] == [estate.firewall]


async def test_a_rule_group_is_the_sdks_model_down_to_its_rules(
    client: NetworkManagementClient, estate: Estate
) -> None:
    group = await client.firewall_policy_rule_collection_groups.get(RESOURCE_GROUP, "root", "ir-bot")

    assert unknown_properties(group) == []
    assert set(group) >= ALWAYS
    assert group.properties is not None
    (collection,) = group.properties.rule_collections or []
    assert isinstance(collection, models.FirewallPolicyFilterRuleCollection)
    rule = (collection.rules or [])[0]
    assert isinstance(rule, models.NetworkRule)
    assert rule.destination_ip_groups == [estate.block]
    assert collection.action is not None
    assert collection.action.type == "Deny"


async def test_a_firewall_names_its_policy_and_address(
    client: NetworkManagementClient, estate: Estate
) -> None:
    firewall = await client.azure_firewalls.get(RESOURCE_GROUP, "hub")

    assert unknown_properties(firewall) == []
    assert set(firewall) >= ALWAYS | {"location"}
    assert firewall.properties is not None
    assert firewall.properties.firewall_policy is not None
    assert firewall.properties.firewall_policy.id == estate.child
    (configuration,) = firewall.properties.ip_configurations or []
    assert configuration.properties is not None
    assert configuration.properties.private_ip_address == "10.0.0.4"
    assert {item.id for item in firewall.properties.ip_groups or []} == {estate.block, estate.other}


async def test_the_answers_to_writes_are_the_sdks_models_too(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    first = await put(client, estate.block, "203.0.113.7")
    second = await put_rules(client, estate.root, "ir-bot", standing_denies(estate.block, estate.other))
    double.advance(300)

    assert unknown_properties(await first.result()) == []
    assert unknown_properties(await second.result()) == []


async def test_ids_keep_their_case_and_are_found_in_any(
    client: NetworkManagementClient, estate: Estate
) -> None:
    group = await client.ip_groups.get(RESOURCE_GROUP.upper(), "BLOCK")

    assert group.id == estate.block


async def test_a_draft_is_absent_until_someone_opens_one(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    with pytest.raises(ResourceNotFoundError):
        await client.firewall_policy_drafts.get(RESOURCE_GROUP, "child")
    double.stage.stage_draft(estate.child)

    draft = await client.firewall_policy_drafts.get(RESOURCE_GROUP, "child")

    assert unknown_properties(draft) == []
    assert draft.properties is not None
    assert draft.properties.base_policy is not None
    assert draft.properties.base_policy.id == estate.root


async def test_a_policy_of_azure_firewall_controller_says_so(
    double: ArmDouble, client: NetworkManagementClient
) -> None:
    double.stage.add_policy("afc", afc_managed=True)

    policy = await client.firewall_policies.get(RESOURCE_GROUP, "afc")

    assert unknown_properties(policy) == []
    assert policy.properties is not None
    assert policy.properties.afc_managed is True


async def test_lists_are_paged_and_name_everything_once() -> None:
    async with ArmDouble(Behaviour(page_size=2)) as double, client_for(double) as client:
        ids = [double.stage.add_ip_group(f"group-{number}") for number in range(5)]
        double.stage_in(resource_group="elsewhere").add_ip_group("far")
        root = double.stage.add_policy("root")
        groups = [double.stage.add_rule_group(root, f"rcg-{n}", priority=100 + n) for n in range(3)]

        here = [group.id async for group in client.ip_groups.list_by_resource_group(RESOURCE_GROUP)]
        everywhere = [group.name async for group in client.ip_groups.list()]
        inside = [
            g.id async for g in client.firewall_policy_rule_collection_groups.list(RESOURCE_GROUP, "root")
        ]
        policies = [policy.id async for policy in client.firewall_policies.list_all()]

    assert here == ids
    assert everywhere[-1] == "far"
    assert inside == groups
    assert policies == [root]


async def test_the_etag_stands_in_body_and_header_and_ids_are_sent(
    client: NetworkManagementClient, estate: Estate
) -> None:
    response = await client.send_request(HttpRequest("GET", f"{estate.block}?api-version=2026-03-01"))
    body = response.json()

    assert response.headers["ETag"] == body["etag"]
    assert body["etag"].startswith('W/"')
    assert response.headers["x-ms-request-id"] != response.headers["x-ms-correlation-request-id"]


async def test_what_is_not_there_is_answered_in_arms_envelope(
    client: NetworkManagementClient, estate: Estate
) -> None:
    with pytest.raises(ResourceNotFoundError) as missing:
        await client.ip_groups.get(RESOURCE_GROUP, "nothing")
    with pytest.raises(ResourceNotFoundError) as orphan:
        await client.firewall_policy_rule_collection_groups.get(RESOURCE_GROUP, "nothing", "ir-bot")

    assert missing.value.error is not None
    assert missing.value.error.code == "ResourceNotFound"
    assert "Microsoft.Network/ipGroups/nothing" in str(missing.value.error.message)
    assert orphan.value.error is not None
    assert orphan.value.error.code == "ParentResourceNotFound"
