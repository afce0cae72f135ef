from datetime import UTC, datetime

import pytest

from bot.sandbox.kubernetes.double import ClusterDouble


@pytest.fixture
def waits() -> list[float]:
    """Collect the seconds that slow answers would have taken."""
    return []


@pytest.fixture
def cluster(waits: list[float]) -> ClusterDouble:
    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    return ClusterDouble("prod", lambda: datetime(2026, 3, 1, 12, 0, tzinfo=UTC), sleep)
