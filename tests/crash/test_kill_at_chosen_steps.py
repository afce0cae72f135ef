"""
The worst moments, by name: something stands outside, and nothing in the database says so yet.

These few run always; every boundary of both journeys is in `test_kill_at_every_step`.
"""

from pathlib import Path

import pytest

from tests.crash.boundaries import Make, Toll, killed_at
from tests.crash.invariants import log_signed
from tests.crash.journeys import block, quarantine
from tests.crash.programs import Nursery
from tests.crash.town import town

WORST: tuple[tuple[Make, int, str], ...] = (
    (quarantine, 1, "after slack.post"),  # the card stands in the channel, and is known to nobody
    (quarantine, 1, "after apply"),  # the policy is written, the label is not
    (quarantine, 4, "after apply"),  # all is undone, and not recorded as undone
    (block, 1, "after start"),  # the PUT was accepted, its operation token is lost
)


@pytest.mark.timeout(120)
async def test_a_kill_between_a_write_outside_and_its_record_loses_and_repeats_nothing(
    tmp_path: Path, bots: Nursery
) -> None:
    toll = Toll()
    async with town(tmp_path / "town", bots) as place:
        await place.settle_in()
        for make, point, name in WORST:
            assert await killed_at(place, make, point, toll, name), f"never came to {name}"
        await place.end()
        await log_signed(place)

    assert toll.kills == len(WORST)
