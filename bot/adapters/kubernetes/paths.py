"""Addresses in the Kubernetes API: https://kubernetes.io/docs/reference/using-api/api-concepts/."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, urlencode

from bot.domain.errors import DeniedError
from bot.domain.pods import is_subdomain
from bot.domain.refs import Kind, KubeRef
from bot.domain.selectors import Requirement, Selector

_VALUE: Final = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_KEY: Final = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


def collection_path(kind: Kind, namespace: str) -> str:
    """
    Return where a kind is listed and created; ``""`` as the namespace of a namespaced kind means all.

    Raises ``DeniedError`` for a name that would lead elsewhere.
    """
    root = f"/apis/{_segment(kind.group)}" if kind.group else "/api"
    place = f"/namespaces/{_segment(namespace)}" if kind.namespaced and namespace else ""
    return f"{root}/{_segment(kind.version)}{place}/{_segment(kind.plural)}"


def version_path(group_version: str) -> str:
    """Return where one version of a group tells what it serves. Raises ``DeniedError`` as above."""
    group, _, version = group_version.partition("/")
    return f"/apis/{_segment(group)}/{_segment(version)}"


def object_path(ref: KubeRef) -> str:
    """Return where one object stands. Raises ``DeniedError`` as above, and where a namespace is missing."""
    if ref.kind.namespaced and not ref.namespace:
        raise DeniedError("BadName", f"{ref.kind.kind} needs a namespace")
    return f"{collection_path(ref.kind, ref.namespace)}/{_segment(ref.name)}"


def with_query(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return the path with those parameters that have a value."""
    query = urlencode([(key, value) for key, value in pairs if value], quote_via=quote)
    return f"{path}?{query}" if query else path


def label_selector(selector: Selector) -> str:
    """
    Return a selector as the API's ``labelSelector``.

    Raises ``DeniedError`` for one that cannot be said: asking for something else would answer something else.
    """
    said = [f"{_key(key)}={_value(value)}" for key, value in sorted(selector.match_labels.items())]
    return ",".join((*said, *(_requirement(need) for need in selector.match_expressions)))


def node_selector(node: str) -> str:
    """Return the ``fieldSelector`` of the pods on a node, empty for all. Raises ``DeniedError`` for what is no name."""
    if node and not is_subdomain(node):
        raise DeniedError("BadSelector", "the name of the node is not valid")
    return f"spec.nodeName={node}" if node else ""


def _requirement(need: Requirement) -> str:
    key, values = _key(need.key), ",".join(_value(value) for value in need.values)
    match need.operator:
        case "Exists" if not need.values:
            return key
        case "DoesNotExist" if not need.values:
            return f"!{key}"
        case "In" | "NotIn" if need.values:
            return f"{key} {need.operator.lower()} ({values})"
        case _:
            raise DeniedError("BadSelector", "the selector cannot be said in the API's words")


def _key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise DeniedError("BadSelector", "a label key of the selector is not valid")
    return key


def _value(value: str) -> str:
    if not _VALUE.fullmatch(value):
        raise DeniedError("BadSelector", "a label value of the selector is not valid")
    return value


def _segment(name: str) -> str:
    """Return one step of a path; what the API server forbids in names could climb out of the path."""
    if not name or name in {".", ".."} or "/" in name or "%" in name or not name.isprintable():
        raise DeniedError("BadName", "a name is empty or cannot be part of an address")
    return quote(name, safe="")
