"""Watches: what was written is told to whoever follows, from any version that is not forgotten yet.

Kubernetes API concepts, "Efficient detection of changes".
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec
from aiohttp import web

from bot.sandbox.kubernetes.calls import Call, Target
from bot.sandbox.kubernetes.objects import Json, labels_of, metadata_of, name_of, namespace_of
from bot.sandbox.kubernetes.resources import Resource
from bot.sandbox.kubernetes.selectors import (
    LabelSelector,
    Requirement,
    fields_match,
    parse_fields,
    parse_labels,
)
from bot.sandbox.kubernetes.statuses import ApiError, bad_request
from bot.sandbox.kubernetes.store import Store
from bot.sandbox.kubernetes.views import shown, view_of

_KEPT: Final = 1000
_LONGEST: Final = 1800.0  # seconds of a watch that names no timeout, as the real server's shortest
_LOOK: Final = 0.2  # seconds between two looks whether the follower is gone


@dataclass(frozen=True, slots=True)
class _Written:
    version: int
    resource: Resource
    before: Json | None
    after: Json | None


class History:
    """The newest writes, and who waits for the next."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._written: deque[_Written] = deque()
        self._forgotten = store.version
        self._followers: set[asyncio.Event] = set()
        self.closing = False
        store.listen(self._note)

    def forget(self) -> None:
        """Forget all, as a compaction does: whoever comes with an older version is answered 410."""
        self._written.clear()
        self._forgotten = self._store.version

    def end(self) -> None:
        """End all watches, and those that are begun from now on."""
        self.closing = True
        self._wake()

    def follow(self, resource: Resource, target: Target, call: Call) -> "Following":
        """Begin a watch; raises `ApiError` 400 for a bad query and 406 for a view that cannot be served."""
        asked = call.one("resourceVersion")
        if asked and not asked.isdecimal():
            raise bad_request(f"invalid resource version: {asked}")
        begun = Following(
            history=self,
            resource=resource,
            target=target,
            labels=parse_labels(call.one("labelSelector")),
            fields=parse_fields(resource, call.one("fieldSelector")),
            view=view_of(call.accept),
            bookmarks=call.one("allowWatchBookmarks") in {"1", "true"},
            timeout=float(call.one("timeoutSeconds") or _LONGEST),
            version=int(asked or "0"),
        )
        self._followers.add(begun.news)
        return begun

    def leave(self, following: "Following") -> None:
        """End one watch."""
        self._followers.discard(following.news)

    def since(self, version: int) -> list[_Written] | None:
        """Return what was written after a version, None where that is forgotten."""
        if version < self._forgotten:
            return None
        return [one for one in self._written if one.version > version]

    def standing(self, resource: Resource) -> list[Json]:
        """Return what stands now."""
        return self._store.each(resource)

    @property
    def now(self) -> int:
        """The newest version."""
        return self._store.version

    def _note(self, resource: Resource, before: Json | None, after: Json | None) -> None:
        self._written.append(_Written(self._store.version, resource, before, after))
        if len(self._written) > _KEPT:
            self._forgotten = self._written.popleft().version
        self._wake()

    def _wake(self) -> None:
        for news in self._followers:
            news.set()


@dataclass(slots=True, kw_only=True)
class Following:
    """One watch. `version` is up to where it was told; 0 begins with all that stands."""

    history: History
    resource: Resource
    target: Target
    labels: LabelSelector
    fields: tuple[Requirement, ...]
    view: str
    bookmarks: bool
    timeout: float
    version: int
    news: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False

    def take(self) -> Iterator[Json]:
        """Yield what is new; an `ERROR` is the last."""
        if self.version == 0:
            self.version = self.history.now
            for body in self.history.standing(self.resource):
                if self._selects(body):
                    yield self._event("ADDED", body)
        news = self.history.since(self.version)
        if news is None:
            self.over = True
            yield {"type": "ERROR", "object": _too_old(self.version, self.history.now).status()}
            return
        for one in news:
            self.version = one.version
            if one.resource is self.resource:
                yield from self._told(one)

    def bookmark(self) -> Json:
        """Return how far it was told, without an object."""
        metadata = {"resourceVersion": str(self.version), "creationTimestamp": None}
        return self._event("BOOKMARK", {"metadata": metadata})

    def _told(self, one: _Written) -> Iterator[Json]:
        was, is_now = self._selects(one.before), self._selects(one.after)
        if is_now and one.after is not None:
            yield self._event("MODIFIED" if was else "ADDED", one.after)
        elif was and one.before is not None:
            metadata = {**metadata_of(one.before), "resourceVersion": str(one.version)}
            yield self._event("DELETED", {**one.before, "metadata": metadata})

    def _selects(self, body: Json | None) -> bool:
        if body is None or self.target.namespace not in {"", namespace_of(body)}:
            return False
        named = self.target.name in {"", name_of(body)}
        return named and self.labels.matches(labels_of(body)) and fields_match(self.fields, body)

    def _event(self, kind: str, body: Json) -> Json:
        return {"type": kind, "object": shown(self.resource, body, self.view)}


def _too_old(asked: int, current: int) -> ApiError:
    return ApiError(410, "Expired", f"too old resource version: {asked} ({current})")


async def stream(request: web.Request, following: Following) -> web.StreamResponse:
    """Answer a watch: one event a line, until its time is over, the follower is gone, or the server stops."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.enable_chunked_encoding()
    clock = asyncio.get_running_loop().time
    until = clock() + following.timeout
    try:
        await response.prepare(request)
        while not following.over and not following.history.closing and not _gone(request):
            following.news.clear()
            for event in following.take():
                await response.write(msgspec.json.encode(event) + b"\n")
            left = until - clock()
            if left <= 0:
                break
            await _waited(following.news, min(left, _LOOK))
        if following.bookmarks and not following.over and not _gone(request):
            await response.write(msgspec.json.encode(following.bookmark()) + b"\n")
        await response.write_eof()
    except ConnectionError:
        pass  # the follower went without a word
    finally:
        following.history.leave(following)
    return response


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


async def _waited(news: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        pass
