"""Updates take time, show it, and queue as Azure's do.

Followed: "Track asynchronous Azure operations" (PUT, operation URL, final GET), "IP Groups in Azure Firewall" (up to
20 at once, beside policy updates), Azure Firewall known issues (3-5 minutes), terraform-provider-azurerm#15440 and
ResourceModules#1325 (one rule group at a time, parents included).
"""

import asyncio
import json
from io import BytesIO
from typing import Any

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.core.rest import HttpRequest
from azure.mgmt.network.aio import NetworkManagementClient

from bot.sandbox.azure import RESOURCE_GROUP, ArmDouble, Behaviour, Match, Then
from bot.sandbox.azure.clock import DoubleClock
from tests.sandbox.azure.estate import Estate, addresses, build, client_for, put, put_rules, standing_denies

BUSY = "AnotherOperationInProgress"


async def test_a_put_is_accepted_at_once_and_in_force_minutes_later(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    poller = await put(client, estate.block, "198.51.100.9", "203.0.113.7")
    seen = {
        name: double.state(getattr(estate, name)) for name in ("block", "root", "child", "firewall", "other")
    }
    double.advance(180)
    still = double.state(estate.block)
    double.advance(120)
    result = await poller.result()

    assert seen == {**dict.fromkeys(("block", "root", "child", "firewall"), "Updating"), "other": "Succeeded"}
    assert still == "Updating"
    assert result.properties.ip_addresses == ["198.51.100.9", "203.0.113.7"]
    assert result.properties.provisioning_state == "Succeeded"
    assert double.state(estate.firewall) == "Succeeded"


async def test_a_group_that_no_firewall_uses_takes_seconds(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    poller = await put(client, estate.loose, "203.0.113.7")
    double.advance(15)
    await poller.result()

    (operation,) = double.operations
    assert operation.ends is not None
    assert 3 <= operation.ends - operation.started <= 15


async def test_the_operation_url_is_the_doubles_own_and_says_in_progress_until_the_end(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    first: list[Any] = []
    poller = await put(
        client, estate.block, raw_response_hook=lambda r: first.append(r.http_response.headers)
    )
    url = first[0]["Azure-AsyncOperation"]
    running = await client.send_request(HttpRequest("GET", url))
    double.advance(300)
    ended = await client.send_request(HttpRequest("GET", url))
    await poller.result()

    assert url.startswith(f"{double.url}/subscriptions/")
    assert "/providers/Microsoft.Network/locations/westeurope/operations/" in url
    assert first[0]["Retry-After"] == "0"
    assert running.json() == {"status": "InProgress"}
    assert "Retry-After" in running.headers
    assert ended.json() == {"status": "Succeeded"}


async def test_a_new_group_is_created_with_201(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    statuses: list[int] = []
    poller = await client.ip_groups.begin_create_or_update(
        RESOURCE_GROUP,
        "new",
        addresses(),
        raw_response_hook=lambda r: statuses.append(r.http_response.status_code),
    )
    double.advance(15)

    assert (await poller.result()).name == "new"
    assert statuses[0] == 201


async def test_a_put_replaces_the_whole_group_tags_included(
    double: ArmDouble, client: NetworkManagementClient
) -> None:
    group = double.stage.add_ip_group("tagged", ["198.51.100.1", "198.51.100.2"], tags={"owner": "network"})

    await put(client, group, "198.51.100.2")

    assert double.addresses(group) == ("198.51.100.2",)
    assert double.document(group)["tags"] == {}


async def test_what_the_sdk_read_can_be_put_back_with_its_read_only_properties(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    before = await client.ip_groups.get(RESOURCE_GROUP, "block")
    body = BytesIO(json.dumps(before.as_dict(exclude_readonly=False)).encode())
    await client.ip_groups.begin_create_or_update(RESOURCE_GROUP, "block", body)
    double.advance(300)

    assert double.document(estate.block)["properties"] == before.as_dict(exclude_readonly=False)["properties"]


async def test_a_patch_changes_tags_only_and_at_once(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    patched = await client.ip_groups.update_groups(RESOURCE_GROUP, "block", {"tags": {"incident": "FB-1"}})
    refused = await client.send_request(
        HttpRequest(
            "PATCH", f"{estate.block}?api-version=2026-03-01", json={"properties": {"ipAddresses": []}}
        )
    )

    assert patched.tags == {"incident": "FB-1"}
    assert double.addresses(estate.block) == ("198.51.100.9",)
    assert double.operations == ()
    assert refused.status_code == 400


async def test_ip_groups_update_side_by_side(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    pollers = [await put(client, estate.block, "203.0.113.7"), await put(client, estate.other, "203.0.113.8")]
    double.advance(300)
    results = [await poller.result() for poller in pollers]

    assert [result.properties.provisioning_state for result in results] == ["Succeeded", "Succeeded"]


async def test_the_twenty_first_ip_group_of_one_firewall_is_busy(
    double: ArmDouble, client: NetworkManagementClient
) -> None:
    root = double.stage.add_policy("root")
    groups = [double.stage.add_ip_group(f"g{number}") for number in range(21)]
    denies = [standing_denies(group, group) for group in groups]
    double.stage.add_rule_group(root, "ir-bot", priority=100, collections=denies)
    for group in groups[:20]:
        await put(client, group, "203.0.113.7")

    with pytest.raises(ResourceExistsError) as caught:
        await put(client, groups[20], "203.0.113.7")

    assert caught.value.error is not None
    assert caught.value.error.code == BUSY


async def test_a_group_that_still_updates_is_busy_and_the_refused_put_leaves_no_trace(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    await put(client, estate.block, "203.0.113.7")

    with pytest.raises(ResourceExistsError) as caught:
        await put(client, estate.block, "203.0.113.8")

    assert caught.value.error is not None
    assert caught.value.error.code == BUSY
    assert double.url in str(caught.value.error.message)
    assert double.addresses(estate.block) == ("203.0.113.7",)
    assert len(double.operations) == 1
    assert len(double.asked("PUT")) == 2


async def test_rule_groups_update_one_at_a_time_even_across_child_policies(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    first = await put_rules(client, estate.root, "ir-bot", standing_denies(estate.block, estate.other))

    with pytest.raises(ResourceExistsError) as caught:
        await put_rules(client, estate.child, "team")
    double.advance(300)
    await first.result()
    second = await put_rules(client, estate.child, "team")
    double.advance(300)

    assert caught.value.error is not None
    assert caught.value.error.code == BUSY
    assert (await second.result()).properties.provisioning_state == "Succeeded"


async def test_policies_without_a_common_parent_do_not_wait_for_each_other(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    elsewhere = double.stage.add_policy("elsewhere")

    await put_rules(client, estate.root, "ir-bot")
    await put_rules(client, elsewhere, "rules")

    assert len(double.operations) == 2


async def test_an_ip_group_updates_beside_a_rule_group_and_the_firewall_waits_for_both(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    collection = standing_denies(estate.block, estate.other)
    double.stage.edit_rule_group(estate.denies, [collection], seconds=500)
    poller = await put(client, estate.block, "203.0.113.7")
    double.advance(300)
    result = await poller.result()

    assert result.properties.provisioning_state == "Succeeded"
    assert double.state(estate.firewall) == "Updating"
    double.advance(300)
    assert double.state(estate.firewall) == "Succeeded"


async def test_a_colleagues_update_makes_the_group_busy_until_it_ends(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.stage.edit_ip_group(estate.block, ["198.51.100.50"], seconds=60)

    with pytest.raises(ResourceExistsError):
        await put(client, estate.block, "203.0.113.7")
    double.advance(60)
    await put(client, estate.block, "198.51.100.50", "203.0.113.7")

    assert double.addresses(estate.block) == ("198.51.100.50", "203.0.113.7")


async def test_a_poll_can_turn_the_clock_so_that_whole_journeys_need_no_hand() -> None:
    async with ArmDouble(Behaviour(turn_per_poll=60)) as double, client_for(double) as client:
        estate = build(double)
        poller = await put(client, estate.block, "203.0.113.7")

        result = await poller.result()

        assert result.properties.provisioning_state == "Succeeded"
        assert double.now == 60 * len([request for request in double.requests if request.is_poll])


async def test_a_continuation_token_goes_on_with_gets_only(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    poller = await put(client, estate.block, "203.0.113.7")
    token = poller.continuation_token()
    double.advance(300)
    async with client_for(double) as later:
        resumed = await later.ip_groups.begin_create_or_update(
            RESOURCE_GROUP, "block", addresses(), continuation_token=token
        )
        result = await resumed.result()

    assert result.properties is not None
    assert result.properties.ip_addresses == ["203.0.113.7"]
    assert len(double.asked("PUT")) == 1


async def test_cancelling_the_watch_leaves_the_update_running(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    polled = asyncio.Event()
    double.fail_next(Then(polled.set), Match("GET", "/operations/"))
    poller = await put(client, estate.block, "203.0.113.7")
    watching = asyncio.ensure_future(poller.result())
    await polled.wait()
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    double.advance(300)

    assert double.state(estate.block) == "Succeeded"
    assert double.addresses(estate.block) == ("203.0.113.7",)


def test_a_rehearsals_clock_runs_at_a_multiple_of_real_time() -> None:
    real = [100.0]
    clock = DoubleClock(speed=60, ticks=lambda: real[0])
    real[0] = 103.5
    clock.turn(5)

    assert clock.now() == 215
    with pytest.raises(ValueError, match="forwards"):
        clock.turn(-1)


async def test_a_running_clock_ends_an_update_that_nobody_turned() -> None:
    behaviour = Behaviour(speed=100_000)
    async with ArmDouble(behaviour) as double, client_for(double, polling_interval=0.005) as client:
        estate = build(double)

        result = await (await put(client, estate.block, "203.0.113.7")).result()

        assert result.properties.provisioning_state == "Succeeded"
