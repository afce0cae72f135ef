"""Colleagues, locks, the journal and the front door.

Followed: "Lock your resources" and "Management Locks - List By Scope" (locks), "Draft and deploy changes" (drafts),
"IP Groups in Azure Firewall" (groups in parent and child), azure-core (no bearer token without TLS).
"""

import ssl
import stat
from pathlib import Path

import pytest
from aiohttp import ClientConnectorCertificateError, ClientConnectorError, ClientSession
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.core.rest import HttpRequest
from azure.mgmt.network.aio import NetworkManagementClient

from bot.sandbox.azure import RESOURCE_GROUP, SUBSCRIPTION, ArmDouble
from bot.sandbox.azure.routes import route
from bot.sandbox.tls import mint
from tests.sandbox.azure.estate import Estate, client_for, put, put_rules, standing_denies

VERSION = "api-version=2026-03-01"
LOCKS = "providers/Microsoft.Authorization/locks?api-version=2020-05-01"


async def locks_at(client: NetworkManagementClient, scope: str, query: str = "") -> list[str]:
    response = await client.send_request(HttpRequest("GET", f"{scope}/{LOCKS}{query}"))
    response.raise_for_status()
    return [lock["name"] for lock in response.json()["value"]]


async def test_locks_are_listed_at_above_and_below_a_scope(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.stage.add_lock(f"/subscriptions/{SUBSCRIPTION}", "CanNotDelete", "sub")
    double.stage.add_lock(double.stage.scope, "CanNotDelete", "group")
    double.stage.add_lock(estate.block, "ReadOnly", "own")
    double.stage.add_lock(estate.other, "ReadOnly", "others")

    assert await locks_at(client, estate.block) == ["sub", "group", "own"]
    assert await locks_at(client, double.stage.scope) == ["sub", "group", "own", "others"]
    assert await locks_at(client, double.stage.scope, "&$filter=atScope()") == ["sub", "group"]


async def test_a_lock_of_a_group_with_a_longer_name_is_not_ours(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.stage.add_lock(f"{estate.block}-2", "ReadOnly", "neighbour")

    assert await locks_at(client, estate.block) == []


@pytest.mark.parametrize("level", ["ReadOnly", "CanNotDelete"])
async def test_only_a_read_only_lock_stops_a_write_and_it_is_inherited(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate, level: str
) -> None:
    double.stage.add_lock(double.stage.scope, level)
    if level == "CanNotDelete":
        await put(client, estate.block, "203.0.113.7")
        return

    with pytest.raises(ResourceExistsError) as caught:
        await put(client, estate.block, "203.0.113.7")
    double.stage.remove_locks(double.stage.scope)
    await put(client, estate.block, "203.0.113.7")

    assert caught.value.error is not None
    assert caught.value.error.code == "ScopeLocked"


async def test_a_group_emptied_by_hand_has_a_new_etag_and_keeps_its_references(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    before = await client.ip_groups.get(RESOURCE_GROUP, "block")
    double.stage.edit_ip_group(estate.block, ())
    after = await client.ip_groups.get(RESOURCE_GROUP, "block")

    assert after.properties is not None
    assert after.properties.ip_addresses == []
    assert after.etag != before.etag
    assert [item.id for item in after.properties.firewalls or []] == [estate.firewall]


async def test_a_policy_that_got_another_parent_waits_in_another_row(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    above = double.stage.add_policy("above")
    double.stage.reparent(estate.root, above)
    root = await client.firewall_policies.get(RESOURCE_GROUP, "root")
    await put_rules(client, above, "theirs")

    with pytest.raises(ResourceExistsError):
        await put_rules(client, estate.root, "ir-bot")

    assert root.properties is not None
    assert root.properties.base_policy is not None
    assert root.properties.base_policy.id == above
    assert double.state(estate.firewall) == "Updating"


async def test_policies_that_are_their_own_ancestors_do_not_hang_the_double(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.stage.reparent(estate.root, estate.child)

    await put(client, estate.block, "203.0.113.7")

    assert double.state(estate.firewall) == "Updating"


async def test_a_deployed_draft_loses_what_the_rules_became_since(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.stage.stage_draft(estate.root)
    poller = await put_rules(client, estate.root, "ir-bot")
    double.advance(300)
    await poller.result()
    double.stage.deploy_draft(estate.root)

    group = await client.firewall_policy_rule_collection_groups.get(RESOURCE_GROUP, "root", "ir-bot")

    assert group.properties is not None
    assert [c.name for c in group.properties.rule_collections or []] == ["ir-deny-net"]


async def test_a_group_named_in_parent_and_child_reaches_the_firewall_once(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    collection = standing_denies(
        estate.block.upper().replace("/SUBSCRIPTIONS", "/subscriptions"), estate.other
    )
    double.stage.add_rule_group(estate.child, "team", priority=200, collections=[collection])

    group = await client.ip_groups.get(RESOURCE_GROUP, "block")

    assert group.properties is not None
    assert [item.id for item in group.properties.firewall_policies or []] == [estate.root, estate.child]
    assert [item.id for item in group.properties.firewalls or []] == [estate.firewall]


async def test_a_policy_of_azure_firewall_controller_takes_no_rules(
    double: ArmDouble, client: NetworkManagementClient
) -> None:
    policy = double.stage.add_policy("afc", afc_managed=True)

    with pytest.raises(HttpResponseError) as caught:
        await put_rules(client, policy, "ir-bot")

    assert caught.value.status_code == 400


async def test_the_journal_keeps_what_was_asked_and_when_but_no_credential(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.advance(12)
    await put(client, estate.block, "203.0.113.7", request_id="11111111-2222-4333-8444-555555555555")

    (written,) = double.asked("PUT", "/IPGROUPS/")
    assert written.path == estate.block
    assert written.body["properties"]["ipAddresses"] == ["203.0.113.7"]
    assert written.at == 12
    assert written.headers["x-ms-client-request-id"] == "11111111-2222-4333-8444-555555555555"
    assert "authorization" not in {name for request in double.requests for name in request.headers}
    assert "sandbox-token" not in repr(double.requests)


async def test_requests_without_a_bearer_token_or_a_version_are_refused(
    double: ArmDouble, estate: Estate
) -> None:
    trust = ssl.create_default_context(cafile=str(double.ca_file))
    bearer = {"Authorization": "Bearer sandbox"}
    async with ClientSession(double.url) as session:
        async with session.get(f"{estate.block}?{VERSION}", ssl=trust) as nameless:
            assert (nameless.status, (await nameless.json())["error"]["code"]) == (
                401,
                "AuthenticationFailed",
            )
        async with session.get(estate.block, ssl=trust, headers=bearer) as undated:
            assert (await undated.json())["error"]["code"] == "MissingApiVersionParameter"
        async with session.delete(f"{estate.block}?{VERSION}", ssl=trust, headers=bearer) as delete:
            assert delete.status == 405


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"\xff\xfe"])
async def test_a_body_that_is_no_json_is_refused(
    client: NetworkManagementClient, double: ArmDouble, estate: Estate, body: bytes
) -> None:
    response = await client.send_request(HttpRequest("PUT", f"{estate.block}?{VERSION}", content=body))

    assert (response.status_code, response.json()["error"]["code"]) == (400, "InvalidRequestContent")


async def test_nobody_who_does_not_trust_the_throwaway_authority_connects(double: ArmDouble) -> None:
    async with ClientSession() as session:
        with pytest.raises(ClientConnectorCertificateError):
            await session.get(double.url)


async def test_stopping_removes_the_certificate_and_the_listener() -> None:
    double = await ArmDouble().start()
    ca_file = double.ca_file
    trust = ssl.create_default_context(cafile=str(ca_file))
    await double.stop()

    assert not ca_file.exists()
    async with ClientSession() as session:
        with pytest.raises(ClientConnectorError):
            await session.get(double.url, ssl=trust)


def test_minting_leaves_the_authoritys_certificate_and_no_key(tmp_path: Path) -> None:
    certificate = mint(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["ca.pem"]
    assert "PRIVATE" not in certificate.ca_file.read_text()
    assert stat.S_ISREG(certificate.ca_file.stat().st_mode)


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/subscriptions/s/resourcegroups/g/providers/microsoft.network/IPGROUPS/x/", "one"),
        ("/subscriptions/s/providers/Microsoft.Network/firewallPolicies", "list"),
        ("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/x", "none"),
        ("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/ipGroups/x/y", "none"),
        ("/", "none"),
    ],
)
def test_paths_are_read_as_arm_reads_them(path: str, shape: str) -> None:
    assert route(path).shape == shape


async def test_two_doubles_at_once_do_not_know_each_other(double: ArmDouble, estate: Estate) -> None:
    async with ArmDouble() as other, client_for(other) as client:
        with pytest.raises(HttpResponseError):
            await client.ip_groups.get(RESOURCE_GROUP, "block")

    assert double.requests == ()
