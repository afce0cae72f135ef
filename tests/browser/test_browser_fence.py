"""The browser of the tests asks nobody outside this machine, and tells when a page tried."""

import pytest
from playwright.async_api import Browser, Page

from tests.browser.chromium import own, visiting
from tests.browser.looking import overflow, violations


@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        ("http://127.0.0.1:8080/x", True),
        ("about:blank", True),
        ("data:text/plain,x", True),
        ("http://127.0.0.1.evil.invalid/", False),
        ("http://localhost/", False),
        ("https://example.invalid/x.png", False),
    ],
)
def test_only_this_machine_is_ours(address: str, *, is_own: bool) -> None:
    assert own(address) is is_own


@pytest.mark.parametrize(
    "tried",
    [
        "fetch('http://example.invalid/x')",
        "new WebSocket('ws://example.invalid/x')",
        "new Image().src = 'http://example.invalid/x.png'",
    ],
)
async def test_a_page_that_asks_another_machine_fails_its_test(browser: Browser, tried: str) -> None:
    with pytest.raises(AssertionError, match=r"example\.invalid/x"):
        await tries(browser, tried)


async def tries(browser: Browser, script: str) -> None:
    """Visit a page that runs a script, then asks once more, so that what was asked before has arrived."""
    async with visiting(browser) as page:
        await page.set_content("<!doctype html><title>x</title>")
        await page.evaluate(f"() => {{ {script}; }}")
        await page.evaluate("() => fetch('http://example.invalid/end').catch(() => 0)")


async def test_a_page_that_is_too_wide_or_has_no_words_is_found(page: Page) -> None:
    await page.set_content(
        "<!doctype html><title>x</title><main><img src='data:,'><div style='width:2000px'>x</div></main>"
    )

    assert await overflow(page) > 1000
    assert any(one.startswith("image-alt") for one in await violations(page))
