"""
``POST /alerts/<source>``: proved, read, kept, and only then acknowledged.

In this order: (1) the source is one of ours; (2) not too many at once; (3) who sends is proved by the headers; (4) the
source is within its rate; (5) the body comes in time and is not too large; (6) its signature, where it has one; (7) it is
what the source sends; (8) it is in the database. Refusals tell the sender what is wrong with the form of a proved body,
and nothing else.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
from aiohttp import web

from bot.adapters.alerts.clerk import Clerk, KeepAll
from bot.adapters.alerts.figures import AlertFigures, Outcome
from bot.adapters.alerts.parsing import Parser
from bot.adapters.alerts.proving import Proof, Shown, UnprovedError
from bot.adapters.alerts.rates import Bucket
from bot.adapters.alerts.signatures import Signature
from bot.adapters.alerts.wire import LARGEST, Intake, MisfitError
from bot.domain.alerts.posts import Post, head_of, key_of, kind_of
from bot.domain.errors import FirebreakError

log = logging.getLogger("firebreak.alerts")

PATH: Final = "/alerts/{source}"
PATIENCE: Final = 10.0  # seconds for the whole body
AT_ONCE: Final = 64  # posts that are being read
CHUNK: Final = 64 * 1024
TINY: Final = 4 * 1024  # bytes that are read in a tenth of a millisecond: an alert or two
SMALL: Final = 16 * 1024  # bytes that are read in a millisecond

Body = TypeVar("Body", bytes, bytearray)
KeepHead = Callable[[str, MisfitError, str], Awaitable[None]]


class _RefusedError(Exception):
    def __init__(self, status: int, outcome: Outcome, why: str = "", after: int = 0) -> None:
        super().__init__(why)
        self.status, self.outcome, self.why, self.after = status, outcome, why, after


@dataclass(frozen=True)
class Gate:
    """One source: how it is proved, how its bodies are read, how many are taken."""

    intake: Intake
    parse: Parser
    rate: Bucket
    proofs: tuple[Proof, ...] = ()
    signature: Signature | None = None

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a source that anybody could send for: settings refuse it before."""
        if not self.proofs and self.signature is None:
            raise ValueError(f"nothing proves who sends for {self.intake.source}")


@dataclass(frozen=True)
class Keeping:
    """Where posts go: ``accept_all`` is ``ports.Doorway.accept_all``; ``head`` keeps what did not fit for a person to see."""

    accept_all: KeepAll
    head: KeepHead


@dataclass(frozen=True)
class _Packed:
    key: str
    payload: bytes
    count: int


