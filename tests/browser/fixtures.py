"""Fixtures for tests that look at a page as a person does."""

import os
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from tests.browser.chromium import MISSING, executable, launched, visiting


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium; where it is absent the test is skipped, or fails if TESTS_REQUIRE_BROWSER=1."""
    if executable() is None:
        if os.environ.get("TESTS_REQUIRE_BROWSER") == "1":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    async with launched() as found:
        yield found


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page of desktop width in light colours, on which any request to another machine fails the test."""
    async with visiting(browser) as found:
        yield found
