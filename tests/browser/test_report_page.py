"""The report's page in a real browser: read by those who do not see or point, on a phone, in the dark, on paper."""

import pytest
from playwright.async_api import Browser

from bot.adapters.report import page as drawn
from bot.domain.report.composing import compose
from tests.browser.chromium import DESKTOP, PHONE, Theme, visiting
from tests.browser.looking import overflow, violations
from tests.domain.report.given import source

LONG = "payments/" + "a-very-long-name-without-any-blank" * 8 + " שלום مرحبا 👩‍🚒 <b>bold</b>"


@pytest.mark.parametrize(
    ("width", "theme"), [(PHONE, "light"), (PHONE, "dark"), (DESKTOP, "light"), (DESKTOP, "dark")]
)
async def test_nothing_is_in_the_way_of_reading_it(browser: Browser, width: int, theme: Theme) -> None:
    async with visiting(browser, width=width, theme=theme) as page:
        await page.set_content(drawn(compose(source(LONG, mode="solo"))))
        assert await violations(page) == []
        assert await overflow(page) <= 0
        await page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert await violations(page) == []
        assert await overflow(page) <= 0


async def test_its_own_policy_lets_its_style_in_and_nothing_else(browser: Browser) -> None:
    async with visiting(browser) as page:
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        await page.set_content(drawn(compose(source("<img src=x onerror=alert(1)>"))))
        assert (
            await page.evaluate("() => getComputedStyle(document.querySelector('main')).maxWidth") != "none"
        )
        assert said == []
        await page.emulate_media(media="print")
        assert await overflow(page) <= 0
