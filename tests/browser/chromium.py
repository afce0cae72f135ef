"""
A real headless Chromium, in which nothing but this machine can be asked.

The one of the system is driven, so that no browser is downloaded: ``CHROMIUM`` names it, else it is looked for.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, Route, WebSocketRoute, async_playwright

Theme = Literal["light", "dark"]

MISSING: Final = "no Chromium: apt-get install chromium, or name one in the environment variable CHROMIUM"
PHONE: Final = 360
DESKTOP: Final = 720

_OWN_SCHEMES: Final = ("about", "data", "blob")
_ARGUMENTS: Final = (
    "--no-sandbox",  # the tests run as root in containers, where Chromium's own sandbox refuses to start
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-lcd-text",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--font-render-hinting=none",
)


def executable() -> str | None:
    """Return the path of Chromium, or none."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """Run Chromium while the block runs. Raises RuntimeError where there is none."""
    path = executable()
    if path is None:
        raise RuntimeError(MISSING)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visiting(
    browser: Browser, *, width: int = DESKTOP, height: int = 800, theme: Theme = "light"
) -> AsyncIterator[Page]:
    """
    Open a page of its own.

    Raises AssertionError at the end when anything outside 127.0.0.1 was asked for; such a request never leaves.
    """
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        reduced_motion="reduce",
        timezone_id="UTC",
        locale="en-GB",
    )
    strangers: list[str] = []
    await _fence(context, strangers)
    try:
        yield await context.new_page()
    finally:
        await context.close()
    assert not strangers, f"the page asked for addresses outside this machine: {strangers}"


def own(address: str) -> bool:
    """Whether an address is on this machine, or none at all."""
    parts = urlsplit(address)
    return parts.scheme in _OWN_SCHEMES or parts.hostname == "127.0.0.1"


async def _fence(context: BrowserContext, strangers: list[str]) -> None:
    async def request(route: Route) -> None:
        if own(route.request.url):
            await route.continue_()
            return
        strangers.append(route.request.url)
        await route.abort()

    async def socket(route: WebSocketRoute) -> None:
        strangers.append(route.url)
        await route.close()

    await context.route("**/*", request)
    await context.route_web_socket(lambda url: not own(url), socket)
