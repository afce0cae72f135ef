"""The tour by keyboard alone, and by typed commands alone."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.browser.touring import STEPS, WHOLE, arrive, at_step, look_as, presses, sandbox, says

pytestmark = pytest.mark.slow
MOST = 80  # presses of Tab from one end of the page to the other


async def _tab_to(page: Page, selector: str) -> None:
    for _ in range(MOST):
        await page.keyboard.press("Tab")
        if await page.evaluate("s => document.activeElement.matches(s)", selector):
            shown = "() => getComputedStyle(document.activeElement).outlineStyle"
            assert await page.evaluate(shown) != "none", f"{selector} does not show its focus"
            return
    raise AssertionError(f"{selector} is not reached by Tab")


async def test_the_whole_tour_without_a_pointer(page: Page, tmp_path: Path) -> None:
    async with sandbox(tmp_path) as here:
        await arrive(page, here)
        for step in range(STEPS):
            await _tab_to(page, "#do-step")
            await page.keyboard.press("Enter")
            await at_step(page, step + 1)
        await _tab_to(page, "#again")
        await _tab_to(page, "#line")
        await page.keyboard.type("/ir qu")
        await page.wait_for_selector("#offers [role=option]")
        await page.keyboard.press("ArrowDown")
        assert await page.get_attribute("#line", "aria-activedescendant") == "offer-0"
        await page.keyboard.press("Enter")
        assert await page.input_value("#line") == "/ir quarantine "
        await page.wait_for_selector("#offers >> text=payments/")


async def test_the_suggestion_is_taken_in_its_form_and_undone_by_typed_words(
    page: Page, tmp_path: Path
) -> None:
    await page.set_viewport_size({"width": 1280, "height": 900})
    async with sandbox(tmp_path) as here:
        await arrive(page, here)
        await presses(page, page.locator(WHOLE), key=True)
        for view in ("Nobody is asked yet", "forecast"):
            form = page.locator("#modal[open] form", has_text=view)
            await form.locator("[type=submit]").press("Enter")
        await at_step(page, 1)
        await page.keyboard.press("Escape")
        for step in range(1, 5):
            await page.click("#do-step")
            await at_step(page, step + 1)
        await look_as(page, "Bob")
        looked = await page.inner_text(".typed code")
        await says(page, looked)
        await page.locator(".typed code", has_text=f"{looked} confirm").wait_for()
        await says(page, await page.inner_text(".typed code"))
        await page.wait_for_selector(".checks li.held >> text=byte for byte", timeout=40_000)
        await page.get_by_role("button", name="Verify the log").press("Enter")
        await at_step(page, STEPS)
        await page.locator("#again").press("Enter")
        await page.get_by_role("heading", name="1 of 2 alerts firing").wait_for()


async def test_the_whole_tour_by_typed_commands(page: Page, tmp_path: Path) -> None:
    await page.set_viewport_size({"width": 1280, "height": 900})
    async with sandbox(tmp_path) as here:
        await arrive(page, here)
        for step, who in enumerate(("Alice", "Alice", "Alice", "Mallory", "Bob")):
            line = await page.inner_text(".typed code")
            await look_as(page, who)
            await says(page, line)
            await at_step(page, step + 1)
        await says(page, await page.inner_text(".typed code"))
        await page.wait_for_selector(".checks li.held >> text=byte for byte", timeout=40_000)
        await page.get_by_role("button", name="Verify the log").focus()
        await page.keyboard.press("Enter")
        await at_step(page, STEPS)
