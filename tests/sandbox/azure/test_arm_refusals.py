"""Each refusal, as the real SDK meets it.

Followed: "Troubleshoot common Azure deployment errors" and "Throttling Resource Manager requests" for the refusals,
azure-core 1.41's retry policy (a Retry-After is obeyed with any error status), RFC 9110 13.1 for the ETags.
"""

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
)
from azure.core.rest import HttpRequest
from azure.mgmt.network.aio import NetworkManagementClient

from bot.sandbox.azure import (
    RESOURCE_GROUP,
    ArmDouble,
    Behaviour,
    Match,
    faults,
)
from bot.sandbox.azure.errors import Refusal
from tests.sandbox.azure.estate import Estate, build, client_for, put


def code_of(caught: pytest.ExceptionInfo[HttpResponseError]) -> str | None:
    return caught.value.error.code if caught.value.error else None


async def test_busy_as_often_as_told_then_free(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.fail_next(faults.busy(), times=2)

    for _ in range(2):
        with pytest.raises(ResourceExistsError) as caught:
            await put(client, estate.block, "203.0.113.7")
        assert code_of(caught) == "AnotherOperationInProgress"
    await put(client, estate.block, "203.0.113.7")

    assert double.addresses(estate.block) == ("203.0.113.7",)
    assert double.faults_waiting == ()


async def test_busy_without_retry_after_is_not_repeated_by_the_sdk_and_with_it_is(
    double: ArmDouble, estate: Estate
) -> None:
    async with client_for(double, retry_total=10, retry_backoff_factor=0) as client:
        double.fail_next(faults.busy())
        with pytest.raises(ResourceExistsError):
            await put(client, estate.block, "203.0.113.7")
        double.fail_next(faults.busy(retry_after=0), times=2)
        await put(client, estate.block, "203.0.113.7")

    assert len(double.asked("PUT")) == 1 + 3


async def test_throttled_says_for_how_long(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.fail_next(faults.throttled(17), Match("GET", "/ipGroups/block"))

    response = await client.send_request(HttpRequest("GET", f"{estate.block}?api-version=2026-03-01"))

    assert (response.status_code, response.json()["error"]["code"]) == (429, "TooManyRequests")
    assert response.headers["Retry-After"] == "17"


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (faults.outdated(), 412, "PreconditionFailed"),
        (faults.locked(), 409, "ScopeLocked"),
        (faults.denied(), 403, "AuthorizationFailed"),
        (faults.denied("LinkedAuthorizationFailed"), 403, "LinkedAuthorizationFailed"),
        (faults.denied("DenyAssignmentAuthorizationFailed"), 403, "DenyAssignmentAuthorizationFailed"),
        (faults.denied("RequestDisallowedByPolicy"), 403, "RequestDisallowedByPolicy"),
    ],
)
async def test_a_refusal_changes_nothing_and_the_next_put_goes_through(  # three fixtures, three columns
    *,
    double: ArmDouble,
    client: NetworkManagementClient,
    estate: Estate,
    fault: Refusal,
    status: int,
    code: str,
) -> None:
    double.fail_next(fault)

    with pytest.raises(HttpResponseError) as caught:
        await put(client, estate.block, "203.0.113.7")

    assert (caught.value.status_code, code_of(caught)) == (status, code)
    assert double.addresses(estate.block) == ("198.51.100.9",)
    assert double.operations == ()
    await put(client, estate.block, "203.0.113.7")
    assert double.addresses(estate.block) == ("203.0.113.7",)


async def test_a_fault_waits_for_the_request_it_is_meant_for(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    double.fail_next(faults.denied(), Match("PUT", "/ipGroups/OTHER"))
    await put(client, estate.block, "203.0.113.7")

    with pytest.raises(HttpResponseError):
        await put(client, estate.other, "203.0.113.7")


async def test_if_match_decides_between_two_writers(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    read = await client.ip_groups.get(RESOURCE_GROUP, "block")
    double.stage.edit_ip_group(estate.block, ["198.51.100.50"])

    with pytest.raises(HttpResponseError) as caught:
        await put(client, estate.block, "203.0.113.7", headers={"If-Match": read.etag})
    fresh = await client.ip_groups.get(RESOURCE_GROUP, "block")
    await put(client, estate.block, "198.51.100.50", "203.0.113.7", headers={"If-Match": fresh.etag})

    assert (caught.value.status_code, code_of(caught)) == (412, "PreconditionFailed")
    assert double.addresses(estate.block) == ("198.51.100.50", "203.0.113.7")
    assert double.asked("PUT")[0].headers["if-match"] == read.etag


async def test_if_none_match_keeps_a_put_from_replacing(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    with pytest.raises(HttpResponseError) as caught:
        await put(client, estate.block, headers={"If-None-Match": "*"})

    assert caught.value.status_code == 412


async def test_an_azure_that_ignores_if_match_can_be_played() -> None:
    async with ArmDouble(Behaviour(honours_if_match=False)) as double, client_for(double) as client:
        estate = build(double)

        await put(client, estate.block, "203.0.113.7", headers={"If-Match": 'W/"outdated"'})

        assert double.addresses(estate.block) == ("203.0.113.7",)
