"""Every piece of the gallery fits a phone, can be used without eyes or mouse, and is on the page."""

from collections.abc import Iterable

import pytest
from playwright.async_api import Browser, Page

from tests.browser.chromium import DESKTOP, PHONE, Theme, visiting
from tests.browser.looking import overflow, violations
from tests.gallery.drawn import sketches, stale
from tests.gallery.palette import sealed
from tests.gallery.pictures import FOLDER, LOOKS, PAGE, file_of, old, written
from tests.gallery.piece import Piece, every

MOST = 16_000_000


async def test_every_piece_fits_a_phone_and_a_desk(page: Page) -> None:
    wide: dict[str, int] = {}
    for piece in every():
        await page.set_content(piece.html())
        for width in (PHONE, DESKTOP):
            await page.set_viewport_size({"width": width, "height": 800})
            wide |= {f"{piece.name} at {width}": over for over in [await overflow(page)] if over > 0}

    assert wide == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_in_the_samplers(browser: Browser, theme: Theme) -> None:
    samplers = [piece for piece in every() if piece.name in {"kit-message", "kit-form"}]

    assert await wrong(browser, samplers, theme) == {}


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_in_any_piece(browser: Browser, theme: Theme) -> None:
    assert await wrong(browser, every(), theme) == {}


async def wrong(browser: Browser, pieces: Iterable[Piece], theme: Theme) -> dict[str, list[str]]:
    """Return what axe finds in each piece."""
    found: dict[str, list[str]] = {}
    async with visiting(browser, width=PHONE, theme=theme) as page:
        for piece in pieces:
            await page.set_content(piece.html(theme))
            told = await violations(page)
            if told:
                found[piece.name] = told
    return found


async def test_the_keyboard_reaches_every_control_in_reading_order(page: Page) -> None:
    (form,) = [piece for piece in every() if piece.name == "kit-form"]
    await page.set_content(form.html())
    controls = "button, input:not([type=radio]):not([disabled]), select, textarea, input[type=radio]:checked"
    count = await page.locator(controls).count()
    reached: list[str] = []
    for _ in range(count + 12):  # a date has several stops of its own
        await page.keyboard.press("Tab")
        outer: str = await page.evaluate("() => document.activeElement.outerHTML")
        if outer not in reached and not outer.startswith("<body"):
            reached.append(outer)

    assert len(reached) == count


def test_the_page_lists_every_piece_with_words_for_each_picture() -> None:
    told = PAGE.read_text("utf-8")

    assert told == written(every()), "python -m tests.gallery"
    for piece in every():
        assert f"## {piece.name}\n\n{piece.alt}\n" in told


def test_every_picture_is_there_is_small_and_is_on_the_page() -> None:
    wanted = {file_of(piece, theme, width) for piece in every() for theme, width in LOOKS}

    assert wanted == set(FOLDER.glob("*.png"))
    assert sum(path.stat().st_size for path in wanted) < MOST
    assert all(sealed(path.read_bytes()) for path in wanted)


@pytest.mark.slow
def test_no_picture_shows_what_is_no_longer_painted() -> None:
    assert old(every()) == [], "python -m tests.gallery"


def test_the_pictures_of_flows_are_those_that_the_bot_draws_and_small() -> None:
    assert stale() == [], "python -m tests.gallery"
    assert max(path.stat().st_size for path, _ in sketches()) < 150_000
