"""One capture: everything that is wanted of a pod, within a deadline and a size, each error told and none fatal."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from typing import Any, Final

from bot.domain.capturing import MOST_OWNERS, Seen, events, following, manifest, owner_of, seen, selecting
from bot.domain.errors import BusyError, ConflictError, OutsideError
from bot.domain.evidence import LOGS, Capture, Item, ItemKind, Want
from bot.engine.context import Evidence
from bot.ports import Reading

POD_GONE: Final = frozenset({ItemKind.MANIFEST, *LOGS})
LONGEST: Final = 200  # characters of a reason
AT_ONCE: Final = 3
LARGEST_OBJECT: Final = 16 << 20
"""Bytes of one answer of the API that are looked into; its own limit for an object is well below."""


class Camera:
    """Takes one capture. Raises only what the vault raises: what cannot be read outside is an item that says so."""

    def __init__(self, evidence: Evidence, capture: Capture) -> None:
        self._evidence, self._capture = evidence, capture
        self._left = evidence.per_capture
        self._count = 0
        self._until = asyncio.get_running_loop().time() + evidence.deadline.total_seconds()
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def all(self) -> tuple[Item, ...]:
        """Return every item, captured or missing, in an order that is always the same."""
        target, uid = self._capture.target, self._capture.uid
        told, (first, *rest) = await _together(
            self._events(events(target, uid)), self._pod(manifest(target, uid))
        )
        return (first, *rest, *told)

    async def _events(self, want: Want) -> tuple[Item, ...]:
        read = await self._read(want)
        return (read if isinstance(read, Item) else await self._stored(want, *read),)

    async def _pod(self, want: Want) -> tuple[Item, ...]:
        item, pod = await self._object(want)
        if pod is not None:
            return (item, *await self._beside(pod))
        unknown = Item(
            ItemKind.LOG, "logs.txt", "logs", missing="its containers are not known without its manifest"
        )
        return (item, unknown)

    async def _beside(self, pod: Seen) -> tuple[Item, ...]:
        wants = following(self._capture.target, pod)
        chain, *items = await _together(self._owners(pod), *(self._each(want, pod) for want in wants))
        return tuple(item for found in (*items, chain) for item in found)

    async def _each(self, want: Want, pod: Seen) -> tuple[Item, ...]:
        item = await self._one(want, pod)
        never_was = item.normal and item.missing and want.container not in pod.restarted
        return () if never_was else (item,)

    async def _owners(self, pod: Seen) -> tuple[Item, ...]:
        found: list[Item] = []
        body: Seen | None = pod
        while body is not None and len(found) < MOST_OWNERS:
            want = owner_of(self._capture.target, body)
            if want is None:
                break
            item, body = await self._object(want)
            found.append(item)
        return tuple(found)

    async def _one(self, want: Want, pod: Seen) -> Item:
        if want.kind is ItemKind.POLICIES:
            return await self._policies(want, pod)
        if want.kind in LOGS:
            return await self._streamed(want)
        return (await self._object(want))[0]

    async def _streamed(self, want: Want) -> Item:
        """A log goes from the wire to the vault, never held as a whole."""
        number = self._number()
        async with self._gate:
            most = self._room()
            if not most:
                return _missing(want, "the limit of one capture is reached")
            stream = _Stream(self._evidence.witness.read(want, most), want, self._until)
            try:
                return await self._keep(want, number, stream, most)
            except _NothingError as nothing:
                self._left += most
                return _missing(want, nothing.why, normal=nothing.normal)

    async def _object(self, want: Want) -> tuple[Item, Seen | None]:
        """An object is looked into before it is kept: another one of the same name is not it."""
        if want.foreign:
            return _missing(want, want.foreign), None
        read = await self._read(want)
        if isinstance(read, Item):
            return read, None
        body, _ = read
        told = seen(body)
        if told is None:
            return await self._stored(want, body, "it could not be understood"), None
        if want.uid and told.metadata.uid != want.uid:
            return _missing(want, "gone: another one of that name stands there now"), None
        return await self._stored(want, body), told

    async def _policies(self, want: Want, pod: Seen) -> Item:
        read = await self._read(want)
        if isinstance(read, Item):
            return read
        try:
            return await self._stored(want, selecting(read[0], pod.metadata.labels))
        except ValueError as error:
            return await self._stored(want, read[0], str(error))

    async def _read(self, want: Want) -> tuple[bytes, str] | Item:
        async with self._gate:
            stream = _Stream(self._evidence.witness.read(want, LARGEST_OBJECT), want, self._until)
            body = bytearray()
            try:
                async for piece in stream:
                    body += piece
            except _NothingError as nothing:
                return _missing(want, nothing.why, normal=nothing.normal)
            return bytes(body), stream.cut

    async def _stored(self, want: Want, body: bytes, cut: str = "") -> Item:
        number, most = self._number(), self._room()
        if not most:
            return _missing(want, "the limit of one capture is reached")
        if len(body) > most:
            cut = f"only the first {most} bytes are kept"
        return await self._keep(want, number, _Given(body[:most], cut), most)

    async def _keep(self, want: Want, number: int, source: "_Stream | _Given", most: int) -> Item:
        place = f"{self._capture.id}/{self._capture.attempts}/{number:02d}"
        kept = await self._evidence.vault.put(place, aiter(source))
        self._left += most - kept.size
        return Item(
            want.kind,
            want.name,
            want.title,
            place=place,
            size=kept.size,
            sha256=kept.sha256,
            key_id=kept.key_id,
            cut=source.cut,
        )

    def _number(self) -> int:
        self._count += 1
        return self._count

    def _room(self) -> int:
        """Take room for one item; what it does not use is given back."""
        most = min(self._evidence.per_item, self._left)
        self._left -= most
        return most


async def _together(*jobs: Coroutine[Any, Any, tuple[Item, ...]]) -> list[tuple[Item, ...]]:
    """Do all at once; when one fails, the others are ended first and its own error is raised."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _NothingError(Exception):
    """Not a byte came, and why."""

    def __init__(self, why: str, *, normal: bool = False) -> None:
        super().__init__(why)
        self.why, self.normal = why, normal


