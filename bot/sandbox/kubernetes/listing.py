"""Lists in pages: every page of one list shows the same moment."""

import base64
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from typing import Any, Final

import msgspec

from bot.sandbox.kubernetes.calls import Call, Target
from bot.sandbox.kubernetes.objects import Json, labels_of, name_of, namespace_of
from bot.sandbox.kubernetes.resources import Resource
from bot.sandbox.kubernetes.selectors import fields_match, parse_fields, parse_labels
from bot.sandbox.kubernetes.statuses import ApiError, bad_request, expired
from bot.sandbox.kubernetes.store import Store

_MOMENTS_KEPT: Final = 64
_FORMAT: Final = "meta.k8s.io/v1"


class Lister:
    """Answers lists, and keeps the moments that unfinished lists are reading."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._moments: OrderedDict[tuple[Resource, int], list[Json]] = OrderedDict()

    def expire(self) -> None:
        """Forget all moments, as a compaction does: tokens handed out are answered 410 from now on."""
        self._moments.clear()

    def page(self, resource: Resource, target: Target, call: Call) -> Json:
        """Return one page as a list object; raises `ApiError` 400 for a bad query and 410 for an old token."""
        limit = _limit(call)
        version, after = self._position(call)
        everything = self._moment(resource, version, call)
        labels = parse_labels(call.one("labelSelector"))
        fields = parse_fields(resource, call.one("fieldSelector"))
        rest = _within(everything, target.namespace, after)
        if labels.requirements or fields:
            rest = [
                body
                for body in rest
                if labels.matches(labels_of(body)) and (not fields or fields_match(fields, body))
            ]
        more = rest[limit:] if limit else []
        metadata: Json = {"resourceVersion": str(version)}
        if more:
            self._keep(resource, version, everything)
            metadata["continue"] = _token(version, _place(rest[limit - 1]))
            if not labels.requirements and not fields:
                metadata["remainingItemCount"] = len(more)
        items = rest[:limit] if limit else rest
        return {
            "kind": f"{resource.kind}List",
            "apiVersion": resource.api_version,
            "metadata": metadata,
            "items": items,
        }

    def _position(self, call: Call) -> tuple[int, tuple[str, str]]:
        token = call.one("continue")
        return _read_token(token) if token else (self._store.version, ("", ""))

    def _moment(self, resource: Resource, version: int, call: Call) -> list[Json]:
        if call.one("continue"):
            if (resource, version) not in self._moments:
                raise expired()
            return self._moments[resource, version]
        self._check_version(call)
        return self._store.each(resource)

    def _check_version(self, call: Call) -> None:
        asked = call.one("resourceVersion") or "0"
        if not asked.isdecimal():
            raise bad_request(f"invalid resource version: {asked}")
        if int(asked) > self._store.version:
            raise _from_the_future(asked, self._store.version)
        if call.one("resourceVersionMatch") == "Exact" and int(asked) != self._store.version:
            raise expired()

    def _keep(self, resource: Resource, version: int, moment: list[Json]) -> None:
        self._moments[resource, version] = moment
        while len(self._moments) > _MOMENTS_KEPT:
            self._moments.popitem(last=False)


def _from_the_future(asked: str, current: int) -> ApiError:
    message = f"Timeout: Too large resource version: {asked}, current: {current}"
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return ApiError(504, "Timeout", message, {"causes": [cause], "retryAfterSeconds": 1}, retry_after=1)


def _place(body: Json) -> tuple[str, str]:
    return (namespace_of(body), name_of(body))


def _within(ordered: list[Json], namespace: str, after: tuple[str, str]) -> list[Json]:
    """Cut out one namespace (empty: all), and what comes after a place; found by halving, as ten thousand are many."""
    low = bisect_right(ordered, after, key=_place)
    if not namespace:
        return ordered[low:]
    first, end = (
        bisect_left(ordered, place, key=_place) for place in ((namespace, ""), (namespace + "\0", ""))
    )
    return ordered[max(low, first) : end]


def _limit(call: Call) -> int:
    text = call.one("limit", "0")
    if not text.lstrip("-").isdecimal():
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return max(0, int(text))  # the real server takes a negative limit for none


def _token(version: int, place: tuple[str, str]) -> str:
    content = {"v": _FORMAT, "rv": version, "start": "/".join(place)}
    return base64.urlsafe_b64encode(msgspec.json.encode(content)).decode().rstrip("=")


def _read_token(text: str) -> tuple[int, tuple[str, str]]:
    try:
        padded = text + "=" * (-len(text) % 4)
        content: Any = msgspec.json.decode(base64.urlsafe_b64decode(padded))
        namespace, _, name = content["start"].partition("/")
        return int(content["rv"]), (namespace, name)
    except (ValueError, KeyError, TypeError, AttributeError, msgspec.DecodeError) as error:
        raise bad_request(f"continue key is not valid: {error}") from error
