"""
From the outbox to Slack: in order within a topic, across crashes, outages and rate limits.

What Slack asks to wait for waits as a row, not in a coroutine: other topics go on. Only what Slack refuses for good
is given up, with a record. The engine never waits for any of it.
"""

import asyncio
import logging
from datetime import timedelta
from typing import Final

import msgspec

from bot.adapters.slack.attaching import attach
from bot.adapters.slack.board.standing import again, follow, stand, whereabouts
from bot.adapters.slack.conversations import conversation_with, kept_open
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.letters import letter
from bot.adapters.slack.pace import Pace
from bot.adapters.slack.papers import hand_out
from bot.adapters.slack.parcels import deliver
from bot.adapters.slack.posting import SKEW, Poster, UnfitError, called
from bot.adapters.slack.rooms import make_room, say
from bot.adapters.slack.spoken import spoken
from bot.adapters.slack.whispers import tell_directly, whisper
from bot.domain.audit.events import Event as EventName
from bot.domain.errors import DeniedError, OutsideError, ThrottledError, UnknownOutcomeError
from bot.domain.letters import decoded
from bot.domain.people import Principal
from bot.domain.requests import Request
from bot.engine.expire import delivered
from bot.engine.recording import Entry, append
from bot.ports import Note, OutboxRow, Painted

log = logging.getLogger("firebreak.slack.sender")

LEASE: Final = timedelta(seconds=120)  # more than any one note can take: each call is bounded
POLL: Final = 1.0  # seconds
LONGEST_BACKOFF: Final = 60.0  # seconds
MOST_FAULTS: Final = 8  # attempts at a row that fails by an error of ours
# An operator mends these; until then everything waits. Any other refusal is for good.
MENDABLE: Final = frozenset(
    {
        "access_denied",
        "account_inactive",
        "ekm_access_denied",
        "invalid_auth",
        "missing_scope",
        "not_authed",
        "org_login_required",
        "token_expired",
        "token_revoked",
    }
)


