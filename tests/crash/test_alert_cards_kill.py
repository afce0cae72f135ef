"""The whole bot is killed between an alert and its card: before and after it is posted, remembered, and painted anew."""

import json
from pathlib import Path
from typing import Final

import pytest

from bot.adapters.slack.board.standing import BOARD
from bot.sandbox.scene import CHANNEL
from bot.sandbox.slack.messages import Message
from tests.adapters.alerts.recorded import body
from tests.crash.alerts import groups, taken, taking_alerts
from tests.crash.invariants import log_signed
from tests.crash.programs import Nursery
from tests.crash.town import Town, town
from tests.postgres import NewDatabase

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

POSTING: Final = (
    "before commit of alerting._work",
    "after commit of alerting._work",
    "before chat.postMessage",
    "after chat.postMessage",
    "before commit of doors.SqlCards.put",
    "after commit of doors.SqlCards.put",
)
PAINTING: Final = ("before chat.update", "after chat.update")


async def test_a_kill_anywhere_between_an_alert_and_its_card_leaves_one_card_that_says_all(
    tmp_path: Path, bots: Nursery, new_database: NewDatabase
) -> None:
    async with town(tmp_path / "town", bots, database=new_database()) as place:
        place.settings = taking_alerts(place.settings)
        await place.settle_in()
        for number, where in enumerate((*POSTING, *PAINTING)):
            rule = f"Rule{number}"
            if where in PAINTING:
                await told(place, rule, 1)
                await stands(place, rule, 1)
            place.arm(f"card: {where}", 1, only=where)
            await told(place, rule, 2)
            await struck(place, where)
            await place.spared()
            await stands(place, rule, 2)
            assert place.told_of(f"card: {where}") == [where], where
        for number in range(len(POSTING) + len(PAINTING)):
            await stands(place, f"Rule{number}", 2)
        await place.end()
        await log_signed(place)

    assert place.deaths == len(POSTING) + len(PAINTING)


async def told(place: Town, rule: str, number: int) -> None:
    """Send so many alerts of a rule until they are acknowledged."""
    sent = json.loads(body("alertmanager.firing"))
    first = sent["alerts"][0]
    labels = {**first["labels"], "alertname": rule}
    sent["alerts"] = [{**first, "labels": labels, "fingerprint": f"{rule}-{n}"} for n in range(number)]
    await place.until(lambda: taken(place, json.dumps(sent).encode()), "alerts are acknowledged")


async def struck(place: Town, where: str) -> None:
    """Wait until the bot was killed there."""

    async def dead() -> bool:
        return bool(place.told_of(f"card: {where}"))

    await place.until(dead, f"it is killed {where}")


async def stands(place: Town, rule: str, number: int) -> None:
    """Wait until the card of a rule says so many alerts, and check that it is the only one."""

    async def says() -> bool:
        found = await cards(place, rule)
        return bool(found) and f"{number} alert" in str(found[-1].blocks[0])

    await place.until(says, f"the card of {rule} says {number}")
    assert len(await cards(place, rule)) == 1


async def cards(place: Town, rule: str) -> list[Message]:
    """Return the cards of a rule that stand in the channel."""
    ids = {group.id for group in await groups(place) if group.rule == rule}
    marks = [(one, one.metadata or {}) for one in place.scene.workspace.messages(CHANNEL)]
    ours = [(one, mark) for one, mark in marks if mark.get("event_type") == BOARD]
    return [one for one, mark in ours if mark["event_payload"]["group"] in ids]
