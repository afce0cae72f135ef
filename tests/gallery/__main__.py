"""
Draw the gallery: ``python -m tests.gallery`` draws what is old, ``--all`` everything, ``--check`` only tells.

Needs Chromium and a font with colour emoji (Debian: ``apt-get install chromium fonts-noto-color-emoji``).
"""

import asyncio
import sys

from tests.gallery.drawn import stale, write
from tests.gallery.pictures import PAGE, draw, old, written
from tests.gallery.piece import every


def main(arguments: list[str]) -> int:
    """Draw or check; return how the program ends."""
    pieces = every()
    if "--check" in arguments:
        found = [str(path) for path in (*old(pieces), *stale())]
        found += [] if PAGE.exists() and PAGE.read_text("utf-8") == written(pieces) else [str(PAGE)]
        print("\n".join([*found, f"{len(found)} to be made again: python -m tests.gallery"]))
        return int(bool(found))
    count = write() + asyncio.run(draw(pieces, all_of_them="--all" in arguments))
    print(f"{len(pieces)} pieces, {count} pictures drawn")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
