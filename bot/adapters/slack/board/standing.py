"""
The card of a group of alerts, standing in its channel: posted once, found again by its metadata, repainted in place.

A muted rule's card is not posted; one that stands says that it is muted.
"""

from typing import Final

from bot.adapters.slack.board import paint_board
from bot.adapters.slack.board.crowding import CROWD, fit, gather, sum_up
from bot.adapters.slack.card.painted import Painted as Picture
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.pace import UPDATES, Line
from bot.adapters.slack.posting import SKEW, Post, Poster, seal_of
from bot.domain.alerts.grouping import Group
from bot.domain.alerts.subjects import EITHER
from bot.domain.errors import DeniedError, ThrottledError
from bot.domain.suggestions import Board
from bot.domain.suggestions.looks import urgency
from bot.engine.boards import board as read
from bot.engine.boards import repainted
from bot.engine.context import Context
from bot.engine.takings import takings
from bot.ports import Painted

BOARD: Final = "firebreak_alerts"


async def stand(desk: Desk, poster: Poster, group_id: str, *, search: bool) -> Painted | None:
    """
    Have a group's card stand as its rows are, and return where; ``None`` where there is none to be.

    ``search``: an earlier attempt may have posted it. Raises the errors of ``client``.
    """
    if group_id.startswith(CROWD):
        return await sum_up(desk, poster, group_id, search=search)
    old = await desk.cards.get(group_id)
    if old is None:
        await _room(desk, poster, group_id)
    board = await read(desk.context, group_id)
    if board is None:
        return None
    async with desk.context.store.begin() as tx:
        now = tx.now
    picture = paint_board(board, now, await takings(desk.context, board))
    seal = seal_of(picture)
    if old is not None and old.hash == seal:
        return old
    ts = await poster.repainted(old, picture, _line(UPDATES, board.group)) if old else ""
    if old is not None and ts:
        card = Painted(old.channel, ts, seal)
    else:
        made = await _fresh(desk, poster, board, picture, old, search=search)
        if made is None:
            return None
        card = Painted(*made, seal)
    await desk.cards.put(group_id, card)
    return card


async def _fresh(
    desk: Desk, poster: Poster, board: Board, picture: Picture, old: Painted | None, *, search: bool
) -> tuple[str, str] | None:
    """Return channel and ts of the card; ``None`` while its rule is muted and none was posted before."""
    channel = channel_of(desk.context, board.group)
    if not channel:
        raise DeniedError("no_channel", "there is no channel for these alerts: set slack.channels")
    oldest = (board.group.opened_at - SKEW).timestamp()
    payload = {"group": board.group.id}
    line = _line(channel, board.group)
    spare = poster.spare(line)
    post = Post(channel, picture, BOARD, payload, oldest, passed=old.ts if old else "", spare=spare)
    if board.muted is None:
        await fit(desk, channel)
    if search and (found := await poster.found(post, "group")):
        return channel, await poster.repainted(Painted(channel, found, ""), picture) or found
    if board.muted is not None:
        return None
    ts = await poster.posted(post, search=False)
    poster.served(line)
    return channel, ts


async def _room(desk: Desk, poster: Poster, group_id: str) -> None:
    """
    Go no further where the channel has no room for one more card: of a thousand groups most wait, and that costs little.

    Those of one source and severity wait in line, the worst first: each leaves room to whatever is worse, to requests, and
    to the source whose turn it is. What is muted stands in no line, for its card does not come.
    """
    async with desk.context.store.begin() as tx:
        group = await tx.alerts.group(group_id)
        muted = group is not None and bool(await tx.suggestions.muted((group.told_by,)))
    channel = channel_of(desk.context, group) if group else ""
    if group is None or not channel or muted:
        return
    line = _line(channel, group)
    short = poster.short(channel, poster.spare(line))
    if short > 0:
        wait = poster.line(line, short)
        await gather(desk, channel, wait)
        raise ThrottledError("paced", "our own pace", wait)


def _line(channel: str, group: Group) -> Line:
    return Line(channel, group.source, urgency(group.severity))


def channel_of(context: Context, group: Group) -> str:
    """Return the channel of a group: its cluster's, that of all, the only one, or the first of a cluster that it may be about."""
    every = set(context.channels.values())
    sure = context.channel_for(group.cluster) or (next(iter(every)) if len(every) == 1 else "")
    perhaps = (name for each in group.named for name in each.subject.cluster.split(EITHER))
    return sure or next((context.channels[name] for name in perhaps if name in context.channels), "")


async def whereabouts(desk: Desk, group_id: str) -> str:
    """Return the channel in which a group's card stands, or would, or the message about many; empty where that is none."""
    if group_id.startswith(CROWD):
        return group_id.removeprefix(CROWD)
    card = await desk.cards.get(group_id)
    if card is not None:
        return card.channel
    async with desk.context.store.begin() as tx:
        group = await tx.alerts.group(group_id)
    return channel_of(desk.context, group) if group else ""


async def follow(desk: Desk, request_id: str) -> None:
    """A request's card was painted anew, or cannot be: that of the alerts that it came of is painted anew."""
    async with desk.context.store.begin() as tx:
        request = await tx.requests.get(request_id)
        if request is not None and request.cause is not None:
            await repainted(tx, request.cause.group)


async def again(desk: Desk, group_id: str) -> None:
    """Have a card painted whatever is remembered of it: another stands in its place perhaps."""
    if group_id.startswith(CROWD):
        return
    card = await desk.cards.get(group_id)
    if card is not None:
        await desk.cards.put(group_id, Painted(card.channel, card.ts, ""))
    async with desk.context.store.begin() as tx:
        await repainted(tx, group_id)
