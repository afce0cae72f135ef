"""
Many groups of alerts at once, and a channel that takes one message a second: one message says how many wait for their cards.

The cards come all the same, in their turn. The message is repainted in place until none waits any more.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.adapters.slack.card.painted import Painted as Picture
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.posting import Post, Poster
from bot.adapters.slack.spoken import explained
from bot.domain.errors import DeniedError
from bot.domain.suggestions.looks import PACE
from bot.engine.boards import KIND
from bot.ports import Note, Painted, Transaction

CROWD: Final = "crowd:"
"""Before the channel: what such a note, its card's row and its marks are known by."""

MARK: Final = "firebreak_crowd"
WAITING: Final = 10.0
"""Seconds that a card waits for its turn before it is said that many do."""

EVERY: Final = timedelta(seconds=10)
SAME: Final = timedelta(hours=1)
"""So long after it was posted the message is repainted; after that another is posted, for nobody would see the first."""

BELOW: Final = "Many groups of alerts fired at once. How many wait for their card now is said below. All of them: `/ir alerts`"
"""What the first says from then on."""


async def gather(desk: Desk, channel: str, wait: float) -> None:
    """A card must wait so many seconds for its turn: have it said, where that is long."""
    if wait <= WAITING:
        return
    async with desk.context.store.begin() as tx:
        await _soon(tx, channel, PACE)


async def sum_up(desk: Desk, poster: Poster, key: str, *, search: bool) -> Painted | None:
    """Say how many groups wait for their first card, again and again until none does. Raises the errors of ``client``."""
    channel, waiting = key.removeprefix(CROWD), await desk.sending.crowd()
    old = await desk.cards.get(key)
    async with desk.context.store.begin() as tx:
        now = tx.now
    if old is not None and waiting and now - _posted(old) > SAME:
        await _repainted(desk, poster, key, old, explained(BELOW))
        old = None
    if old is None and not waiting:
        return None
    picture = explained(_words(waiting))
    made = await _repainted(desk, poster, key, old, picture) if old else None
    if made is None:
        await fit(desk, channel)
        post = Post(channel, picture, MARK, {"channel": channel}, (now - SAME).timestamp())
        ts = await poster.posted(post, search=search, by="channel")
        made = Painted(channel, ts, _seal(picture))
        await desk.cards.put(key, made)
    if waiting:
        async with desk.context.store.begin() as tx:
            await _soon(tx, channel, EVERY)
    return made


async def _repainted(desk: Desk, poster: Poster, key: str, old: Painted, picture: Picture) -> Painted | None:
    """Have the message that stands show this, and remember that it does; ``None`` where it is gone."""
    made = Painted(old.channel, old.ts, _seal(picture))
    if made != old:
        if not await poster.repainted(old, picture):
            return None
        await desk.cards.put(key, made)
    return made


def _seal(picture: Picture) -> str:
    return hashlib.sha256(picture.text.encode()).hexdigest()


async def fit(desk: Desk, channel: str) -> None:
    """Raise ``DeniedError`` for a channel that must not be written to."""
    refusal = await desk.directory.channel(channel)
    if refusal is not None:
        raise DeniedError(refusal.code, refusal.text)


def _words(waiting: int) -> str:
    if not waiting:
        return "Many groups of alerts fired at once. Each has its card now. All of them: `/ir alerts`"
    return (
        f"*Many groups of alerts fire at once: {waiting} more wait for their card*, here or in another channel. "
        "A channel takes one message a second: sources take turns, each with its worst first. All of them: `/ir alerts`"
    )


async def _soon(tx: Transaction, channel: str, after: timedelta) -> None:
    note = Note(topic=f"alert-{CROWD}{channel}", kind=KIND, document=f"{CROWD}{channel}")
    await tx.outbox.paced(note, tx.now + after)


def _posted(card: Painted) -> datetime:
    return datetime.fromtimestamp(float(card.ts), UTC)
