"""
Posts to channels: the request's card, and what is said in its thread. A post is never made twice.

A post whose answer was lost is looked for by its metadata before it is made again: chat.postMessage knows no
idempotency key. Metadata can be written by any app of the workspace, so only messages of our own user count.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from bot.adapters.slack.card import Painted as Picture
from bot.adapters.slack.card import paint
from bot.adapters.slack.card.kit import unfolded
from bot.adapters.slack.client import Json
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.pace import UPDATES, Line, Pace
from bot.domain.audit.events import Event as EventName
from bot.domain.documents import Document
from bot.domain.errors import DeniedError, ThrottledError, UnknownOutcomeError
from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.requests import Request
from bot.engine.reading import Shown, show
from bot.engine.recording import Entry, append
from bot.ports import Painted

CARD: Final = "firebreak_request"
NOTE: Final = "firebreak_note"
SKEW: Final = timedelta(minutes=5)  # between Slack's clock and ours
PAGES: Final = 10
PER_PAGE: Final = 100
PAUSE: Final = 60.0  # seconds without changes, where Slack asks for a pause and does not say how long
# chat.update cannot reach the message any more: a fresh one is posted (docs.slack.dev/reference/methods/chat.update).
UNREACHABLE: Final = frozenset(
    {"cant_update_message", "edit_window_closed", "is_inactive", "message_not_found"}
)

UNKNOWN_BLOCKS: Final = frozenset({"invalid_blocks", "invalid_blocks_format"})


class UnfitError(Exception):
    """A channel that must not be written to: the refusal says why."""

    def __init__(self, request: Request, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.request, self.refusal = request, refusal


class Post(msgspec.Struct, frozen=True):
    """
    One message to be: where, in which thread, its marks for finding it again, and since when it may be there.

    ``spare``: it leaves so much of the channel's room to others.
    """

    channel: str
    picture: Picture
    event_type: str
    payload: dict[str, Any]
    oldest: float
    thread: str = ""
    passed: str = ""
    spare: float = 0.0


class Poster:
    """Posts in the pace that Slack allows. ``pace`` is shared by all senders of this process."""

    def __init__(self, desk: Desk, pace: Pace) -> None:
        self._desk, self._pace = desk, pace

    async def card(self, request_id: str, *, search: bool) -> Painted | None:
        """
        Have the card stand as its rows are, and return where it is; ``None`` for a request that is not there.

        ``search``: an earlier attempt may have posted it. Raises ``UnfitError`` and the errors of ``client``.
        """
        shown = await show(self._desk.context.store, request_id)
        if shown is None:
            return None
        picture = paint(shown, mentions(self._desk, shown.request))
        seal = f"{shown.request.revision}:{seal_of(picture)}"  # which plan, and what of it is shown
        card = await self._desk.cards.get(request_id)
        if card is not None and card.hash == seal:
            return card
        ts = await self.repainted(card, picture) if card else ""
        channel = card.channel if card and ts else shown.request.channel
        if not ts:
            ts = await self._fresh(shown, picture, card, search=search)
        return await self._stand(shown, picture, Painted(channel, ts, seal), card)

    async def forget(self, request_id: str) -> None:
        """Have the card painted next time whatever is remembered of it; that its plan was shown stays known."""
        card = await self._desk.cards.get(request_id)
        if card is not None:
            plan = card.hash.partition(":")[0]
            await self._desk.cards.put(request_id, Painted(card.channel, card.ts, f"{plan}:"))

    async def reply(
        self, card: Painted, note_id: int, picture: Picture, *, since: float, search: bool
    ) -> None:
        """Say something in the thread of a card, once for each note."""
        payload = {"note": note_id}
        await self.posted(Post(card.channel, picture, NOTE, payload, since, thread=card.ts), search=search)

    async def alone(
        self, channel: str, note_id: int, picture: Picture, *, since: float, search: bool
    ) -> None:
        """Say something as a message of its own, once for each note; the caller knows that the channel is fit."""
        await self.posted(Post(channel, picture, NOTE, {"note": note_id}, since), search=search)

    def hold(self, channel: str, seconds: float) -> None:
        """Slack asked for quiet in a channel."""
        self._pace.hold(channel, seconds)

    def short(self, channel: str, spare: float) -> float:
        """Return how many seconds a channel has no room for a message that leaves ``spare`` to others."""
        return self._pace.short(channel, spare)

    def line(self, line: Line, soonest: float) -> float:
        """Return in how many seconds whoever joins a line may try."""
        return self._pace.line(line, soonest)

    def spare(self, line: Line) -> float:
        """Return how much room whoever is of a line leaves to others."""
        return self._pace.spare(line)

    def served(self, line: Line) -> None:
        """One of a line has got its room."""
        self._pace.served(line)

    async def repainted(self, card: Painted, picture: Picture, line: Line | None = None) -> str:
        """
        Return the card's ts, or nothing when it cannot be reached any more.

        Those in a ``line`` wait for their turn, all others go before them: Slack counts the changes of all messages.
        """
        if line is None:
            self._pace.spend(UPDATES)
        elif short := self._pace.short(UPDATES, self._pace.spare(line)):
            raise ThrottledError("paced", "our own pace", self._pace.line(line, short))
        else:
            self._pace.spend(UPDATES)
            self._pace.served(line)
        where = {"channel": card.channel, "ts": card.ts}
        try:
            await understood(self._desk.slack.put, "chat.update", picture, where)
        except ThrottledError as error:  # it says nothing about posts: no channel is kept quiet for it
            wait = error.retry_after or PAUSE
            self._pace.hold(UPDATES, wait)
            raise ThrottledError("paced", "Slack's pace of changes", wait) from None
        except DeniedError as error:
            if error.code not in UNREACHABLE:
                raise
            return ""
        return card.ts

    async def _fresh(self, shown: Shown, picture: Picture, old: Painted | None, *, search: bool) -> str:
        request = shown.request
        refusal = await self._desk.directory.channel(request.channel)
        if refusal is not None:
            raise UnfitError(request, refusal)
        payload = {"request_id": request.id, "revision": request.revision}
        oldest = (request.created_at - SKEW).timestamp()
        post = Post(request.channel, picture, CARD, payload, oldest, passed=old.ts if old else "")
        return await self.posted(post, search=search, by="request_id")

    async def _stand(self, shown: Shown, picture: Picture, card: Painted, old: Painted | None) -> Painted:
        """Record what approvers see once for each plan, then remember where: a crash between records it twice."""
        if old is None or old.hash.partition(":")[0] != card.hash.partition(":")[0]:
            seen = Document.of({"text": picture.text, "blocks": list(picture.blocks)}).text.encode()
            entry = Entry(
                EventName.PLAN_SHOWN, None, shown.request, outcome="card-shown", blob=seen, blob_name="card"
            )
            async with self._desk.context.store.begin() as tx:
                await append(self._desk.context, tx, entry)
        await self._desk.cards.put(shown.request.id, card)
        return card

    async def posted(self, post: Post, *, search: bool, by: str = "note") -> str:
        """Post a message, unless an earlier attempt did, and return its ts. Raises the errors of ``client``."""
        if search and (found := await self.found(post, by)):
            return found
        wait = self._pace.wait(post.channel, post.spare)
        if wait > 0:
            raise ThrottledError("paced", "our own pace", wait)
        place = {
            "channel": post.channel,
            "thread_ts": post.thread or None,
            "metadata": {"event_type": post.event_type, "event_payload": post.payload},
            "unfurl_links": False,
            "unfurl_media": False,
        }
        answer = await understood(self._desk.slack.post, "chat.postMessage", post.picture, place)
        ts = answer.get("ts")
        if not isinstance(ts, str) or not ts:
            raise UnknownOutcomeError("odd_answer", "chat.postMessage: no ts")
        return ts

    async def found(self, post: Post, by: str) -> str:
        """Return the ts of the message that an earlier attempt posted, the newest if there are several."""
        method = "conversations.replies" if post.thread else "conversations.history"
        cursor: str | None = None
        found: list[str] = []
        for _ in range(PAGES):
            page = await self._page(method, post, cursor)
            found += [m["ts"] for m in _messages(page) if self._is_ours(m, post, by)]
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                break
        return max(found, key=float, default="")

    async def _page(self, method: str, post: Post, cursor: str | None) -> Json:
        try:
            return await self._desk.slack.read(
                method,
                channel=post.channel,
                ts=post.thread or None,
                oldest=f"{post.oldest:.6f}",
                include_all_metadata=True,
                limit=PER_PAGE,
                cursor=cursor,
            )
        except DeniedError as error:  # not knowing is no reason to post twice: an operator grants the scope
            raise UnknownOutcomeError(error.code, f"{method}: cannot look for a lost post") from None

    def _is_ours(self, message: Json, post: Post, by: str) -> bool:
        marks = message.get("metadata") or {}
        payload = marks.get("event_payload") or {}
        mine = (
            message.get("user") == self._desk.installation.home.bot_user and message.get("ts") != post.passed
        )
        return mine and marks.get("event_type") == post.event_type and payload.get(by) == post.payload[by]


def mentions(desk: Desk, request: Request) -> tuple[str, ...]:
    """Return those who may approve, as mentions; no question to Slack is needed for them."""
    return called(desk, request.needs.mention)


def called(desk: Desk, names: Sequence[str]) -> tuple[str, ...]:
    """Return groups of the policy and people (``team:user``) as mentions; a group that is no more is left out."""
    groups = desk.context.policy.groups
    named = [groups[name] for name in names if name in groups]
    keys = [Principal.parse(name) for name in names if ":" in name]
    teams = [f"<!subteam^{group.usergroup}>" for group in named if group.usergroup]
    people = [person for group in named for person in sorted(group.people)]
    return tuple(
        dict.fromkeys([*(f"<@{one.user}>" for one in keys), *teams, *(f"<@{p.user}>" for p in people)])
    )


def seal_of(picture: Picture) -> str:
    """Return what two pictures have in common only where they show the same. It is stored: it must stay as it is."""
    return hashlib.sha256(msgspec.json.encode([picture.text, picture.blocks])).hexdigest()


async def understood(
    call: Callable[..., Awaitable[Json]], method: str, picture: Picture, where: Json
) -> Json:
    """Send a picture; a Slack that refuses its blocks gets them without the newest kinds."""
    try:
        return await call(method, **where, text=picture.text, blocks=list(picture.blocks))
    except DeniedError as error:
        flat = unfolded(picture.blocks)
        if error.code not in UNKNOWN_BLOCKS or flat == picture.blocks:
            raise
        return await call(method, **where, text=picture.text, blocks=list(flat))


def _messages(page: Json) -> Sequence[Json]:
    found = page.get("messages")
    return [m for m in found if isinstance(m, dict) and "ts" in m] if isinstance(found, list) else []
