"""Runs all figures, prints the table, writes build/bench.json. Exits 1 when a goal is missed."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.bench import alerts, audit, containment, endless, flows, front, leases, pictures, residual, start
from tests.bench.figures import Figure, keep, table

OUT = Path(__file__).parents[2] / "build" / "bench.json"


async def _all(folder: Path) -> list[Figure]:
    found: list[Figure] = []
    for measure in (
        audit.append,
        audit.verify,
        containment.quarantine,
        containment.block,
        front.ack,
        alerts.accept,
        leases.rest,
        residual.evaluator,
        flows.receive,
        endless.hold,
        pictures.draw,
    ):
        figures = await measure(folder)
        found += figures
        print(table(figures), flush=True)
    return found


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(_all(Path(folder))) + start.figures(Path(folder))
    print("\n" + table(figures))
    keep(figures, OUT)
    return 0 if all(f.ok for f in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
