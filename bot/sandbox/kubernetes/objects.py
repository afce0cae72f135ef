"""What every Kubernetes object has, read the same way everywhere.

Stored objects carry no `apiVersion` and `kind` (their resource knows them) and are never changed in place.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
Clock = Callable[[], datetime]


def metadata_of(body: Json) -> Json:
    """Return the metadata map, empty where there is none or where it is no map."""
    metadata = body.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def labels_of(body: Json) -> Mapping[str, str]:
    """Return the labels, empty where there are none."""
    return metadata_of(body).get("labels") or {}


def name_of(body: Json) -> str:
    """Return `metadata.name`, or an empty string."""
    return str(metadata_of(body).get("name") or "")


def namespace_of(body: Json) -> str:
    """Return `metadata.namespace`, or an empty string for what has none."""
    return str(metadata_of(body).get("namespace") or "")


def rfc3339(moment: datetime) -> str:
    """Write a time as the API does: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def at_path(body: Json, path: str) -> str:
    """Return the value at a dotted path as text, empty where the path leads nowhere."""
    value: Any = body
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def lasting(body: Json) -> Json:
    """Return the object without `managedFields` and `resourceVersion`, which tell versions and not content."""
    metadata = {
        key: value
        for key, value in metadata_of(body).items()
        if key not in {"managedFields", "resourceVersion"}
    }
    return {**body, "metadata": metadata}
