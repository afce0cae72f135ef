"""Replace or patch an object, in the order of the real server's checks (apiserver `rest.BeforeUpdate`)."""

from collections.abc import Callable
from typing import Any, Final

from bot.sandbox.kubernetes.creating import check_kind
from bot.sandbox.kubernetes.defaults import defaulted
from bot.sandbox.kubernetes.objects import Json, lasting, metadata_of, name_of, namespace_of
from bot.sandbox.kubernetes.patches import apply_patch
from bot.sandbox.kubernetes.registry import Registry, Terms
from bot.sandbox.kubernetes.resources import PODS, Resource
from bot.sandbox.kubernetes.statuses import (
    ApiError,
    Flaw,
    bad_request,
    broken_request,
    conflict,
    invalid,
    modified,
    undecodable_patch,
)
from bot.sandbox.kubernetes.validation import check_metadata, check_shape

_FRAME: Final = frozenset({"apiVersion", "kind", "metadata", "status"})
_KEPT: Final = (
    "namespace",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "managedFields",
)
"""Metadata that a client may send but not change: what stands in the store stays."""


def replace(registry: Registry, resource: Resource, namespace: str, body: Any, change: "Change") -> Json:
    """PUT: the object becomes what the body says; raises `ApiError`, 409 for another UID."""
    current = registry.need(resource, namespace, change.name)
    wanted = check_shape(body)
    uid, actual = metadata_of(wanted).get("uid"), metadata_of(current)["uid"]
    if uid and uid != actual:
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {actual}"
        raise conflict(resource, change.name, why)
    return change.apply(registry, resource, current, wanted)


def patch(registry: Registry, resource: Resource, namespace: str, edit: "Edit", change: "Change") -> Json:
    """PATCH: the object becomes what the patch makes of it; raises `ApiError`, 422 for another UID."""
    current = registry.need(resource, namespace, change.name)
    full = {"apiVersion": resource.api_version, "kind": resource.kind, **current}
    return change.apply(registry, resource, current, _decoded(resource, edit(full)))


def _decoded(resource: Resource, patched: Json) -> Json:
    try:
        wanted = check_shape(patched)
        check_kind(resource, wanted)
    except ApiError as error:
        raise undecodable_patch(error.message) from error
    return wanted


Edit = Callable[[Json], Json]


def edit_of(media_type: str, body: Any) -> Edit:
    """Return the function that applies this patch to an object."""
    return lambda target: apply_patch(media_type, body, target)


class Change:
    """One change of one named object, of the whole or of its status only."""

    def __init__(self, name: str, terms: Terms, *, of_status: bool = False) -> None:
        self.name = name
        self.terms = terms
        self.of_status = of_status

    def apply(self, registry: Registry, resource: Resource, current: Json, wanted: Json) -> Json:
        """Check and store the wanted object; returns what is stored then.

        1. it is the object of the address; 2. its version, if given, is the newest; 3. what must not change does
        not; 4. metadata is valid; 5. admission lets it pass. A change that changes nothing takes no new version.
        """
        self._check_address(resource, current, wanted)  # (1)
        version = metadata_of(wanted).get("resourceVersion")
        if version and not version.isdecimal():
            raise broken_request(f'strconv.ParseUint: parsing "{version}": invalid syntax')
        if version and version != metadata_of(current)["resourceVersion"]:  # (2)
            raise modified(resource, self.name)
        changed = self._confined(resource, current, defaulted(resource, wanted))
        _check_immutable(resource, current, changed)  # (3)
        check_metadata(resource, changed)  # (4)
        self.terms.admit(resource, self.name)  # (5)
        if lasting(changed) == lasting(current):
            return current
        return self._commit(registry, resource, changed)

    def _check_address(self, resource: Resource, current: Json, wanted: Json) -> None:
        check_kind(resource, wanted)
        if name_of(wanted) != self.name:
            raise bad_request(
                f"the name of the object ({name_of(wanted)}) does not match the name on the URL ({self.name})"
            )
        if namespace_of(wanted) not in {"", namespace_of(current)}:
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )

    def _confined(self, resource: Resource, current: Json, wanted: Json) -> Json:
        """Return the wanted object without the changes that this address cannot make."""
        if self.of_status:
            return {**current, "status": wanted.get("status", {})}
        content = _content(wanted)
        if resource.has_status:
            content |= {"status": current["status"]} if "status" in current else {}
        else:
            content |= {"status": wanted["status"]} if "status" in wanted else {}
        return {**content, "metadata": _confined_metadata(resource, current, wanted)}

    def _commit(self, registry: Registry, resource: Resource, changed: Json) -> Json:
        signed = registry.signed(resource, changed, self.terms.manager, "status" if self.of_status else "")
        metadata = metadata_of(signed)
        released = metadata.get("deletionTimestamp") and not metadata.get("finalizers")
        if released and not metadata.get("deletionGracePeriodSeconds"):
            if not self.terms.dry_run:
                registry.store.drop(resource, signed)
            return signed
        return registry.commit(resource, signed, self.terms)


def _content(body: Json) -> Json:
    """Return what is neither the object's type, its metadata nor its status."""
    return {key: value for key, value in body.items() if key not in _FRAME}


def _confined_metadata(resource: Resource, current: Json, wanted: Json) -> Json:
    old = metadata_of(current)
    metadata = {key: value for key, value in metadata_of(wanted).items() if key not in _KEPT}
    metadata |= {key: old[key] for key in _KEPT if key in old}
    metadata = {key: value for key, value in metadata.items() if value not in ({}, [], None)}
    metadata.setdefault("uid", old["uid"])
    metadata["resourceVersion"] = old["resourceVersion"]
    if resource.counted and _content(wanted) != _content(current):
        metadata["generation"] = old.get("generation", 0) + 1
    return metadata


def _check_immutable(resource: Resource, current: Json, changed: Json) -> None:
    old, new = metadata_of(current), metadata_of(changed)
    flaws = []
    if new["uid"] != old["uid"]:
        flaws.append(
            Flaw("metadata.uid", "FieldValueInvalid", f'Invalid value: "{new["uid"]}": field is immutable')
        )
    if old.get("deletionTimestamp") and (added := _added(old, new)):
        why = f"Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers {added}"
        flaws.append(Flaw("metadata.finalizers", "FieldValueForbidden", why))
    if resource is PODS and _fixed(current) != _fixed(changed):
        why = "Forbidden: pod updates may not change fields other than the container images, deadline and tolerations"
        flaws.append(Flaw("spec", "FieldValueForbidden", why))
    if flaws:
        raise invalid(resource, name_of(current), flaws)


def _added(old: Json, new: Json) -> list[str]:
    return [name for name in new.get("finalizers") or [] if name not in (old.get("finalizers") or [])]


def _fixed(pod: Json) -> Json:
    """Return the part of a pod's spec that never changes after creation."""
    spec = {
        key: value
        for key, value in (pod.get("spec") or {}).items()
        if key not in {"activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"}
    }
    for kind in ("containers", "initContainers"):
        if kind in spec:
            spec[kind] = [{**container, "image": ""} for container in spec[kind]]
    return spec
