"""The patch formats: RFC 7396 merge patch, RFC 6902 JSON Patch, and the harmless part of strategic merge."""

import copy
from typing import Any, Final

from bot.sandbox.kubernetes.objects import Json
from bot.sandbox.kubernetes.statuses import bad_request, unfit_patch, unsupported_media

JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH: Final = "application/strategic-merge-patch+json"
FORMATS: Final = (JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH)

_STRATEGIC_MAPS: Final = frozenset({"labels", "annotations"})
_ABSENT: Final = object()


def apply_patch(media_type: str, patch: Any, target: Json) -> Json:
    """Return the patched object; the target stays as it is.

    Raises `ApiError`: 400 for a patch of the wrong shape, 415 for an unknown format or a strategic merge that
    touches more than metadata maps, 422 for a JSON Patch that cannot be applied (a failed `test` too).
    """
    if media_type == JSON_PATCH:
        return _apply_operations(patch, target)
    if media_type not in FORMATS:
        raise unsupported_media(FORMATS)
    if not isinstance(patch, dict):
        raise bad_request("json: cannot unmarshal the patch into Go value of type map[string]interface {}")
    if media_type == STRATEGIC_MERGE_PATCH and not _merges_plainly(patch):
        raise unsupported_media((JSON_PATCH, MERGE_PATCH))
    merged: Json = merge(target, patch)
    return merged


def _merges_plainly(patch: Json) -> bool:
    """Tell whether strategic merge and plain merge mean the same: scalars and text maps of the metadata only."""
    metadata = patch.get("metadata", {})
    if set(patch) - {"metadata", "apiVersion", "kind"} or not isinstance(metadata, dict):
        return False
    return all(_plain(key, value) for key, value in metadata.items())


def _plain(key: str, value: Any) -> bool:
    if isinstance(value, dict):
        return key in _STRATEGIC_MAPS and not any(name.startswith("$") for name in value)
    return not isinstance(value, list) and not key.startswith("$")


def merge(target: Any, patch: Any) -> Any:
    """Apply an RFC 7396 merge patch: null removes, maps merge, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def _apply_operations(patch: Any, target: Json) -> Json:
    if not isinstance(patch, list) or not all(isinstance(operation, dict) for operation in patch):
        raise bad_request("json: cannot unmarshal the patch into Go value of type jsonpatch.Patch")
    document = copy.deepcopy(target)
    for operation in patch:
        _apply_operation(document, operation)
    return document


def _apply_operation(document: Json, operation: Json) -> None:
    path = _steps(operation.get("path"))
    match operation.get("op"):
        case "test":
            _expect(document, path, operation.get("value"))
        case "add":
            _add(document, path, copy.deepcopy(operation.get("value")))
        case "remove":
            _remove(document, path)
        case "replace":
            _replace(document, path, copy.deepcopy(operation.get("value")))
        case "copy":
            _add(document, path, copy.deepcopy(_read_or_null(document, _steps(operation.get("from")))))
        case "move":
            _add(document, path, _remove(document, _steps(operation.get("from"))))
        case _:
            raise unfit_patch()


def _steps(pointer: Any) -> list[str]:
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        raise unfit_patch()
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")]


def _child(parent: Any, step: str) -> Any:
    if isinstance(parent, dict):
        return parent.get(step, _ABSENT)
    if isinstance(parent, list) and step.isascii() and step.isdigit() and int(step) < len(parent):
        return parent[int(step)]
    return _ABSENT


def _read(document: Any, path: list[str]) -> Any:
    value = document
    for step in path:
        value = _child(value, step)
        if value is _ABSENT:
            raise unfit_patch()
    return value


def _read_or_null(document: Any, path: list[str]) -> Any:
    """Return the value; an absent key of a map is null, which RFC 6902 forbids and the API's library allows."""
    parent = _read(document, path[:-1])
    found = _child(parent, path[-1])
    if found is _ABSENT and not isinstance(parent, dict):
        raise unfit_patch()
    return None if found is _ABSENT else found


def _expect(document: Any, path: list[str], value: Any) -> None:
    if _read_or_null(document, path) != value:
        raise unfit_patch()


def _add(document: Any, path: list[str], value: Any) -> None:
    parent, step = _read(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent[step] = value
    elif isinstance(parent, list) and (
        step == "-" or (step.isascii() and step.isdigit() and int(step) <= len(parent))
    ):
        parent.insert(len(parent) if step == "-" else int(step), value)
    else:
        raise unfit_patch()


def _replace(document: Any, path: list[str], value: Any) -> None:
    """Replace the value; in a map even one that is absent, which RFC 6902 forbids and the API allows."""
    parent = _read(document, path[:-1])
    if isinstance(parent, list):
        _remove(document, path)
    _add(document, path, value)


def _remove(document: Any, path: list[str]) -> Any:
    parent = _read(document, path[:-1])
    removed = _read(parent, path[-1:])
    parent.pop(path[-1] if isinstance(parent, dict) else int(path[-1]))
    return removed
