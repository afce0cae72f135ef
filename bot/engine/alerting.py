"""
From kept posts to groups: each alert is counted once, whatever is sent again, and all of it or none.

One transaction holds many posts, so that a storm costs few of them: groups, alerts, one record, and the rows of the inbox
that are finished by it. What fails together is tried one by one, and a post that keeps failing is put aside and recorded.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from bot.domain.alerts import Alert, Status
from bot.domain.alerts.alert import SCHEMA
from bot.domain.alerts.grouping import Group, group_key, joined, opened
from bot.domain.alerts.occurrence import Known, heard, tells_more
from bot.domain.alerts.posts import Post, received
from bot.domain.audit.events import Event as EventName
from bot.engine.boards import counted as told_more
from bot.engine.context import Context
from bot.engine.recording import Entry, append
from bot.engine.resting import rest
from bot.ports import Doorway, InboxRow, Transaction

log = logging.getLogger("firebreak.alerts")

LEASE: Final = timedelta(seconds=60)
POLL: Final = 1.0  # seconds
AT_ONCE: Final = 50  # posts that are taken
MOST_ALERTS: Final = (
    200  # in one transaction, but for a single post with more: whoever acknowledges waits for it
)
BREATH: Final = 0.02  # seconds between two transactions, in which others get at the database
MOST_TAKES: Final = 5
MOST_TOLD: Final = 50  # groups that a record names

_post = msgspec.json.Decoder(Post)


class Alerting:
    """``owner`` names this process among the replicas."""

    def __init__(self, context: Context, doorway: Doorway, owner: str) -> None:
        self._context, self._doorway, self._owner = context, doorway, owner

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; a database that is away for a while does not end it."""
        while not stop.is_set():
            try:
                if not await self.turn():
                    await self._context.store.wait(POLL)
            except Exception as error:
                log.exception("alerts_not_worked", extra={"error": type(error).__name__})
                await rest(stop, POLL)

    async def turn(self) -> int:
        """Work what waits; return how many posts that was."""
        rows = await self._doorway.take(self._owner, LEASE, AT_ONCE, alerts=True)
        posts: dict[str, Post] = {}
        for row in rows:
            post = _read(row)
            if post is None or row.attempts > MOST_TAKES:
                await self._put_aside(row)
            elif post.schema <= SCHEMA:  # what a newer program has kept is left to it
                posts[row.key] = Post(received(post, row.received_at))
        for some in _batches(posts):
            await self._together(some)
            await asyncio.sleep(BREATH)
        return len(rows)

    async def _together(self, posts: Mapping[str, Post]) -> None:
        try:
            await self._work(posts)
        except Exception as error:
            if len(posts) == 1:
                raise
            log.warning("alerts_one_by_one", extra={"error": type(error).__name__})
            for key, post in posts.items():
                await self._alone(key, post)

    async def _alone(self, key: str, post: Post) -> None:
        """Never raises: the row comes again after its lease."""
        try:
            await self._work({key: post})
        except Exception as error:
            log.exception("alert_post_failed", extra={"key": key, "error": type(error).__name__})

    async def _work(self, posts: Mapping[str, Post]) -> None:
        async with self._context.store.begin() as tx:
            wanted = [key for key in posts if await tx.inbox.finish(key)]
            alerts = [alert for key in wanted for alert in posts[key].alerts]
            if not alerts:
                return
            counted = await _count(tx, alerts)
            if not counted:  # a sender repeats what is so, and the log is never pruned
                return
            details = {
                "received": len(alerts),
                "told_more": sum(counted.values()),
                "sources": sorted({alert.source for alert in alerts}),
                "groups": dict(counted.most_common(MOST_TOLD)),
            }
            await append(self._context, tx, Entry(EventName.ALERT, outcome="received", details=details))

    async def _put_aside(self, row: InboxRow) -> None:
        """Recorded, never silently dropped."""
        async with self._context.store.begin() as tx:
            if await tx.inbox.finish(row.key):
                details = {"key": row.key[:200], "takes": row.attempts}
                await append(self._context, tx, Entry(EventName.ALERT, outcome="put-aside", details=details))


