"""Updates that were accepted and then went wrong, and answers that never came.

Followed: "Track asynchronous Azure operations" (a failed operation is read with HTTP 200), "IP Groups in Azure
Firewall" (states that disagree), azure-rest-api-specs#19505 (body `null`), RFC 9112 9.3.1 as aiohttp reads it.
"""

from typing import Any

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
    ServiceRequestError,
)
from azure.core.rest import HttpRequest
from azure.mgmt.network.aio import NetworkManagementClient

from bot.sandbox.azure import (
    RESOURCE_GROUP,
    ArmDouble,
    LostAnswer,
    LostRequest,
    Match,
    NullAnswer,
    Then,
    faults,
)
from tests.sandbox.azure.estate import Estate, addresses, put, put_rules, standing_denies


def code_of(caught: pytest.ExceptionInfo[HttpResponseError]) -> str | None:
    return caught.value.error.code if caught.value.error else None


async def test_a_failed_operation_is_an_error_with_http_200(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.fail_next(
        faults.operation_fails("FaultedReferencedFirewalls", "put failed with 1 faulted firewalls")
    )
    poller = await put(client, estate.block, "203.0.113.7")
    double.advance(300)

    with pytest.raises(HttpResponseError) as caught:
        await poller.result()

    assert (caught.value.status_code, code_of(caught)) == (200, "FaultedReferencedFirewalls")
    assert [double.state(r) for r in (estate.block, estate.root, estate.firewall)] == ["Failed"] * 3


async def test_the_next_update_that_succeeds_heals_a_failed_one(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.stage.set_state(estate.firewall, "Failed")
    before = double.state(estate.firewall)
    poller = await put(client, estate.block, "203.0.113.7")
    double.advance(300)
    await poller.result()

    assert (before, double.state(estate.firewall)) == ("Failed", "Succeeded")


async def test_an_operation_can_go_on_for_ever(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.fail_next(faults.never_ends())
    poller = await put(client, estate.block, "203.0.113.7", polling=False)
    double.advance(10_000_000)

    assert (await poller.result()).properties.provisioning_state == "Updating"
    assert double.state(estate.block) == "Updating"
    assert double.operations[0].body() == {"status": "InProgress"}


async def test_a_forgotten_operation_is_404_while_the_update_goes_on(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.fail_next(faults.operation_forgotten())
    poller = await put(client, estate.block, "203.0.113.7")

    with pytest.raises(HttpResponseError) as caught:
        await poller.result()
    double.advance(300)

    assert caught.value.status_code == 404
    assert double.state(estate.block) == "Succeeded"


async def test_operations_are_forgotten_when_a_token_is_resumed_too_late(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    token = (await put(client, estate.block, "203.0.113.7")).continuation_token()
    double.stage.forget_operations()
    resumed = await client.ip_groups.begin_create_or_update(
        RESOURCE_GROUP, "block", addresses(), continuation_token=token
    )

    with pytest.raises(HttpResponseError) as caught:
        await resumed.result()

    assert caught.value.status_code == 404


async def test_an_operation_url_can_point_to_another_host(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.fail_next(faults.operation_elsewhere("https://stranger.invalid/operations/1"))
    seen: list[Any] = []
    await put(client, estate.block, raw_response_hook=lambda r: seen.append(r.http_response.headers))

    assert seen[0]["Azure-AsyncOperation"] == "https://stranger.invalid/operations/1"


async def test_a_put_that_changes_nothing_is_answered_null_and_breaks_the_sdk(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    same = standing_denies(estate.block, estate.other)
    double.fail_next(NullAnswer())

    with pytest.raises(AttributeError):
        await put_rules(client, estate.root, "ir-bot", same)
    response = await client.send_request(HttpRequest("GET", f"{estate.denies}?api-version=2026-03-01"))

    assert response.status_code == 200
    assert double.operations == ()


async def test_a_put_that_changes_something_is_answered_as_ever_though_null_was_queued(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.fail_next(NullAnswer())
    poller = await put(client, estate.block, "203.0.113.7")
    double.advance(300)

    assert (await poller.result()).properties.ip_addresses == ["203.0.113.7"]


async def test_a_firewall_can_fail_while_all_else_says_succeeded(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.fail_next(faults.firewall_fails())
    poller = await put(client, estate.block, "203.0.113.7")
    double.advance(300)
    result = await poller.result()

    assert result.properties.provisioning_state == "Succeeded"
    assert double.state(estate.root) == "Succeeded"
    assert double.state(estate.firewall) == "Failed"


async def test_an_ip_group_can_fail_while_all_else_says_succeeded(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.fail_next(faults.ip_group_fails())
    poller = await put(client, estate.block, "203.0.113.7")
    double.advance(300)
    result = await poller.result()

    assert result.properties.provisioning_state == "Failed"
    assert double.state(estate.firewall) == "Succeeded"


async def test_a_colleague_can_write_between_a_get_and_a_put(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    hook = Then(lambda: double.stage.edit_ip_group(estate.block, ["198.51.100.50"]))
    double.fail_next(hook, Match("GET", "/ipGroups/block"))
    read = await client.ip_groups.get(RESOURCE_GROUP, "block")

    with pytest.raises(HttpResponseError) as caught:
        await put(client, estate.block, "203.0.113.7", headers={"If-Match": read.etag})

    assert read.properties is not None
    assert read.properties.ip_addresses == ["198.51.100.9"]
    assert caught.value.status_code == 412
    assert double.addresses(estate.block) == ("198.51.100.50",)


async def test_an_answer_can_be_lost_after_the_put_was_accepted(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.fail_next(LostAnswer(), times=2)

    # azure-core's words for this error are that the request never got out: here it did.
    with pytest.raises(ServiceRequestError):
        await put(client, estate.block, "203.0.113.7")

    assert double.addresses(estate.block) == ("203.0.113.7",)
    assert double.state(estate.block) == "Updating"
    assert len(double.operations) == 1


async def test_a_lost_put_is_repeated_by_aiohttp_and_meets_its_own_update_though_retries_are_off(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.fail_next(LostAnswer())

    with pytest.raises(ResourceExistsError) as caught:
        await put(client, estate.block, "203.0.113.7", retry_total=0)

    assert code_of(caught) == "AnotherOperationInProgress"
    assert double.addresses(estate.block) == ("203.0.113.7",)
    assert len(double.asked("PUT")) == 2


async def test_a_request_can_be_lost_before_anything_was_accepted(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.fail_next(LostRequest(), times=2)

    with pytest.raises(ServiceRequestError):
        await put(client, estate.block, "203.0.113.7")

    assert double.addresses(estate.block) == ("198.51.100.9",)
    assert double.operations == ()
    assert len(double.asked("PUT")) == 2


async def test_a_deleted_group_is_gone_for_the_sdk(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.stage.remove(estate.root)

    with pytest.raises(ResourceNotFoundError):
        await client.firewall_policies.get(RESOURCE_GROUP, "root")
    with pytest.raises(ResourceNotFoundError):
        await client.firewall_policy_rule_collection_groups.get(RESOURCE_GROUP, "root", "ir-bot")
