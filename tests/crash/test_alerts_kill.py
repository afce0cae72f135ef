"""
The whole bot is killed around a post of alerts: before it is kept, before it is acknowledged, before it is worked.

Nothing that was acknowledged is lost, and nothing is counted twice, however often its sender tries again.
"""

from pathlib import Path
from typing import Final

import pytest

from tests.crash.alerts import Sender, killed_now, taking_alerts, worked
from tests.crash.invariants import log_signed
from tests.crash.programs import Nursery
from tests.crash.town import town
from tests.postgres import NewDatabase

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

UNKEPT: Final = ("before posts",)
KEPT: Final = ("after posts",)
WORKING: Final = (
    "before commit of doors.SqlDoorway.take",
    "after commit of doors.SqlDoorway.take",
    "before commit of alerting._work",
    "after commit of alerting._work",
)
AT_ONCE: Final = 4  # kills right at an acknowledgement


async def test_a_kill_anywhere_between_a_post_and_its_group_loses_nothing_and_counts_nothing_twice(
    tmp_path: Path, bots: Nursery, new_database: NewDatabase
) -> None:
    async with town(tmp_path / "town", bots, database=new_database()) as place:
        place.settings = taking_alerts(place.settings)
        await place.settle_in()
        sender = Sender(place)
        tries: dict[str, int] = {}
        for where in (*UNKEPT, *KEPT, *WORKING):
            deaths = place.deaths
            place.arm(f"alert: {where}", 1, only=where)
            await sender.send()
            await worked(sender)
            await place.spared()
            tries[where] = sender.tries[-1]
            assert place.told_of(f"alert: {where}") == [where]
            assert place.deaths == deaths + 1
        await place.end()
        await log_signed(place)

    assert min(tries[where] for where in (*UNKEPT, *KEPT)) > 1, tries  # who has no answer tries again


async def test_a_kill_the_moment_a_post_is_acknowledged_loses_nothing(
    tmp_path: Path, bots: Nursery, new_database: NewDatabase
) -> None:
    async with town(tmp_path / "town", bots, database=new_database()) as place:
        place.settings = taking_alerts(place.settings)
        await place.settle_in()
        sender = Sender(place)
        for _ in range(AT_ONCE):
            await sender.send()
            await sender.send()
            await killed_now(place)
            await sender.send()  # who comes while it is dead waits until it lives
        await worked(sender)
        await place.end()
        await log_signed(place)

    assert place.deaths == AT_ONCE
