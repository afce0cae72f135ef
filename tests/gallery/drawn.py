"""The pictures that come beside answers about flows, as the bot draws them: in docs/pictures, small, and found to be old."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PIL import Image

from bot.adapters.drawing.painter import paint
from bot.domain.flows.picturing import Sketch, of_seen, of_trace
from tests.domain.flows import answered

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"


def sketches() -> Iterator[tuple[Path, Sketch]]:
    """Yield each picture's file and what is in it."""
    for name, seen in (
        ("beacon", answered.beaconing()),
        ("one", answered.alone()),
        ("many", answered.crowded()),
        ("unknown", answered.unknown()),
        ("denied", answered.refused()),
    ):
        yield FOLDER / f"flows-{name}.png", of_seen(seen)
    yield FOLDER / "flows-trace.png", of_trace(answered.followed())


def stale() -> list[Path]:
    """Return the pictures that are missing or show what is no longer drawn."""
    return [
        path
        for path, sketch in sketches()
        if not path.exists() or _pixels(path.read_bytes()) != _pixels(paint(sketch))
    ]


def write() -> int:
    """Draw what is old; return how many that were."""
    due = stale()
    for path, sketch in sketches():
        if path in due:
            path.write_bytes(paint(sketch))
    return len(due)


def _pixels(png: bytes) -> bytes:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        return image.convert("RGB").tobytes()
