"""
Reads evidence from clusters: objects as the API server wrote them, logs from their end.

Of a log that is longer than its cap the newest lines count. The API cuts by bytes from the beginning of what it was
asked for (``limitBytes``), so it is asked for so many lines from the end (``tailLines``) as will fit, by the length of
the last ones. The whole of a log is never held here.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Final

from bot.adapters.kubernetes.cluster import Cluster
from bot.adapters.kubernetes.paths import collection_path, object_path, with_query
from bot.domain.errors import DeniedError
from bot.domain.evidence import LOGS, ItemKind, Want
from bot.domain.refs import EVENT

PIECE: Final = 64 * 1024  # bytes
PROBE_LINES: Final = 200
PROBE_BYTES: Final = 64 * 1024
MOST_EVENTS: Final = 500
SHARE: Final = 0.9  # of the cap: lines are not all as long as the last ones


class KubeWitness:
    """``ports.Witness`` over all clusters."""

    def __init__(self, clusters: Mapping[str, Cluster]) -> None:
        self._clusters = dict(clusters)

    def read(self, want: Want, most: int) -> "KubeReading":
        """Return a stream of at most ``most`` bytes; nothing is asked before it is iterated."""
        return KubeReading(self._clusters.get(want.ref.cluster), want, most)


class KubeReading:
    """``ports.Reading``."""

    def __init__(self, cluster: Cluster | None, want: Want, most: int) -> None:
        self.cut = ""
        self._cluster, self._want, self._most = cluster, want, most

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they come. Raises ``OutsideError``."""
        return self._log() if self._want.kind in LOGS else self._object()

    async def _object(self) -> AsyncIterator[bytes]:
        left = self._most
        async for piece in self._pieces(_path(self._want), self._most + 1):
            yield piece[:left]
            if len(piece) > left:
                self.cut = f"only the first {self._most} bytes are kept"
                return
            left -= len(piece)

    async def _log(self) -> AsyncIterator[bytes]:
        last = bytearray()
        async for piece in self._pieces(self._log_path(PROBE_LINES, PROBE_BYTES), PROBE_BYTES):
            last += piece
        lines = last.count(b"\n")
        if lines < PROBE_LINES and len(last) < min(PROBE_BYTES, self._most):
            yield bytes(last)  # that was all of it
            return
        mean = max(1, len(last) // max(1, lines))
        wanted = max(1, int(self._most * SHARE) // mean)
        size = seen = 0
        async for piece in self._pieces(self._log_path(wanted, self._most), self._most):
            size, seen = size + len(piece), seen + piece.count(b"\n")
            yield piece
        if size >= self._most:
            self.cut = f"it is longer than {self._most} bytes, and its newest lines may be missing too"
        elif seen >= wanted:
            self.cut = f"only the newest {seen} lines are kept"

    async def _pieces(self, path: str, most: int) -> AsyncIterator[bytes]:
        """Yield at most so many bytes, whatever the server sends."""
        if self._cluster is None:
            raise DeniedError("UnknownCluster", f"no cluster {self._want.ref.cluster} is configured")
        async with self._cluster.streaming(path) as body:
            while most > 0 and (piece := await body.read(min(PIECE, most))):
                most -= len(piece)
                yield piece

    def _log_path(self, lines: int, size: int) -> str:
        pairs = (
            ("container", self._want.container),
            ("previous", "true" if self._want.kind is ItemKind.PREVIOUS else ""),
            ("timestamps", "true"),
            ("tailLines", str(lines)),
            ("limitBytes", str(size)),
        )
        return with_query(f"{object_path(self._want.ref)}/log", pairs)


def _path(want: Want) -> str:
    ref = want.ref
    match want.kind:
        case ItemKind.EVENTS:
            about = f"involvedObject.uid={want.uid}"
            return with_query(
                collection_path(EVENT, ref.namespace), (("fieldSelector", about), ("limit", str(MOST_EVENTS)))
            )
        case ItemKind.POLICIES:
            return collection_path(ref.kind, ref.namespace)
        case _:
            return object_path(ref)
