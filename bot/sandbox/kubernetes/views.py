"""The representation that an answer takes: whole objects, or their metadata only."""

from typing import Final

from bot.sandbox.kubernetes.objects import Json, metadata_of
from bot.sandbox.kubernetes.resources import Resource
from bot.sandbox.kubernetes.statuses import ApiError, unacceptable

_JSON: Final = frozenset({"application/json", "application/*", "*/*", ""})
_PARTIAL: Final = frozenset({"PartialObjectMetadata", "PartialObjectMetadataList"})
_META_API: Final = "meta.k8s.io/v1"


def view_of(accept: str) -> str:
    """Choose what to answer with: an empty string for whole objects, or the kind of metadata object.

    The first part of the `Accept` header that can be served wins. Raises `ApiError` 406 when none can.
    """
    for part in accept.split(","):
        media_type, *parameters = [piece.strip() for piece in part.split(";")]
        options = dict(parameter.partition("=")[::2] for parameter in parameters)
        wanted = options.get("as", "")
        if media_type in _JSON and (not wanted or _served(options)):
            return wanted
        if media_type in _JSON:
            raise ApiError(
                406, "NotAcceptable", "only the following media types are accepted: application/json"
            )
    raise unacceptable(["application/json"])


def _served(options: dict[str, str]) -> bool:
    return options["as"] in _PARTIAL and (options.get("g"), options.get("v")) == ("meta.k8s.io", "v1")


def whole(resource: Resource, body: Json) -> Json:
    """Return one object as an answer shows it, with its type."""
    if body.get("kind") == "Status":
        return body
    return {"kind": resource.kind, "apiVersion": resource.api_version, **body}


def shown(resource: Resource, body: Json, view: str) -> Json:
    """Return one object in the chosen view; raises `ApiError` 406 for a list view."""
    if not view or body.get("kind") == "Status":
        return whole(resource, body)
    if view != "PartialObjectMetadata":
        raise ApiError(406, "NotAcceptable", f"you requested {view}, but the requested object is not a list")
    return _partial(body)


def shown_list(page: Json, view: str) -> Json:
    """Return one page in the chosen view; raises `ApiError` 406 for the view of a single object."""
    if not view:
        return page
    if view != "PartialObjectMetadataList":
        raise ApiError(406, "NotAcceptable", f"you requested {view}, but the requested object is a list")
    items = [_partial(body) for body in page["items"]]
    return {**page, "kind": view, "apiVersion": _META_API, "items": items}


def _partial(body: Json) -> Json:
    return {"kind": "PartialObjectMetadata", "apiVersion": _META_API, "metadata": metadata_of(body)}