def _batches(posts: Mapping[str, Post]) -> Iterator[dict[str, Post]]:
    """Yield posts in portions of at most so many alerts."""
    some: dict[str, Post] = {}
    count = 0
    for key, post in posts.items():
        if some and count + len(post.alerts) > MOST_ALERTS:
            yield some
            some, count = {}, 0
        some[key] = post
        count += len(post.alerts)
    if some:
        yield some


def _read(row: InboxRow) -> Post | None:
    """Return what was kept; ``None`` where it cannot be read: it never will be."""
    try:
        return _post.decode(row.payload)
    except msgspec.MsgspecError:
        log.warning("alert_post_unreadable", extra={"key": row.key})
        return None


async def _count(tx: Transaction, alerts: Sequence[Alert]) -> Counter[str]:
    """Count what tells more into its groups; return by group how many did, of each that is another for what it was told."""
    await tx.alerts.turn()
    desk = _Desk(tx, await tx.alerts.known(alert.id for alert in alerts))
    for alert in alerts:
        await desk.hear(alert)
    changed = Counter[str]()
    for home in sorted({*desk.counted, *desk.left_out}):  # as all do who hold several looks
        group = await desk.group(home)
        after = joined(group, desk.counted.get(home, ()), tx.now)
        after = replace(after, left_out=max(after.left_out, desk.left_out[home]))
        if after != group:
            await tx.alerts.put_group(after)
            await told_more(tx, group, after)
            changed[home] = len(desk.counted.get(home, ()))
    await tx.alerts.put([desk.known[name] for name in sorted(desk.told)])
    await tx.alerts.put_times([desk.known[name] for name in sorted(desk.heard - desk.told)])
    return changed


class _Desk:
    """
    The groups and alerts that one transaction has in hand.

    An alert stays in its group, whatever it names later. What tells more and fires when that group is over has gone on in
    another, and is over for the one that it left.
    """

    def __init__(self, tx: Transaction, known: Mapping[str, Known]) -> None:
        self._tx = tx
        self._homes: dict[str, str] = {}
        self._groups: dict[str, Group] = {}
        self.known = dict(known)
        self.counted: dict[str, list[tuple[Alert, Known | None]]] = defaultdict(list)
        self.left_out: Counter[str] = Counter()
        self.told: set[str] = set()
        self.heard: set[str] = set()

    async def hear(self, alert: Alert) -> None:
        """Note what an alert says, and for which group that tells more."""
        before = self.known.get(alert.id)
        after = heard(alert, before, self._tx.now)
        if tells_more(before, after):
            after = await self._told(before, after)
            self.told.add(alert.id)
        elif before is not None:
            after = replace(after, alert=before.alert)  # its own words are kept with what they told
        if alert.left_out:
            self.left_out[after.group_id] = max(self.left_out[after.group_id], alert.left_out)
        if before is None or before.times != after.times:
            self.heard.add(alert.id)
        self.known[alert.id] = after

    async def _told(self, before: Known | None, after: Known) -> Known:
        counted = before
        if (
            before is not None
            and after.alert.firing
            and (await self.group(before.group_id)).over(self._tx.now)
        ):
            if before.alert.firing:
                left = replace(before.alert, status=Status.RESOLVED)
                self.counted[before.group_id].append((left, before))
            counted = None
        home = counted.group_id if counted is not None else await self.home(after.alert)
        self.counted[home].append((after.alert, counted))
        return replace(after, group_id=home)

    async def home(self, alert: Alert) -> str:
        """Return the id of the group that a new alert belongs to; one that is over is followed by another."""
        key = group_key(alert)
        if key not in self._homes:
            group = await self._tx.alerts.newest(key)
            if group is None or group.over(self._tx.now):
                begun = opened(alert, self._tx.now)
                await self._tx.alerts.add_group(begun, group.id if group else "")
                group = begun
            self._homes[key] = group.id
            self._groups[group.id] = group
        return self._homes[key]

    async def group(self, group_id: str) -> Group:
        """Return a group as it was before this transaction counted."""
        found = self._groups.get(group_id) or await self._tx.alerts.group(group_id, lock=True)
        if found is None:
            raise LookupError(f"there is no group {group_id} of an alert that is known")
        self._groups[group_id] = found
        return found
