"""
Watches: what changes in a cluster is heard of as it happens, and where.

Only the place is taken from an event; what stands there is read anew by whoever looks. A watch that ends is taken up
where it was (``resourceVersion``); where the server has forgotten that (410) the kind is listed again and all of the
cluster counts as changed. Kubernetes API concepts, "Efficient detection of changes":
https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp
import msgspec

from bot.adapters.kubernetes import answers
from bot.adapters.kubernetes.cluster import JSON, Call, Cluster
from bot.adapters.kubernetes.paths import collection_path, label_selector, with_query
from bot.domain.errors import BusyError, ConflictError, DeniedError, OutsideError
from bot.domain.isolation import LABEL
from bot.domain.queries import Discovered
from bot.domain.refs import NETWORK_POLICY, POD, RULING_KINDS, Kind
from bot.domain.selectors import Requirement, Selector
from bot.ports import Spot

LASTS: Final = 120  # seconds that the server is asked to keep one watch open
SILENCE: Final = LASTS + 30.0
FIRST, LONGEST = 0.5, 60.0  # seconds between attempts, doubled each time
REFUSED: Final = 600.0  # seconds until what was refused, or is not served, is tried again
LARGEST: Final = 4 * 1024 * 1024  # bytes of one event
NAMES_ONLY: Final = f"{JSON};as=PartialObjectMetadata;g=meta.k8s.io;v=v1,{JSON}"
OURS: Final = Selector(match_expressions=(Requirement(LABEL, "Exists"),))
FORGOTTEN: Final = frozenset({"Expired", "Gone"})


class _Metadata(msgspec.Struct, frozen=True, rename="camel"):
    namespace: str = ""
    resource_version: str = ""


class _Object(msgspec.Struct, frozen=True):
    metadata: _Metadata = _Metadata()
    code: int = 0
    reason: str = ""


class _Event(msgspec.Struct, frozen=True):
    type: str
    object: _Object = _Object()


class _Page(msgspec.Struct, frozen=True):
    metadata: _Metadata


@dataclass
class _Line:
    """One kind that is followed: up to which version it is known, empty for not at all, and how it went."""

    cluster: Cluster
    kind: Kind
    version: str = ""
    begun: bool = False
    failures: int = 0

    @property
    def selector(self) -> str:
        """Of pods only those that carry our label: one that loses it leaves the watch, which is told as an event."""
        return label_selector(OURS) if self.kind == POD else ""

    @property
    def name(self) -> str:
        """What people read."""
        return f"watch on {self.kind.resource} in {self.cluster.name}"


class Watching:
    """The port ``Changes``: follows all clusters while ``run`` runs."""

    def __init__(self, clusters: Mapping[str, Cluster]) -> None:
        self._clusters = tuple(clusters.values())
        self._spots: dict[Spot, None] = {}
        self._rung = asyncio.Event()
        self._refused: dict[str, str] = {}

    async def heard(self, within: float) -> tuple[Spot, ...]:
        """Return where something changed, as ``Changes.heard``."""
        if not self._spots:
            try:
                async with asyncio.timeout(within):
                    await self._rung.wait()
            except TimeoutError:
                return ()
        spots = tuple(self._spots)
        self._spots.clear()
        self._rung.clear()
        return spots

    def refused(self) -> Mapping[str, str]:
        """Return which watches the cluster does not allow, and why: there the schedule alone looks."""
        return dict(self._refused)

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until ``stop`` is set."""
        tasks = [asyncio.create_task(self._cluster(cluster)) for cluster in self._clusters]
        try:
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def follow_once(self, cluster: str, kind: Kind, version: str) -> None:
        """
        Follow one kind from a version, for as long as one watch lasts.

        Raises ``OutsideError``; ``ConflictError`` with a code of ``FORGOTTEN`` for a version that is too old.
        """
        (found,) = (each for each in self._clusters if each.name == cluster)
        await self._once(_Line(found, kind, version))

    async def _cluster(self, cluster: Cluster) -> None:
        """Follow what is served, and look now and then whether more is."""
        lines: dict[Kind, asyncio.Task[None]] = {}
        failures = 0
        try:
            while True:
                self._start(cluster, (NETWORK_POLICY, POD), lines)
                found = await answers.discover(cluster)
                serves = found.serves if isinstance(found, Discovered) else None
                self._start(cluster, (k for k in RULING_KINDS if k.served in (serves or ())), lines)
                failures = 0 if serves is not None else failures + 1
                await asyncio.sleep(REFUSED if serves is not None else _pause(failures))
        finally:
            for task in lines.values():
                task.cancel()
            await asyncio.gather(*lines.values(), return_exceptions=True)

    def _start(self, cluster: Cluster, kinds: Iterable[Kind], lines: dict[Kind, asyncio.Task[None]]) -> None:
        for kind in kinds:
            if kind not in lines:
                lines[kind] = asyncio.create_task(self._follow(_Line(cluster, kind)))

    async def _follow(self, line: _Line) -> None:
        while True:
            try:
                await self._once(line)
                line.failures = 0
                await asyncio.sleep(
                    FIRST
                )  # whatever ends each watch at once must not be asked without a pause
            except DeniedError as error:
                self._refused[line.name] = str(error)
                await asyncio.sleep(REFUSED)
            except OutsideError as error:
                if error.code in FORGOTTEN:
                    line.version = ""
                line.failures += 1
                await asyncio.sleep(_pause(line.failures))

    async def _once(self, line: _Line) -> None:
        """Follow for as long as one watch lasts."""
        if not line.version:
            line.version = await _begin(line)
            if line.begun:
                self._ring(Spot(line.cluster.name, ""))
            line.begun = True
        path = with_query(
            collection_path(line.kind, ""),
            (
                ("watch", "1"),
                ("allowWatchBookmarks", "true"),
                ("timeoutSeconds", str(LASTS)),
                ("resourceVersion", line.version),
                ("labelSelector", line.selector),
            ),
        )
        async with line.cluster.following(path, NAMES_ONLY, SILENCE) as stream:
            self._refused.pop(line.name, None)
            async for event in _events(stream):
                self._take(line, event)

    def _take(self, line: _Line, event: _Event) -> None:
        told = event.object
        if event.type == "ERROR":
            code = "Expired" if told.code == 410 else told.reason or "WatchError"
            line.version = ""  # whatever it was, what came meanwhile is not known
            raise ConflictError(code, "the server gave up the watch")
        line.version = told.metadata.resource_version or line.version
        line.failures = 0
        if event.type != "BOOKMARK":
            self._ring(Spot(line.cluster.name, told.metadata.namespace))

    def _ring(self, spot: Spot) -> None:
        self._spots[spot] = None
        self._rung.set()


