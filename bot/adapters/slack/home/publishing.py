"""
Keeps the Homes of those who opened theirs lately as the rows are.

A Home is painted anew when it is opened, and whenever the audit log has grown: nothing that it shows changes without
a record. Each is sent only if it shows something else than before.
"""

import asyncio
import hashlib
import logging
from datetime import timedelta
from typing import Final

import msgspec

from bot.adapters.slack.desk import Desk
from bot.adapters.slack.home.painting import home
from bot.domain.audit.events import Event as EventName
from bot.domain.errors import FirebreakError, OutsideError
from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.engine.overview import Overview, overview
from bot.engine.recording import Entry, append
from bot.engine.resting import rest
from bot.engine.saying import refuse_shown

log = logging.getLogger("firebreak.slack.home")

LATELY: Final = timedelta(hours=24)
MOST: Final = 50  # Homes kept fresh: views.publish takes about 100 a minute
LOOK: Final = 2.0  # seconds between looks


async def opened(desk: Desk, key: str, person: Principal) -> None:
    """Somebody opened their Home: show it, remember to keep it fresh, record that it was read."""
    seen = await overview(desk.context, person)
    if isinstance(seen, Refusal):
        await refuse_shown(desk.context, key, person, seen)
        await _publish(desk, person, seen, "")
        return
    async with desk.context.store.begin() as tx:
        if not await tx.inbox.finish(key):
            return
        await append(desk.context, tx, Entry(EventName.COMMAND, person, outcome="read", target="home"))
        now = tx.now
    seal = await _publish(desk, person, seen, "")
    await desk.homes.put(person, now, seal)


class Homes:
    """The loop beside the pump."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._known = desk, -1

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; a database or a Slack that is away is looked for again."""
        while not stop.is_set():
            try:
                await self.turn()
            except FirebreakError as error:
                log.warning("homes_not_painted", extra={"error": type(error).__name__})
            await rest(stop, LOOK)

    async def turn(self) -> int:
        """Paint what is to be painted; return how many were sent."""
        async with self._desk.context.store.begin() as tx:
            grown, now = (await tx.counts.sums()).records, tx.now
        if grown == self._known:
            return 0
        sent = 0
        for person, seal in await self._desk.homes.recent(now - LATELY, MOST):
            seen = await overview(self._desk.context, person)
            fresh = await _publish(self._desk, person, seen, seal)
            if fresh != seal:
                await self._desk.homes.put(person, None, fresh)
                sent += 1
        self._known = grown
        return sent


async def _publish(desk: Desk, person: Principal, seen: Overview | Refusal, before: str) -> str:
    """Send the view unless it is the one that is there; return the seal of what stands then."""
    links = {} if isinstance(seen, Refusal) else await _links(desk, seen)
    view = home(seen, links)
    seal = hashlib.sha256(msgspec.json.encode(view)).hexdigest()
    if seal == before:
        return before
    try:
        await desk.slack.put("views.publish", user_id=person.user, view=view)
    except OutsideError as error:
        log.info("slack_home_not_shown", extra={"code": error.code})
        return before
    return seal


async def _links(desk: Desk, seen: Overview) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in (*seen.trouble, *seen.waiting, *seen.reviews, *seen.held, *seen.active, *seen.asked)[:36]:
        link = await _link(desk, one.request.id)
        if link:
            found[one.request.id] = link
    return found


async def _link(desk: Desk, request_id: str) -> str:
    """Return the card's address, asked once for each place that it is at."""
    card = await desk.cards.get(request_id)
    if card is None:
        return ""
    place = f"{card.channel}/{card.ts}"
    if place not in desk.links:
        try:
            answer = await desk.slack.read("chat.getPermalink", channel=card.channel, message_ts=card.ts)
        except OutsideError:
            return ""
        link = answer.get("permalink")
        if not isinstance(link, str) or not link.startswith(("https://", "http://")):
            return ""
        desk.links[place] = link
    return desk.links[place]
