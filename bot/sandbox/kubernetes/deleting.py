"""Delete an object: preconditions, grace and finalizers (apiserver `rest.BeforeDelete`)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.sandbox.kubernetes.objects import Json, metadata_of, name_of, rfc3339
from bot.sandbox.kubernetes.registry import Registry, Terms
from bot.sandbox.kubernetes.resources import NAMESPACES, PODS, Resource
from bot.sandbox.kubernetes.statuses import ApiError, Flaw, bad_request, invalid
from bot.sandbox.kubernetes.validation import check_shape


@dataclass(frozen=True, slots=True)
class Options:
    """`DeleteOptions`: whom it must hit, and how many seconds it may take to end (None: as its kind does)."""

    uid: str | None = None
    version: str | None = None
    grace: int | None = None


def options_of(body: Any) -> Options:
    """Read `DeleteOptions`; an absent body means no conditions. Raises `ApiError` 400."""
    given = body or {}
    conditions = given.get("preconditions") or {} if isinstance(given, dict) else None
    if not isinstance(conditions, dict):
        raise bad_request("json: cannot unmarshal the body into Go value of type v1.DeleteOptions")
    return Options(conditions.get("uid"), conditions.get("resourceVersion"), given.get("gracePeriodSeconds"))


def delete(registry: Registry, resource: Resource, body: Json, options: Options, terms: Terms) -> Json:
    """Delete the stored object, or mark it where something must happen first; returns the answer's body.

    A namespace stays until it is emptied, a pod on a node until its kubelet has ended it, and anything while it
    has finalizers. `propagationPolicy` has no effect: there is no garbage collector here. Raises `ApiError`.
    """
    _check(resource, body, options)
    terms.admit(resource, name_of(body))
    grace = _grace(resource, body, options)
    if grace or metadata_of(body).get("finalizers") or resource is NAMESPACES:
        return _mark(registry, resource, body, grace, terms)
    if not terms.dry_run:
        registry.store.drop(resource, body)
    return _ended(body) if resource.returned else _done(resource, body)


def _check(resource: Resource, body: Json, options: Options) -> None:
    uid, version = metadata_of(body)["uid"], metadata_of(body)["resourceVersion"]
    if options.uid is not None and options.uid != uid:
        raise _mismatch(
            resource,
            body,
            f"the UID in the precondition ({options.uid}) does not match the UID in record ({uid}). "
            "The object might have been deleted and then recreated",
        )
    if options.version is not None and options.version != version:
        raise _mismatch(
            resource,
            body,
            f"the ResourceVersion in the precondition ({options.version}) does not match the ResourceVersion "
            f"in record ({version}). The object might have been modified",
        )


def _mismatch(resource: Resource, body: Json, why: str) -> ApiError:
    """Return the conflict; unlike every other, the server names the kind in it and not the resource."""
    name = name_of(body)
    kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    details = {"name": name, **({"group": resource.group} if resource.group else {}), "kind": resource.kind}
    return ApiError(409, "Conflict", f'Operation cannot be fulfilled on {kind} "{name}": {why}', details)


def _grace(resource: Resource, body: Json, options: Options) -> int:
    """Return the seconds until the object may go; only a pod that runs on a node needs any."""
    ended = (body.get("status") or {}).get("phase") in {"Succeeded", "Failed"}
    spec = body.get("spec") or {}
    if resource is not PODS or not spec.get("nodeName") or ended:
        return 0
    grace = spec.get("terminationGracePeriodSeconds", 30) if options.grace is None else options.grace
    return 1 if grace < 0 else int(grace)


def _mark(registry: Registry, resource: Resource, body: Json, grace: int, terms: Terms) -> Json:
    if metadata_of(body).get("deletionTimestamp"):
        return body
    until = rfc3339(registry.clock() + timedelta(seconds=grace))
    metadata = {**metadata_of(body), "deletionTimestamp": until, "deletionGracePeriodSeconds": grace}
    if "generation" in metadata:
        metadata["generation"] += 1
    marked = {**body, "metadata": metadata}
    if resource is NAMESPACES:
        del metadata["deletionGracePeriodSeconds"]
        marked["status"] = {**(body.get("status") or {}), "phase": "Terminating"}
    return registry.commit(resource, marked, terms)


def finalize(registry: Registry, name: str, body: Any, terms: Terms) -> Json:
    """Set a namespace's `spec.finalizers`; one that is terminating and has none left goes. Raises `ApiError`."""
    current = registry.need(NAMESPACES, "", name)
    left = (check_shape(body).get("spec") or {}).get("finalizers") or []
    changed = {**current, "spec": {"finalizers": left} if left else {}}
    if left or not metadata_of(current).get("deletionTimestamp"):
        return registry.commit(NAMESPACES, changed, terms)
    if not terms.dry_run:
        registry.store.drop(NAMESPACES, changed)
    return changed


def _ended(body: Json) -> Json:
    """Return the object as the answer to its end shows it: no grace is left of what was being deleted."""
    if "deletionGracePeriodSeconds" not in metadata_of(body):
        return body
    return {**body, "metadata": {**metadata_of(body), "deletionGracePeriodSeconds": 0}}


def _done(resource: Resource, body: Json) -> Json:
    details: Json = {"name": name_of(body)}
    if resource.group:
        details["group"] = resource.group
    details |= {"kind": resource.plural, "uid": metadata_of(body)["uid"]}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def check_dry_run(values: list[str], options: str) -> bool:
    """Tell whether a request is only tried out; raises `ApiError` 422 for a directive other than `All`."""
    if any(value != "All" for value in values):
        resource = Resource("meta.k8s.io", "v1", "", options)
        flaw = Flaw(
            "dryRun", "FieldValueNotSupported", f'Unsupported value: {values}: supported values: "All"'
        )
        raise invalid(resource, "", [flaw])
    return bool(values)