class Sender:
    """``owner`` names this process among the replicas; ``pace`` holds to Slack's limit for each channel."""

    def __init__(self, desk: Desk, owner: str, pace: Pace) -> None:
        self._desk, self._owner = desk, owner
        self._poster = Poster(desk, pace)
        self._unsent: set[tuple[int, int]] = set()

    async def run(self, stop: asyncio.Event, senders: int = 4) -> None:
        """
        Send until ``stop`` is set, so many notes at once; those that are being said are ended. Cancelled, rows keep their lease.

        One looks for all: each look is a transaction, and the bell rings often.
        """
        saying: set[asyncio.Task[None]] = set()
        try:
            while not stop.is_set():
                row = await self._taken()
                if row is None:
                    await self._desk.context.store.wait(POLL)
                    continue
                saying.add(asyncio.create_task(self._guarded(row), name=f"note {row.id}"))
                if len(saying) >= senders:
                    await asyncio.wait(saying, return_when=asyncio.FIRST_COMPLETED)
                saying = {task for task in saying if not task.done()}
            await asyncio.gather(*saying)
        finally:
            for task in saying:
                task.cancel()
            await asyncio.gather(*saying, return_exceptions=True)

    async def turn(self) -> bool:
        """Say one note that may be said now; return whether there was one."""
        row = await self._desk.sending.take(self._owner, LEASE)
        if row is not None:
            await self._one(row)
        return row is not None

    async def _taken(self) -> OutboxRow | None:
        """Never raises: a database that is away for a while must not end the loop."""
        try:
            return await self._desk.sending.take(self._owner, LEASE)
        except Exception as error:
            log.exception("outbox_failed", extra={"error": type(error).__name__})
            return None

    async def _guarded(self, row: OutboxRow) -> None:
        """Never raises either: the row is taken again once its lease has ended."""
        try:
            await self._one(row)
        except Exception as error:
            log.exception("outbox_failed", extra={"error": type(error).__name__})

    async def _one(self, row: OutboxRow) -> None:
        unsent = row.attempts == 1 or (row.id, row.attempts) in self._unsent
        self._unsent.discard((row.id, row.attempts))
        try:
            await self._say(row, search=not unsent)
        except ThrottledError as error:
            await self._throttled(row, error, unsent=unsent)
        except UnknownOutcomeError as error:
            log.info("slack_unreachable", extra={"note": row.id, "code": error.code})
            await self._later(row, backoff(row.attempts))
        except (DeniedError, UnfitError) as error:
            await self._denied(row, error)
        except Exception as error:
            log.exception("note_failed", extra={"note": row.id, "error": type(error).__name__})
            await self._faulted(row)
        else:
            await self._done(row)

    async def _say(self, row: OutboxRow, *, search: bool) -> None:
        note = row.note
        match note.kind:
            case "whisper":
                await whisper(self._desk, note, row.id)
            case "card":
                await self._poster.card(note.request_id, search=search)
            case "board":
                await stand(self._desk, self._poster, note.document, search=search)
            case "direct":
                await kept_open(self._desk, _user(note), lambda: self._to_person(row, search=search))
            case "evidence" | "papers" | "room" | "attached":
                await kept_open(self._desk, _user(note), lambda: _CARRIED[note.kind](self._desk, note))
            case "said":
                await say(self._desk, self._poster, row, search=search)
            case "alarm":
                await self._in_channel(row, search=search)
            case _:
                await self._in_thread(row, search=search)

    async def _to_person(self, row: OutboxRow, *, search: bool) -> None:
        """Only ever to one of our own people, looked up now: a receipt is nobody else's business."""
        note = row.note
        try:
            to = Principal.parse(note.to)
            what = decoded(note.document) if note.document else None
        except (ValueError, msgspec.DecodeError) as error:
            raise DeniedError("odd_note", "a direct note that names nobody or says nothing") from error
        channel = await conversation_with(self._desk, to)
        picture = letter(note.text, what, called(self._desk, note.mention))
        await self._poster.alone(channel, row.id, picture, since=_since(row), search=search)

    async def _in_channel(self, row: OutboxRow, *, search: bool) -> None:
        """An alarm stands by itself: it needs no card to stand under."""
        request = await self._request(row.note.request_id)
        if request is None:
            raise DeniedError("no_request", "there is no request that it is about")
        refusal = await self._desk.directory.channel(request.channel)
        if refusal is not None:
            raise UnfitError(request, refusal)
        picture = spoken(row.note.text, called(self._desk, row.note.mention))
        await self._poster.alone(request.channel, row.id, picture, since=_since(row), search=search)

    async def _in_thread(self, row: OutboxRow, *, search: bool) -> None:
        """A notice stands under the card; a card that could not be posted before is tried again first."""
        note = row.note
        request = await self._request(note.request_id)
        card = await self._desk.cards.get(note.request_id) or await self._poster.card(
            note.request_id, search=True
        )
        if request is None or card is None:
            raise DeniedError("no_card", "there is no card to say it under")
        calling = called(self._desk, note.mention or request.needs.mention) if note.kind == "call" else ()
        picture = spoken(note.text, calling)
        await self._poster.reply(card, row.id, picture, since=_since(row), search=search)
        if note.kind == "warning":
            await delivered(self._desk.context, note.request_id)

    async def _throttled(self, row: OutboxRow, error: ThrottledError, *, unsent: bool) -> None:
        """A 429 is an answer: nothing was posted by it, so there is nothing to look for next time."""
        wait = error.retry_after or LONGEST_BACKOFF
        if error.code != "paced" and (channel := await self._channel(row)):
            self._poster.hold(channel, wait)
        if unsent:
            self._unsent.add((row.id, row.attempts + 1))
        await self._later(row, wait)

    async def _denied(self, row: OutboxRow, error: DeniedError | UnfitError) -> None:
        if isinstance(error, UnfitError):
            await self._give_up(row, error.refusal.code, error.refusal.text)
        elif error.code in MENDABLE:
            log.error("slack_refuses_the_app", extra={"code": error.code})
            await self._later(row, LONGEST_BACKOFF)
        else:
            await self._give_up(row, error.code, error.text)

    async def _faulted(self, row: OutboxRow) -> None:
        if row.attempts >= MOST_FAULTS:
            await self._give_up(row, "internal-error", "an error inside Firebreak")
        else:
            await self._later(row, backoff(row.attempts))

    async def _give_up(self, row: OutboxRow, code: str, why: str) -> None:
        """Recorded, so that nobody believes that it was said; the engine goes on."""
        log.error("note_given_up", extra={"note": row.id, "kind": row.note.kind, "code": code})
        request = await self._request(row.note.request_id)
        entry = Entry(
            EventName.REFUSAL,
            request=request,
            outcome=code[:100],
            target="" if request else row.note.topic[:200],
            note=f"not said ({row.note.kind}): {why}",
        )
        async with self._desk.context.store.begin() as tx:
            await append(self._desk.context, tx, entry)
        await self._done(row)
        if request is not None and row.note.kind == "card":
            await self._tell_requester(request, why)

    async def _tell_requester(self, request: Request, why: str) -> None:
        """Best effort: without a card nobody decides, and only the one who asked can know that it is missing."""
        if request.requester is None:
            return
        text = (
            f"The card of {request.id} could not be shown in its channel: {why} See /ir status {request.id}."
        )
        try:
            await tell_directly(self._desk, request.requester.user, text)
        except OutsideError as error:
            log.info("requester_not_told", extra={"request": request.id, "code": error.code})

    async def _later(self, row: OutboxRow, seconds: float) -> None:
        async with self._desk.context.store.begin() as tx:
            at = tx.now + timedelta(seconds=seconds)
        if not await self._desk.sending.later(row, at):
            await self._overtaken(row)

    async def _done(self, row: OutboxRow) -> None:
        """Said, or given up: what became of a request stands on the board that it came of in either case."""
        if row.note.kind == "card":
            await follow(self._desk, row.note.request_id)
        if not await self._desk.sending.done(row):
            await self._overtaken(row)

    async def _overtaken(self, row: OutboxRow) -> None:
        """Frozen past its lease: another has painted since, and ours may stand over it now, so it is painted anew."""
        if row.note.kind == "card":
            await self._poster.forget(row.note.request_id)
            async with self._desk.context.store.begin() as tx:
                await tx.outbox.put(row.note)
        if row.note.kind == "board":
            await again(self._desk, row.note.document)

    async def _request(self, request_id: str) -> Request | None:
        if not request_id:
            return None
        async with self._desk.context.store.begin() as tx:
            return await tx.requests.get(request_id)

    async def _channel(self, row: OutboxRow) -> str:
        card: Painted | None = None
        if row.note.kind == "direct":
            return self._desk.conversations.get(_user(row.note), "")
        if row.note.kind == "board":
            return await whereabouts(self._desk, row.note.document)
        if row.note.kind != "whisper":
            card = await self._desk.cards.get(row.note.request_id)
        request = None if card else await self._request(row.note.request_id)
        return card.channel if card else request.channel if request and row.note.kind != "whisper" else ""


_CARRIED: Final = {"evidence": deliver, "papers": hand_out, "room": make_room, "attached": attach}


def _user(note: Note) -> str:
    return note.to.partition(":")[2]


def _since(row: OutboxRow) -> float:
    """From when on an earlier attempt may have posted it: Slack's clock is not ours."""
    return (row.created_at - SKEW).timestamp()


def backoff(attempts: int) -> float:
    """Return the seconds to wait after so many attempts: 1, 2, 4, up to 60."""
    return float(min(LONGEST_BACKOFF, 2.0 ** min(attempts - 1, 10)))
