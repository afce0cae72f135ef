"""The page outlives the bot, and finds its way back when its own stream drops."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from bot.bootstrap.rehearsal.lending import backstage
from bot.bootstrap.rehearsal.stage import opened, world
from bot.sandbox.page.server import paging
from tests.browser.touring import look_as, presses, says

pytestmark = pytest.mark.slow


async def test_a_bot_that_starts_again_is_talked_to_again(page: Page, tmp_path: Path) -> None:
    async with (
        world(tmp_path, "http") as (staged, settings),
        paging(staged, backstage(settings, lambda: False)) as address,
    ):
        async with opened(staged, settings):
            await page.goto(address)
            await says(page, f"/ir block {staged.incident.beacon} for 1h because a try")
            await page.wait_for_selector("[data-action-id=ir_approve]")
        await page.fill("#line", "/ir list")
        await page.get_by_role("button", name="Send").click()
        await page.get_by_text("did not answer").wait_for()
        async with opened(staged, settings):
            await look_as(page, "Bob")
            await presses(page, page.locator("[data-action-id=ir_approve]"))
            await page.get_by_text("is approved and starts now").first.wait_for()


async def test_a_stream_that_dropped_comes_back_with_everything(page: Page, tmp_path: Path) -> None:
    async with world(tmp_path, "http") as (staged, settings):
        lent = backstage(settings, lambda: False)
        async with paging(staged, lent) as address:
            port = int(address.rstrip("/").rpartition(":")[2])
            await page.goto(address)
            staged.workspace.say("U0BOB", "C0INCIDENT", "said before")
            await page.get_by_text("said before").wait_for()
        await page.get_by_text("the connection dropped").wait_for()
        staged.workspace.say("U0BOB", "C0INCIDENT", "said meanwhile")
        async with paging(staged, lent, port):
            await page.get_by_text("said meanwhile").wait_for(timeout=20_000)
            await page.get_by_text("live", exact=True).wait_for()
