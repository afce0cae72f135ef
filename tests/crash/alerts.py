"""A sender of alerts who tries again, as Alertmanager does, and what must be so of all that it was told is kept."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import aiohttp
import msgspec
from pydantic import SecretStr
from sqlalchemy import text

from bot.domain.alerts.grouping import Group
from bot.domain.audit.events import Event
from bot.settings import Settings
from bot.settings.alerts import AlertSourceSettings
from tests.adapters.alerts.recorded import body
from tests.alerts.senders import TOKEN, bearer
from tests.crash.town import POLL, Town

PER_POST: Final = 2


def taking_alerts(settings: Settings) -> Settings:
    """Take alerts of Alertmanager."""
    source = AlertSourceSettings(
        format="alertmanager", cluster="prod", token=SecretStr(TOKEN), per_second=1000, burst=10_000
    )
    return settings.model_copy(update={"alerts": {"alertmanager": source}})


def raw_post(number: int) -> bytes:
    """Return a post of two alerts: one of its own, and the one that the next post tells too."""
    sent = json.loads(body("alertmanager.firing"))
    first = sent["alerts"][0]
    sent["alerts"] = [{**first, "fingerprint": f"{number + each}"} for each in range(PER_POST)]
    return json.dumps(sent).encode()


async def taken(town: Town, raw: bytes) -> bool:
    """Send a post once; return whether the bot lived and acknowledged it."""
    port = (town.folder / "port").read_text("utf-8")
    address = f"http://127.0.0.1:{port}/alerts/alertmanager"
    try:
        async with aiohttp.ClientSession() as web, web.post(address, data=raw, headers=bearer(TOKEN)) as got:
            return got.status == 200
    except (aiohttp.ClientError, OSError):
        return False


@dataclass
class Sender:
    """Sends posts in order, each until it is taken. ``tries`` is how often each was sent."""

    town: Town
    tries: list[int] = field(default_factory=list)

    @property
    def different(self) -> int:
        """How many different alerts were acknowledged."""
        return len(self.tries) + 1 if self.tries else 0

    async def send(self) -> None:
        """Send the next one until it is acknowledged; whenever the bot is dead, it is started again meanwhile."""
        raw = raw_post(len(self.tries))
        self.tries.append(0)

        async def tried() -> bool:
            self.tries[-1] += 1
            return await taken(self.town, raw)

        await self.town.until(tried, "a post of alerts is acknowledged")


async def groups(town: Town) -> tuple[Group, ...]:
    """Return the groups as they stand."""
    async with town.records.engine.connect() as connection:
        rows = await connection.execute(text("SELECT doc FROM alert_groups ORDER BY id"))
        return tuple(msgspec.json.decode(row.doc, type=Group) for row in rows)


async def counted_once(sender: Sender) -> None:
    """One group has each alert once, firing, and each thing that it names as often as it was named."""
    (group,) = await groups(sender.town)
    assert (group.total, group.firing) == (sender.different, sender.different)
    assert {named.alerts for named in group.named} == {sender.different}


async def recorded_once(sender: Sender) -> None:
    """The log says of each alert once that it was counted, and of nothing that it was put aside."""
    records = [record for record in await sender.town.records.log() if record.event is Event.ALERT]
    assert {record.outcome for record in records} == {"received"}
    assert sum(int(str(record.details["told_more"])) for record in records) == sender.different


async def nothing_left(sender: Sender) -> None:
    """No post waits."""
    assert await sender.town.records.heard()


Check = Callable[[Sender], Awaitable[None]]
MUST: Final[tuple[Check, ...]] = (counted_once, recorded_once, nothing_left)
"""What holds once all is worked, whatever happened; what else comes of a group adds its own."""


async def worked(sender: Sender) -> None:
    """Wait until all that was acknowledged is worked, and check what must hold then."""

    async def heard() -> bool:
        found = await groups(sender.town)
        return await sender.town.records.heard() and sum(each.total for each in found) >= sender.different

    await sender.town.until(heard, "what was acknowledged is worked")
    for check in MUST:
        await check(sender)


async def killed_now(town: Town) -> None:
    """End the bot as kill -9 does, at whatever it is."""
    assert town.bot is not None
    await town.bot.kill()
    await asyncio.sleep(POLL)