class Door:
    """All sources."""

    def __init__(self, gates: Mapping[str, Gate], keeping: Keeping, figures: AlertFigures) -> None:
        self._gates, self._keeping, self._figures = gates, keeping, figures
        self._clerk = Clerk(keeping.accept_all)
        self._reading = 0
        self._turn = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """Return the route for an aiohttp application."""
        return [web.post(PATH, self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        """Answer one post."""
        source = request.match_info["source"]
        gate = self._gates.get(source)
        if gate is None:  # (1)
            return _closed(404)
        self._reading += 1
        try:
            return await self._taken(gate, request)
        except _RefusedError as refused:
            self._figures.count(source, refused.outcome, why=refused.why)
            log.warning(
                "alert_refused", extra={"source": source, "status": refused.status, "why": refused.why}
            )
            return _refusal(refused)
        finally:
            self._reading -= 1

    async def _taken(self, gate: Gate, request: web.Request) -> web.Response:
        if self._reading > AT_ONCE:  # (2)
            raise _RefusedError(503, Outcome.TOO_MANY, "too many posts at once", after=1)
        shown = _shown(request)
        await _prove(gate, shown)  # (3)
        wait = gate.rate.take()  # (4)
        if wait:
            raise _RefusedError(429, Outcome.TOO_MANY, "more than its rate", after=wait)
        body = await _body(request)  # (5)
        if gate.signature is not None:  # (6)
            try:
                gate.signature.prove(shown, body)
            except UnprovedError as error:
                raise _RefusedError(error.status, Outcome.UNPROVED, error.why) from None
        packed = await self._read(gate, body)  # (7)
        fresh = await self._kept(gate, packed)  # (8)
        outcome = Outcome.ACCEPTED if fresh else Outcome.KNOWN
        self._figures.count(gate.intake.source, outcome, packed.count if fresh else 0)
        return web.json_response({"alerts": packed.count, "known": not fresh})

    async def _read(self, gate: Gate, body: bytes) -> _Packed:
        """
        A large body is read beside the loop: whoever waits for an acknowledgement does not wait for it.

        Smaller ones are read one in each round of the loop: many at once would be as long as a large one.
        """
        try:
            if len(body) <= TINY:
                return _packed(gate, body)
            if len(body) > SMALL:
                return await asyncio.to_thread(_packed, gate, body)
            async with self._turn:
                await asyncio.sleep(0)
                return _packed(gate, body)
        except MisfitError as error:
            try:
                await self._keeping.head(gate.intake.source, error, head_of(body))
            except FirebreakError:  # it is refused and counted either way
                log.warning("alert_head_not_kept", extra={"source": gate.intake.source})
            raise _RefusedError(400, Outcome.MISFIT, str(error)) from None

    async def _kept(self, gate: Gate, packed: _Packed) -> bool:
        try:
            return await self._clerk.keep((packed.key, kind_of(gate.intake.source), packed.payload))
        except FirebreakError as error:
            raise _RefusedError(500, Outcome.NOT_KEPT, type(error).__name__) from None


def _packed(gate: Gate, body: bytes) -> _Packed:
    alerts = gate.parse(body, gate.intake)
    return _Packed(key_of(alerts), msgspec.json.encode(Post(alerts)), len(alerts))


def _shown(request: web.Request) -> Shown:
    def header(name: str) -> Sequence[str]:
        return request.headers.getall(name, ())

    transport = request.transport
    verified = transport.get_extra_info("peercert") if transport is not None else None
    return Shown(header, verified or {})


async def _prove(gate: Gate, shown: Shown) -> None:
    try:
        for proof in gate.proofs:
            await proof.prove(shown)
        if gate.signature is not None:
            gate.signature.fresh(shown)
    except UnprovedError as error:
        raise _RefusedError(error.status, Outcome.UNPROVED, error.why) from None


async def _body(request: web.Request) -> bytes:
    """No encoding: a small body that unpacks into a large one is nothing that a sender of alerts needs."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise _RefusedError(415, Outcome.MISFIT, "a packed body")
    if (request.content_length or 0) > LARGEST:
        raise _RefusedError(413, Outcome.TOO_LARGE)
    try:
        if request.content.is_eof():  # most bodies come with their heads: nothing is waited for
            return _bounded(request.content.read_nowait())
        async with asyncio.timeout(PATIENCE):
            return await _all_of(request)
    except TimeoutError:
        raise _RefusedError(408, Outcome.TOO_SLOW) from None
    except (web.HTTPException, OSError):
        raise _RefusedError(400, Outcome.MISFIT, "a body that broke off") from None


async def _all_of(request: web.Request) -> bytes:
    raw = bytearray()
    while chunk := await request.content.read(CHUNK):
        raw += chunk
        _bounded(raw)
    return bytes(raw)


def _bounded(raw: Body) -> Body:
    if len(raw) > LARGEST:
        raise _RefusedError(413, Outcome.TOO_LARGE)
    return raw


def _refusal(refused: _RefusedError) -> web.Response:
    """Only what is wrong with the form is told, and only to whoever is proved."""
    answer = _closed(refused.status, refused.why if refused.outcome is Outcome.MISFIT else "")
    if refused.after:
        answer.headers["Retry-After"] = str(refused.after)
    if refused.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _closed(status: int, why: str = "") -> web.Response:
    """Whatever else the connection holds is not read."""
    answer = web.json_response({"error": why}, status=status) if why else web.Response(status=status)
    answer.force_close()
    return answer
