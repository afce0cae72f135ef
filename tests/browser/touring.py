"""The sandbox's page with the real bot behind it, as ``firebreak sandbox`` opens it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from bot.bootstrap.entropy import utc_now
from bot.bootstrap.rehearsal.lending import backstage
from bot.bootstrap.rehearsal.stage import Stage, opened, world
from bot.sandbox.alerts import ringing
from bot.sandbox.page.server import paging
from bot.sandbox.scene import CHANNEL, Scene
from bot.settings import Settings

SPEED = 400.0
"""Azure's seconds in one of ours: its minutes need not be watched."""

STEPS = 6
"""Steps of the tour."""

WHOLE = "[data-action-id=ir_board_whole]"
"""The button on the alert's card that prepares all of it."""

_REQUEST = re.compile(r"\bFB-[0-9A-Z]{5}\b")

LONG = 40_000
"""Milliseconds for what has Azure's minutes in it."""


@dataclass
class Sandbox:
    """The page's address, and what it shows."""

    address: str
    scene: Scene
    settings: Settings
    stage: Stage


@asynccontextmanager
async def sandbox(folder: Path) -> AsyncIterator[Sandbox]:
    """Run world, bot and page."""
    async with (
        world(folder, "http", speed=SPEED) as (staged, settings),
        opened(staged, settings) as stage,
    ):
        lent = backstage(settings, lambda: stage.now() == stage.before, stage.alarm.again)
        async with ringing(stage.alarm), paging(staged, lent) as address:
            yield Sandbox(address, staged, settings, stage)


async def arrive(page: Page, here: Sandbox) -> None:
    """Open the page and wait until it is drawn, and the alert's card stands there with what it suggests."""
    await page.goto(here.address)
    await page.wait_for_selector("#do-step[data-step='0']")
    await page.wait_for_selector(WHOLE)


async def at_step(page: Page, number: int) -> None:
    """Wait until the tour has come to a step; `STEPS` is its end."""
    where = f"#do-step[data-step='{number}']" if number < STEPS else "#again"
    await page.wait_for_selector(where, timeout=LONG)


async def has_asked(page: Page) -> None:
    """Let the tour take what the alert suggests."""
    await page.click("#do-step")
    await at_step(page, 1)


def asked(here: Sandbox) -> list[str]:
    """Return the requests that have a card in the channel, in their order."""
    every = (_REQUEST.search(each.text) for each in here.scene.workspace.messages(CHANNEL))
    return list(dict.fromkeys(found[0] for found in every if found))


def pods_talk(here: Sandbox) -> None:
    """Let the pods of this world try their connections once more."""
    traffic = here.scene.traffic
    assert traffic is not None
    traffic.round(traffic.lines, 0, utc_now())


async def look_as(page: Page, name: str) -> None:
    """Choose a person with the pointer, and wait for what they see."""
    await page.get_by_role("radio", name=name).check(force=True)
    await page.wait_for_function(
        "name => document.getElementById('note').textContent.startsWith(name)", arg=name
    )


async def says(page: Page, line: str) -> None:
    """Type a line and send it."""
    box = page.get_by_role("combobox", name="Command or message")
    await box.fill(line)
    await box.press("Escape")
    await box.press("Enter")
    await page.wait_for_function("() => document.getElementById('line').value === ''")


async def presses(page: Page, button: Locator, *, key: bool = False) -> None:
    """Press a button of a card, and say yes where it asks first; with ``key`` without a pointer."""
    asks = await button.get_attribute("data-confirm-title") is not None
    if key:
        await button.focus()
        await page.keyboard.press("Enter")
    else:
        await button.click()
    if asks:
        yes = page.locator("#confirm[open] #confirm-yes")
        await yes.wait_for()
        await (yes.press("Enter") if key else yes.click())


async def in_view(wanted: Locator) -> None:
    """Wait until something is seen: not scrolled out of the window, nor out of the feed."""
    await expect(wanted).to_be_in_viewport(timeout=LONG)
