"""
The README's pictures of the sandbox's page: ``python -m tests.browser.shots``.

They are made by playing the tour on the real bot; nothing is staged for them. Each is smaller than `LARGEST`.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.async_api import Browser, Page

from tests.browser.chromium import PHONE, Theme, launched, visiting
from tests.browser.touring import WHOLE, Sandbox, arrive, at_step, pods_talk, sandbox

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"
CARD: Final = ".piece:has([data-action-id=ir_approve], [data-action-id=ir_rollback])"
"""That of the containment."""

ALERT: Final = f".piece:has({WHOLE})"
"""That of the alert."""

TO_THE_TOP: Final = """(wanted) => {
  const card = document.querySelector(wanted);
  if (card?.offsetParent) card.parentElement.scrollTop = card.offsetTop - card.parentElement.offsetTop;
}"""
LARGEST: Final = 250_000
"""Bytes of one picture: what a page in a repository may weigh."""


async def main() -> None:
    """Make all pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with launched() as browser:
        for theme in ("light", "dark"):
            with TemporaryDirectory() as folder:
                async with sandbox(Path(folder)) as here:
                    await _desktop(browser, here, theme)
                    await _phone(browser, here, theme)


async def _desktop(browser: Browser, here: Sandbox, theme: Theme) -> None:
    """First the alert; then up to the moment in which pod and address are cut."""
    async with visiting(browser, width=1240, height=800, theme=theme) as page:
        await arrive(page, here)
        await _picture(page, f"sandbox-alert-{theme}", ALERT)
        for step in range(5):
            await page.click("#do-step")
            await at_step(page, step + 1)
        await page.wait_for_selector(".line.beacon.cut", state="attached")
        await page.set_viewport_size({"width": 1240, "height": 840})  # its flows are in the picture
        pods_talk(here)
        await page.locator(".strips li.dropped", has_text="beacon:443").wait_for()
        await _picture(page, f"sandbox-cut-{theme}")


async def _phone(browser: Browser, here: Sandbox, theme: Theme) -> None:
    async with visiting(browser, width=PHONE, height=740, theme=theme) as page:
        await page.goto(here.address)
        await at_step(page, 5)
        await page.get_by_role("button", name="Slack", exact=True).click()
        await page.locator(".panels").evaluate("element => element.scrollIntoView()")
        await _picture(page, f"sandbox-phone-card-{theme}")
        await page.get_by_role("button", name="World", exact=True).click()
        await page.locator(".panels").evaluate("element => element.scrollIntoView()")
        await _picture(page, f"sandbox-phone-world-{theme}")


async def _picture(page: Page, name: str, top: str = CARD) -> None:
    await page.evaluate("() => document.activeElement.blur()")
    await page.evaluate(TO_THE_TOP, top)
    await page.mouse.move(0, 0)
    made = await page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")
    assert len(made) < LARGEST, f"{name} has {len(made)} bytes"


if __name__ == "__main__":
    asyncio.run(main())
