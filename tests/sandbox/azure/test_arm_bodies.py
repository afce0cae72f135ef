"""What a PUT may carry, as far as Azure's refusals are known.

Followed: "IP Groups in Azure Firewall" (IPv4 addresses, prefixes and ranges, 5,000 at most) and ARM's error codes.
"""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest
from azure.mgmt.network.aio import NetworkManagementClient

from bot.sandbox.azure import ArmDouble
from tests.sandbox.azure.estate import Estate, put, put_rules, standing_denies


@pytest.mark.parametrize(
    "entry",
    ["2001:db8::1", "203.0.113.300", "203.0.113.9-203.0.113.1", "evil.example", "", "10.0.0.0/33", "a-b-c"],
)
async def test_an_ip_group_takes_only_ipv4(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate, entry: str
) -> None:
    with pytest.raises(HttpResponseError) as caught:
        await put(client, estate.block, entry)

    assert caught.value.status_code == 400
    assert double.addresses(estate.block) == ("198.51.100.9",)


async def test_an_ip_group_takes_addresses_prefixes_and_ranges(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    entries = ("203.0.113.7", "198.51.100.0/24", "203.0.113.9-203.0.113.12")
    await put(client, estate.block, *entries)

    assert double.addresses(estate.block) == entries


async def test_five_thousand_addresses_are_the_most(
    double: ArmDouble, client: NetworkManagementClient, estate: Estate
) -> None:
    many = [f"10.0.{number // 250}.{number % 250}" for number in range(5001)]
    with pytest.raises(HttpResponseError):
        await put(client, estate.block, *many)
    await put(client, estate.block, *many[:5000])

    assert len(double.addresses(estate.block)) == 5000


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"properties": {"ipAddresses": []}}, "LocationRequired"),
        ({"location": "eastus", "properties": {}}, "InvalidResourceLocation"),
        ({"location": "westeurope", "properties": {"ipAdresses": []}}, "InvalidRequestFormat"),
        ([], "InvalidRequestContent"),
    ],
)
async def test_a_body_that_azure_would_refuse_is_refused(
    client: NetworkManagementClient, estate: Estate, body: Any, code: str
) -> None:
    response = await client.send_request(
        HttpRequest("PUT", f"{estate.block}?api-version=2026-03-01", json=body)
    )

    assert (response.status_code, response.json()["error"]["code"]) == (400, code)


async def test_rules_may_name_only_ip_groups_that_exist(
    client: NetworkManagementClient, estate: Estate
) -> None:
    with pytest.raises(HttpResponseError) as caught:
        await put_rules(client, estate.root, "ir-bot", standing_denies(f"{estate.block}-gone", estate.other))

    assert caught.value.error is not None
    assert caught.value.error.code == "InvalidResourceReference"
