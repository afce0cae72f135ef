"""The pictures of all pieces and the page that shows them: written, and found to be old."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from playwright.async_api import Browser

from tests.browser.chromium import DESKTOP, PHONE, Theme, launched, visiting
from tests.gallery.palette import reduced, sealed
from tests.gallery.piece import Piece

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "gallery.md"
FOLDER: Final = ROOT / "docs" / "gallery"

LOOKS: Final[tuple[tuple[Theme, int], ...]] = (
    ("light", DESKTOP),
    ("light", PHONE),
    ("dark", DESKTOP),
    ("dark", PHONE),
)

HEAD: Final = """\
# Gallery

Everything that people see, painted by the bot's own painters and drawn by the page of the sandbox (Slack's own
clients look a little different; words, order and folding are the same). Generated: `python -m tests.gallery`; what
stands here and how each is described is in `tests/gallery/pieces/`. Every one is also checked in a browser: no
sideways scrolling at 360 pixels, and nothing for axe to find.
"""


def file_of(piece: Piece, theme: Theme, width: int) -> Path:
    """Return where a picture is."""
    return FOLDER / f"{piece.name}-{theme}-{'phone' if width == PHONE else 'desktop'}.png"


def written(pieces: Iterable[Piece]) -> str:
    """Return the page that shows the pictures."""
    return "\n".join([HEAD, *(_entry(piece) for piece in pieces)])


def _entry(piece: Piece) -> str:
    alt = piece.alt.replace("[", "(").replace("]", ")").replace("|", "/")
    shown = {
        (theme, width): f"![{alt} ({theme}, {'phone' if width == PHONE else 'desktop'})]"
        f"(gallery/{file_of(piece, theme, width).name})"
        for theme, width in LOOKS
    }
    rows = [f"| {shown[theme, DESKTOP]} | {shown[theme, PHONE]} |" for theme in ("light", "dark")]
    return "\n".join(
        [f"## {piece.name}", "", alt, "", "| desktop, 720 px | phone, 360 px |", "| --- | --- |", *rows, ""]
    )


def old(pieces: Iterable[Piece]) -> list[Path]:
    """Return the pictures that are missing or show what is no longer painted."""
    return [
        file_of(piece, theme, width)
        for piece in pieces
        for theme, width in LOOKS
        if not (path := file_of(piece, theme, width)).exists() or sealed(path.read_bytes()) != piece.seal
    ]


async def draw(pieces: tuple[Piece, ...], *, all_of_them: bool = False) -> int:
    """Write the page, draw what is old, and take away what nobody shows any more; return how many were drawn."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = {file_of(piece, theme, width) for piece in pieces for theme, width in LOOKS}
    for path in set(FOLDER.glob("*.png")) - wanted:
        path.unlink()
    due = wanted if all_of_them else set(old(pieces))
    async with launched() as browser:
        for theme, width in LOOKS:
            chosen = [piece for piece in pieces if file_of(piece, theme, width) in due]
            await _draw(browser, chosen, theme, width)
    PAGE.write_text(written(pieces), "utf-8")
    return len(due)


async def _draw(browser: Browser, pieces: list[Piece], theme: Theme, width: int) -> None:
    async with visiting(browser, width=width, height=200, theme=theme) as page:
        for piece in pieces:
            await page.set_content(piece.html(theme))
            png = await page.screenshot(full_page=True, animations="disabled")
            file_of(piece, theme, width).write_bytes(await reduced(page, png, piece.seal))
