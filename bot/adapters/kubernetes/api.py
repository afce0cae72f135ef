"""The verbs on one object: read, create, replace, merge, delete, each for real or as a server-side dry run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from bot.adapters.kubernetes.cluster import JSON, MERGE, Call, Cluster
from bot.adapters.kubernetes.paths import collection_path, object_path, with_query
from bot.domain.errors import BusyError, ConflictError, UnknownOutcomeError
from bot.domain.refs import KubeRef

FIELD_MANAGER: Final = "firebreak"
Body = Mapping[str, Any]


@dataclass(frozen=True)
class Stored:
    """An object as the server returned it."""

    body: Body

    @property
    def metadata(self) -> Body:
        """Its metadata."""
        found = self.body.get("metadata")
        return found if isinstance(found, dict) else {}

    @property
    def version(self) -> str:
        """``metadata.resourceVersion``."""
        return str(self.metadata.get("resourceVersion", ""))

    @property
    def uid(self) -> str:
        """``metadata.uid``."""
        return str(self.metadata.get("uid", ""))

    @property
    def terminating(self) -> bool:
        """Whether it was deleted and only waits for somebody's finalizer."""
        return bool(self.metadata.get("deletionTimestamp"))


@dataclass(frozen=True)
class Api:
    """One cluster's objects. With ``dry_run`` nothing is stored, but admission and quota are asked."""

    cluster: Cluster
    dry_run: bool = False

    async def get(self, ref: KubeRef) -> Stored | None:
        """Return an object, ``None`` where the server says that it does not exist. Raises ``OutsideError``."""
        try:
            body = await self.cluster.send(Call("GET", object_path(ref)))
        except ConflictError as error:
            if error.code == "NotFound":
                return None
            raise
        return _stored(body, writes=False)

    async def create(self, ref: KubeRef, body: Body) -> Stored:
        """POST. Raises ``OutsideError``; ``ConflictError`` with the code ``AlreadyExists``."""
        return await self._write("POST", collection_path(ref.kind, ref.namespace), body)

    async def replace(self, ref: KubeRef, body: Body) -> Stored:
        """PUT a whole object. Raises ``OutsideError``."""
        return await self._write("PUT", object_path(ref), body)

    async def merge(self, ref: KubeRef, body: Body) -> Stored:
        """PATCH by a JSON merge patch (RFC 7396). Raises ``OutsideError``."""
        return await self._write("PATCH", object_path(ref), body, MERGE)

    async def delete(self, ref: KubeRef, seen: Stored) -> None:
        """DELETE exactly what was seen. Raises ``OutsideError``; ``ConflictError`` where it has changed since."""
        options: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": seen.uid, "resourceVersion": seen.version},
            "propagationPolicy": "Background",
        }
        if self.dry_run:
            options["dryRun"] = ["All"]
        await self.cluster.send(Call("DELETE", object_path(ref), options, writes=not self.dry_run))

    async def _write(self, method: str, path: str, body: Body, media_type: str = JSON) -> Stored:
        pairs = (("fieldManager", FIELD_MANAGER), ("dryRun", "All" if self.dry_run else ""))
        call = Call(method, with_query(path, pairs), dict(body), media_type, writes=not self.dry_run)
        return _stored(await self.cluster.send(call), writes=not self.dry_run)


def _stored(body: bytes, *, writes: bool) -> Stored:
    try:
        return Stored(msgspec.json.decode(body, type=dict[str, Any]))
    except (msgspec.DecodeError, RecursionError) as error:
        kind = UnknownOutcomeError if writes else BusyError
        raise kind("NotUnderstood", "the API server's answer could not be understood") from error
