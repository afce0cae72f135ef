from collections.abc import AsyncIterator

import pytest
from azure.mgmt.network.aio import NetworkManagementClient

from bot.sandbox.azure import ArmDouble
from tests.sandbox.azure.estate import Estate, build, client_for


@pytest.fixture
async def double() -> AsyncIterator[ArmDouble]:
    async with ArmDouble() as running:
        yield running


@pytest.fixture
def estate(double: ArmDouble) -> Estate:
    return build(double)


@pytest.fixture
async def client(double: ArmDouble) -> AsyncIterator[NetworkManagementClient]:
    async with client_for(double) as network:
        yield network
