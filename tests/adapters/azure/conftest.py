from collections.abc import AsyncIterator

import pytest

from bot.adapters.azure.opening import Azure
from bot.sandbox.azure import ArmDouble
from tests.adapters.azure.staged import Estate, build, connected, settings_of


@pytest.fixture
async def double() -> AsyncIterator[ArmDouble]:
    async with ArmDouble() as running:
        yield running


@pytest.fixture
def estate(double: ArmDouble) -> Estate:
    return build(double)


@pytest.fixture
async def azure(double: ArmDouble, estate: Estate) -> AsyncIterator[Azure]:
    async with connected(double, settings_of(estate)) as opened:
        yield opened
