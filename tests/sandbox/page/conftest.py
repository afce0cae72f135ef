"""A page that is open, and a browserless visitor."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sandbox.page.page_under_test import Open, opened


@pytest.fixture
async def visited(tmp_path: Path) -> AsyncIterator[Open]:
    async with opened(tmp_path) as found:
        yield found
