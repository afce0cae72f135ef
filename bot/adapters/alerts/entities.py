"""
Entities of Microsoft's security alerts: a list in which ``$ref`` points at the ``$id`` of another.

(learn.microsoft.com/azure/sentinel/entities-reference and the schema of Defender for Containers' alerts.) A reference
that points nowhere, or in a circle, resolves to nothing: a pod without a namespace, never one in a wrong one.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from bot.adapters.alerts.naming import Naming
from bot.adapters.alerts.wire import MisfitError, convert
from bot.domain.alerts import Role, SubjectKind

MOST: Final = 500
_OWNERS: Final = {
    "deployment": "Deployment",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "replicaset": "ReplicaSet",
    "cronjob": "CronJob",
    "job": "Job",
}
_SIDES: Final = {"sourceaddress": Role.SOURCE, "destinationaddress": Role.DESTINATION}

Entity = Mapping[str, Any]


def listed(given: object, path: str) -> list[dict[str, Any]]:
    """
    Return entities that are given as a list, or as the JSON text of one.

    Raises ``MisfitError`` for anything else, and for more than anybody could mean.
    """
    found = given
    if isinstance(given, str):
        try:
            found = msgspec.json.decode(given) if given else []
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise MisfitError(path, "its text is not JSON") from None
    entities = convert(list[dict[str, Any]], [] if found is None else found, path)
    if len(entities) > MOST:
        raise MisfitError(path, f"more than {MOST} entities")
    return entities


def name_all(naming: Naming, entities: Iterable[Entity]) -> None:
    """Keep what they name."""
    every = list(entities)
    known = {str(each["$id"]): each for each in every if isinstance(each.get("$id"), str | int)}
    for each in sorted(every, key=lambda one: "cluster" not in _kind(one)):
        _name(naming, each, known)


def _name(naming: Naming, entity: Entity, known: Mapping[str, Entity]) -> None:
    kind = _kind(entity)
    name = _text(entity, "Name")
    inside = _text(_followed(_member(entity, "Namespace"), known), "Name")
    match kind:
        case "cluster":
            naming.of_cluster(name or _of_resource(_followed(_member(entity, "CloudResource"), known)))
        case "pod":
            naming.add(SubjectKind.POD, name, inside)
        case "namespace":
            naming.add(SubjectKind.NAMESPACE, name)
        case "serviceaccount":
            naming.add(SubjectKind.SERVICE_ACCOUNT, name, inside)
        case "node":
            naming.add(SubjectKind.NODE, name)
        case _ if kind in _OWNERS:
            naming.add(SubjectKind.WORKLOAD, name, inside, owner=_OWNERS[kind])
        case _:
            _name_outside(naming, kind, entity, known)


def _name_outside(naming: Naming, kind: str, entity: Entity, known: Mapping[str, Entity]) -> None:
    match kind:
        case "ip":
            naming.add(SubjectKind.ADDRESS, _text(entity, "Address"))
        case "dns" | "dnsresolution":
            naming.add(SubjectKind.FQDN, _text(entity, "DomainName"))
        case "networkconnection":
            for key, role in _SIDES.items():
                side = _followed(_member(entity, key), known)
                naming.add(SubjectKind.ADDRESS, _text(side, "Address"), role=role)
        case _:
            pass


def _kind(entity: Entity) -> str:
    """``K8s-pod``, ``kubernetes-pod`` and ``pod`` are the same."""
    told = _text(entity, "Type").lower()
    for prefix in ("k8s-", "kubernetes-"):
        told = told.removeprefix(prefix)
    return told.replace("-", "").replace("_", "")


def _followed(value: object, known: Mapping[str, Entity]) -> Entity:
    """Return what a member holds or points at; at most one step, since a name is never two away."""
    if isinstance(value, str):
        return {"Name": value}
    if not isinstance(value, Mapping):
        return {}
    pointer = value.get("$ref")
    return known.get(str(pointer), {}) if isinstance(pointer, str | int) else value


def _member(entity: Entity, name: str) -> object:
    return next((value for key, value in entity.items() if key.lower() == name.lower()), None)


def _text(entity: Entity, name: str) -> str:
    found = _member(entity, name)
    return found.strip() if isinstance(found, str) else ""


def _of_resource(entity: Entity) -> str:
    return _text(entity, "ResourceId").rstrip("/").rpartition("/")[2].lower()
