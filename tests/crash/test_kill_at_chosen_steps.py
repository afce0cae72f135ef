"""
The worst moments, by name: something stands outside, and nothing in the database says so yet.

These few run always; every boundary of both journeys is in `test_kill_at_every_step`.
"""

from pathlib import Path

import pytest

from tests.crash.boundaries import APPLIED, ASKED, UNDONE, Make, Point, Toll, walked
from tests.crash.invariants import log_signed
from tests.crash.journeys import block, quarantine, together
from tests.crash.programs import Nursery
from tests.crash.town import town

WORST: tuple[tuple[Make, tuple[Point, ...]], ...] = (
    (
        quarantine,
        (
            Point(ASKED, "after chat.postMessage"),  # the card stands in the channel, and is known to nobody
            Point(APPLIED, "after apply"),  # the policy is written, the label is not
            Point(UNDONE, "after apply", 2),  # all is undone, and not recorded as undone
        ),
    ),
    (
        block,
        (
            Point(APPLIED, "after start"),  # the PUT was accepted, its operation token is lost
            Point(UNDONE, "after start"),
        ),
    ),
    (
        together,
        (
            Point(APPLIED, "after apply"),  # of two actions in one request one is half written
            Point(UNDONE, "after apply"),
        ),
    ),
    (together, (Point(APPLIED, "after start"),)),  # one may be done, the other's operation token is lost
)


@pytest.mark.timeout(600)
async def test_a_kill_between_a_write_outside_and_its_record_loses_and_repeats_nothing(
    tmp_path: Path, bots: Nursery
) -> None:
    toll = Toll()
    async with town(tmp_path / "town", bots) as place:
        await place.settle_in()
        for number, (make, points) in enumerate(WORST):
            assert await walked(place, make, f"{make.__name__} {number}", points, toll) == ()
        await place.end()
        await log_signed(place)

    assert toll.kills == sum(len(points) for _, points in WORST)
