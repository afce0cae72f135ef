"""What can be measured of a page that stands in the browser."""

from typing import Any, Final

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

OPTIONS: Final = {"resultTypes": ["violations"]}


async def violations(page: Page) -> list[str]:
    """Return what axe-core finds wrong with a page for people who do not see or point: rule, place, why."""
    found = await Axe().run(page, options=OPTIONS)
    every: list[dict[str, Any]] = found.response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['html'][:160]} {node['failureSummary']}"
        for one in every
        for node in one["nodes"]
    ]


async def overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    wide: int = await page.evaluate(
        "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
    )
    return wide