async def whole(body: bytes) -> AsyncIterator[bytes]:
    """Yield bytes that are here already, as a vault takes them."""
    yield body


class _Given:
    """Bytes that are here already."""

    def __init__(self, body: bytes, cut: str) -> None:
        self.cut, self._body = cut, body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return whole(self._body)


class _Stream:
    """A reading under the capture's deadline. What came before it broke off is kept, and said to be cut."""

    def __init__(self, reading: Reading, want: Want, until: float) -> None:
        self.cut = ""
        self._reading, self._want, self._until = reading, want, until

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield what comes. Raises `_NothingError` where not a byte did."""
        came = False
        stream = aiter(self._reading)
        try:
            while (piece := await self._next(stream)) is not None:
                came = came or bool(piece)
                yield piece
            self.cut = self._reading.cut
        except OutsideError as error:
            if not came:
                raise _nothing(self._want, error) from error
            self.cut = f"it broke off: {_why(error)}"
        finally:
            if isinstance(stream, AsyncGenerator):
                await stream.aclose()

    async def _next(self, stream: AsyncIterator[bytes]) -> bytes | None:
        try:
            async with asyncio.timeout_at(self._until):
                return await anext(stream, None)
        except TimeoutError:
            raise BusyError("NoAnswer", "no answer before the time for a capture was over") from None


def _nothing(want: Want, error: OutsideError) -> _NothingError:
    """Say why nothing came, in words that need no knowledge of the API."""
    if want.kind is ItemKind.PREVIOUS and error.code == "BadRequest" and "not found" in error.text:
        return _NothingError("none kept", normal=True)
    if isinstance(error, ConflictError) and error.code == "NotFound":
        pod = error.text.startswith("pods ") and want.kind in POD_GONE
        return _NothingError("the pod is gone" if pod else f"gone: {error.text}"[:LONGEST])
    return _NothingError(_why(error))


def _why(error: OutsideError) -> str:
    return f"{error.code}: {error.text}"[:LONGEST]


def _missing(want: Want, why: str, *, normal: bool = False) -> Item:
    return Item(want.kind, want.name, want.title, missing=why, normal=normal)
