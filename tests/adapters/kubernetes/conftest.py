"""Plain asserts of the contracts tell what they saw."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite(
    *(f"tests.adapters.kubernetes.contract_{part}" for part in ("evidence", "keys", "own", "reads"))
)

from tests.adapters.kubernetes.stage import Stage, on_the_double  # noqa: E402 - after the rewrite is registered


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A cluster of the sandbox; its faults can be switched."""
    async with on_the_double(tmp_path) as stage:
        yield stage
