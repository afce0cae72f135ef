"""
Entities of Microsoft's security alerts: a list in which ``$ref`` points at the ``$id`` of another.

(learn.microsoft.com/azure/sentinel/entities-reference and the schema of Defender for Containers' alerts.) A reference
that points nowhere, or in a circle, resolves to nothing: a pod without a namespace, never one in a wrong one. So with
clusters: a thing is in the one that its namespace says, else in the only one of its list, else in none that is known.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from bot.adapters.alerts.naming import Naming
from bot.adapters.alerts.wire import MisfitError, convert
from bot.domain.alerts import Role, SubjectKind

MOST: Final = 500
CLUSTER: Final = "cluster"
_OWNERS: Final = {
    "deployment": "Deployment",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "replicaset": "ReplicaSet",
    "cronjob": "CronJob",
    "job": "Job",
}
_ALONE: Final = {"namespace": SubjectKind.NAMESPACE, "node": SubjectKind.NODE}
_INSIDE: Final = {
    "pod": SubjectKind.POD,
    "serviceaccount": SubjectKind.SERVICE_ACCOUNT,
    **_ALONE,
    **dict.fromkeys(_OWNERS, SubjectKind.WORKLOAD),
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
    """Keep what they name: one list, whose references are its own."""
    every = list(entities)
    known = {str(each["$id"]): each for each in every if isinstance(each.get("$id"), str | int)}
    named = (_cluster(each, known) for each in every if _kind(each) == CLUSTER)
    clusters = frozenset(name for name in named if name)
    for each in every:
        _name(naming, each, known, clusters)


def _name(naming: Naming, entity: Entity, known: Mapping[str, Entity], clusters: frozenset[str]) -> None:
    kind = _kind(entity)
    if kind == CLUSTER:
        naming.of_cluster(_cluster(entity, known))
    elif kind in _INSIDE:
        space = _followed(_member(entity, "Namespace"), known)
        naming.add(
            _INSIDE[kind],
            _text(entity, "Name"),
            _text(space, "Name") if kind not in _ALONE else "",
            owner=_OWNERS.get(kind, ""),
            said=_said(entity, space, known, clusters),
        )
    else:
        _name_outside(naming, kind, entity, known, clusters)


def _name_outside(
    naming: Naming, kind: str, entity: Entity, known: Mapping[str, Entity], clusters: frozenset[str]
) -> None:
    match kind:
        case "ip":
            naming.add(SubjectKind.ADDRESS, _text(entity, "Address"), said=clusters)
        case "dns" | "dnsresolution":
            naming.add(SubjectKind.FQDN, _text(entity, "DomainName"), said=clusters)
        case "networkconnection":
            for key, role in _SIDES.items():
                side = _followed(_member(entity, key), known)
                naming.add(SubjectKind.ADDRESS, _text(side, "Address"), role=role, said=clusters)
        case _:
            pass


def _said(
    entity: Entity, space: Entity, known: Mapping[str, Entity], clusters: frozenset[str]
) -> frozenset[str]:
    """Return the cluster that a thing or its namespace points at, none where that is not there; else all of the list."""
    pointer = _member(entity, "Cluster")
    if pointer is None:
        pointer = _member(space, "Cluster")
    if pointer is None:
        return clusters
    name = _cluster(_followed(pointer, known), known)
    return frozenset({name} if name else ())


def _cluster(entity: Entity, known: Mapping[str, Entity]) -> str:
    """Return what a cluster is called; empty for what is something else."""
    if _kind(entity) not in {"", CLUSTER}:
        return ""
    return _text(entity, "Name") or _of_resource(_followed(_member(entity, "CloudResource"), known))


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
