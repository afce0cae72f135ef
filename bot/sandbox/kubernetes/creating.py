"""Create an object, in the order of the real server's checks (apiserver `registry/generic` and admission)."""

from typing import Any

from bot.sandbox.kubernetes.defaults import first_status, with_defaults
from bot.sandbox.kubernetes.objects import Json, metadata_of, name_of, namespace_of
from bot.sandbox.kubernetes.registry import Registry, Terms
from bot.sandbox.kubernetes.resources import NAMESPACES, Resource
from bot.sandbox.kubernetes.statuses import (
    already_exists,
    bad_request,
    broken_request,
    not_found,
    terminating,
)
from bot.sandbox.kubernetes.validation import check_metadata, check_shape


def create(registry: Registry, resource: Resource, namespace: str, body: Any, terms: Terms) -> Json:
    """Create the object and return it as stored.

    1. it decodes, and its kind and namespace are those of the address; 2. its namespace takes new objects;
    3. metadata is valid; 4. admission lets it pass; 5. the name is free. Raises `ApiError`.
    """
    wanted = _of_address(resource, namespace, check_shape(body))  # (1)
    _check_namespace(registry, resource, namespace, name_of(wanted))  # (2)
    born = _born(registry, resource, wanted, terms)
    check_metadata(resource, born)  # (3)
    terms.admit(resource, name_of(born))  # (4)
    if registry.store.find(resource, namespace, name_of(born)):  # (5)
        raise already_exists(resource, name_of(born))
    return registry.commit(resource, born, terms)


def check_kind(resource: Resource, body: Json) -> None:
    """Raise `ApiError` 400 for an object of another kind than the address serves."""
    kind, version = body.get("kind") or resource.kind, body.get("apiVersion") or resource.api_version
    if (kind, version) != (resource.kind, resource.api_version):
        raise bad_request(f"{kind} in version {version!r} cannot be handled as a {resource.kind}")


def _of_address(resource: Resource, namespace: str, body: Json) -> Json:
    check_kind(resource, body)
    if resource.namespaced and namespace_of(body) not in {"", namespace}:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if metadata_of(body).get("resourceVersion"):
        raise broken_request("resourceVersion should not be set on objects to be created")
    content = {key: value for key, value in body.items() if key not in {"apiVersion", "kind"}}
    placed = {"namespace": namespace} if resource.namespaced else {}
    return {**content, "metadata": {**metadata_of(body), **placed}}


def _check_namespace(registry: Registry, resource: Resource, namespace: str, name: str) -> None:
    if not resource.namespaced:
        return
    home = registry.store.find(NAMESPACES, "", namespace)
    if home is None:
        raise not_found(NAMESPACES, namespace)
    if metadata_of(home).get("deletionTimestamp"):
        raise terminating(resource, name, namespace)


def _born(registry: Registry, resource: Resource, wanted: Json, terms: Terms) -> Json:
    full = first_status(resource, with_defaults(resource, wanted))
    return registry.signed(resource, identified(registry, resource, full), terms.manager)


def identified(registry: Registry, resource: Resource, body: Json) -> Json:
    """Return the object with what only the server sets: name if generated, UID, time and generation."""
    metadata = dict(metadata_of(body))
    for unset in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "managedFields"):
        metadata.pop(unset, None)
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = f"{metadata['generateName'][:58]}{registry.identities.suffix()}"
    metadata["uid"] = registry.identities.uid()
    metadata["creationTimestamp"] = registry.now()
    if resource.counted:
        metadata["generation"] = 1
    return {**body, "metadata": metadata}