def _pause(failures: int) -> float:
    return min(FIRST * (1 << min(failures, 10)), LONGEST)


async def _begin(line: _Line) -> str:
    """Return the version that the server is at: what follows is told from there."""
    path = with_query(collection_path(line.kind, ""), (("limit", "1"), ("labelSelector", line.selector)))
    body = await line.cluster.send(Call("GET", path))
    try:
        return msgspec.json.decode(body, type=_Page).metadata.resource_version
    except (msgspec.DecodeError, RecursionError) as error:
        raise BusyError("NotUnderstood", "the list could not be understood") from error


async def _events(stream: aiohttp.StreamReader) -> AsyncIterator[_Event]:
    """Yield the events of a watch, one a line. Raises ``BusyError`` for what is none."""
    rest = bytearray()
    async for chunk in stream.iter_any():
        rest += chunk
        *whole, left = rest.split(b"\n")
        if len(left) > LARGEST:
            raise BusyError("TooLarge", f"an event is larger than {LARGEST} bytes")
        rest = bytearray(left)
        for each in whole:
            if each.strip():
                yield _event(bytes(each))


def _event(body: bytes) -> _Event:
    try:
        return msgspec.json.decode(body, type=_Event)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BusyError("NotUnderstood", "an event of the watch could not be understood") from error
