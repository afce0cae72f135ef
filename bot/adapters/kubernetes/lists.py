"""Lists, page by page, decoded from the answer's bytes into the few fields that plans read."""

from functools import cache
from typing import Any, Final, Generic, TypeVar

import msgspec

from bot.adapters.kubernetes.cluster import Call, Cluster
from bot.adapters.kubernetes.paths import collection_path, label_selector, node_selector, with_query
from bot.domain.errors import BusyError, ConflictError, DeniedError
from bot.domain.reading import cut
from bot.domain.refs import ENGINE_KINDS, Kind
from bot.domain.seen import VIEWS, View
from bot.domain.selectors import Selector
from bot.domain.views import Foreign

PAGE: Final = 200
MOST_PAGES: Final = 1000
T = TypeVar("T")


class _Position(msgspec.Struct, frozen=True):
    following: str = msgspec.field(name="continue", default="")


class _Page(msgspec.Struct, Generic[T], frozen=True):
    """``items`` has no default: an answer without it is no list."""

    kind: str
    items: tuple[T, ...] | None
    metadata: _Position = _Position()


async def listed(
    cluster: Cluster, kind: Kind, namespace: str, selector: Selector, node: str = ""
) -> tuple[View, ...]:
    """
    Return all objects of a kind in one namespace (``""``: all) that match, as one moment shows them.

    ``node`` narrows pods to those on one node.

    A list whose moment the server has forgotten (410) is begun again, once. Raises ``OutsideError``.
    """
    base = collection_path(kind, namespace)
    wanted = (("labelSelector", label_selector(selector)), ("fieldSelector", node_selector(node)))
    try:
        return await _all(cluster, kind, base, wanted)
    except ConflictError as error:
        if error.code not in {"Expired", "Gone"}:
            raise
    try:
        return await _all(cluster, kind, base, wanted)
    except ConflictError as error:
        raise BusyError(error.code, "the list changes faster than it can be read") from error


async def _all(
    cluster: Cluster, kind: Kind, base: str, wanted: tuple[tuple[str, str], ...]
) -> tuple[View, ...]:
    found: list[View] = []
    following = ""
    for _ in range(MOST_PAGES):
        pairs = (("limit", str(PAGE)), *wanted, ("continue", following))
        page = _decoded(await cluster.send(Call("GET", with_query(base, pairs))), kind)
        found += (_viewed(kind, item) for item in page.items or ())
        following = page.metadata.following
        if not following:
            return tuple(found)
    raise DeniedError("TooLarge", f"the list has more than {MOST_PAGES * PAGE} objects")


def _decoded(body: bytes, kind: Kind) -> _Page[Any]:
    try:
        page = _decoder(kind).decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BusyError("NotUnderstood", f"the list could not be understood: {cut(str(error))}") from error
    if page.kind != f"{kind.kind}List":
        raise BusyError("NotUnderstood", "the answer is not the list that was asked for")
    return page


def _viewed(kind: Kind, item: Any) -> View:
    """Bytes that are no JSON object were refused by the decoder; what is in it is for whoever knows the engine."""
    return Foreign(kind, _named(kind, bytes(item)).decode()) if isinstance(item, msgspec.Raw) else item


class _TypeMeta(msgspec.Struct, frozen=True):
    kind: str = ""


def _named(kind: Kind, item: bytes) -> bytes:
    """Name the kind of an object that does not: in a list an API server may leave it out (aggregated ones do)."""
    try:
        unsaid = not msgspec.json.decode(item, type=_TypeMeta).kind
    except msgspec.ValidationError:
        return item  # odd, and for whoever knows the engine to say so
    named = {"apiVersion": kind.api_version, "kind": kind.kind}
    return msgspec.json.encode({**msgspec.json.decode(item), **named}) if unsaid else item


@cache
def _decoder(kind: Kind) -> msgspec.json.Decoder[_Page[Any]]:
    if kind not in VIEWS and kind not in ENGINE_KINDS:
        raise DeniedError("NoView", f"no view of {kind.resource} is known")
    view: Any = VIEWS.get(kind, msgspec.Raw)
    return msgspec.json.Decoder(_Page[view])
