"""A picture of 200 peers, beside the bare calls of the library that draws it: as many lines, signs and texts, as large, saved."""

import io
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

from bot.adapters.drawing.drawer import Drawer
from bot.adapters.drawing.ink import INK, PAPER, face
from bot.adapters.drawing.layout import WIDTH, plan
from bot.adapters.drawing.painter import paint
from bot.domain.flows.peers import Lot
from bot.domain.flows.picturing import MOST, Group, Sketch, Spoke
from tests.bench.figures import Figure, figure, median

TURNS = 9
LOTS = (Lot.PASSES, Lot.PASSES, Lot.PASSES, Lot.DENIED, Lot.STOPPED, Lot.DISPUTED, Lot.UNKNOWN)


def sketch(peers: int = MOST) -> Sketch:
    """Return a picture of peers in every group; three in seven lines are unbroken."""
    groups = list(Group)
    spokes = tuple(
        Spoke(
            f"payments/orders-{n}:5432" if n % 3 else f"203.0.113.{n % 256}:443",
            groups[n * len(groups) // peers],
            LOTS[n % len(LOTS)],
            (peers - n) ** 2,
            f"{(peers - n) ** 2} · still allowed",
            n % 4 == 0,
        )
        for n in range(peers)
    )
    told = sorted(spokes, key=lambda one: (one.inbound, groups.index(one.group)))
    return Sketch("Who talks to whom", "15 minutes", "payments/api-1", tuple(told))


async def draw(folder: Path, peers: int = MOST) -> list[Figure]:
    """Time the drawing in this program, in turns; and once more as it is done, by a program of its own."""
    del folder
    given = sketch(peers)
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(TURNS):
        bare.append(_timed(lambda: _bare(given)))
        ours.append(_timed(lambda: paint(given)))
    began = time.perf_counter()
    whole = await Drawer().draw(given)
    assert whole == paint(given), whole
    print(f"the same by a program of its own, started for it: {(time.perf_counter() - began) * 1000:.0f} ms")
    return [figure(f"a picture of {peers} peers drawn and saved, CPU ms", median(ours), median(bare), 2)]


def _timed(work: Callable[[], bytes]) -> float:
    began = time.process_time()
    assert work()
    return (time.process_time() - began) * 1000


def _bare(given: Sketch) -> bytes:
    """Do as the simplest program would: each line straight, unbroken and of one width, nothing smoothed, saved as it is."""
    found = plan(given)
    image = Image.new("RGB", (WIDTH, int(found.bottom) + 60), PAPER)
    pen = ImageDraw.Draw(image)
    for row in found.rows:
        assert row.spoke is not None
        x, y = row.dot
        pen.line((*row.start, x, y), fill=INK, width=2)
        pen.ellipse((x - 5, y - 5, x + 5, y + 5), fill=INK)
        pen.text((x, y), row.spoke.label, font=face(12), fill=INK)
        pen.text((x, y + 4), row.spoke.note.partition(" ")[0], font=face(12), fill=INK)
    kept = io.BytesIO()
    image.save(kept, "PNG")
    return kept.getvalue()
