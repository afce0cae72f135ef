"""Questions to one cluster. Whatever goes wrong is ``Unavailable``: never nothing, never an exception."""

import asyncio
from typing import Any

import msgspec

from bot.adapters.kubernetes.api import Api, Stored
from bot.adapters.kubernetes.cluster import Call, Cluster
from bot.adapters.kubernetes.lists import listed
from bot.adapters.kubernetes.paths import version_path
from bot.adapters.kubernetes.writes import apply
from bot.domain.changes import OwnChange
from bot.domain.documents import Document
from bot.domain.errors import ConflictError, DeniedError, OutsideError
from bot.domain.queries import (
    Absent,
    Answer,
    Discovered,
    Each,
    Found,
    Listing,
    Unavailable,
    Unwelcome,
    Welcome,
    kube,
)
from bot.domain.reading import cut
from bot.domain.refs import AWS_GROUP, ENGINE_KINDS, NAMESPACE, KubeRef

LARGEST_EXACT = 2**53 - 1
_ENGINE_GROUPS = frozenset({AWS_GROUP, *(kind.group for kind in ENGINE_KINDS)})
_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class _Version(msgspec.Struct, frozen=True, rename="camel"):
    git_version: str = ""


class _Offered(msgspec.Struct, frozen=True, rename="camel"):
    group_version: str


class _Group(msgspec.Struct, frozen=True):
    name: str
    versions: tuple[_Offered, ...] = ()


class _Groups(msgspec.Struct, frozen=True):
    groups: tuple[_Group, ...]


class _Resource(msgspec.Struct, frozen=True):
    name: str


class _Resources(msgspec.Struct, frozen=True):
    resources: tuple[_Resource, ...]


class _Verdict(msgspec.Struct, frozen=True):
    allowed: bool
    reason: str = ""


class _Review(msgspec.Struct, frozen=True):
    status: _Verdict


async def get(cluster: Cluster, ref: KubeRef) -> Answer:
    """Answer ``Get``. managedFields are left out: they say who wrote, not what stands there."""
    try:
        found = await Api(cluster).get(ref)
    except OutsideError as error:
        return unavailable(error, "get", ref)
    if found is None:
        return Absent(ref)
    metadata = {key: value for key, value in found.metadata.items() if key != "managedFields"}
    try:
        return Found(ref, document({**found.body, "metadata": metadata}), found.version)
    except (ValueError, RecursionError):
        return Unavailable(f"{ref} could not be understood")


def document(body: Any) -> Document:
    """
    Return a body as a document. Raises ``ValueError``.

    The API allows integers that RFC 8785 cannot express (a pod's terminationGracePeriodSeconds is 64 bits wide);
    whoever puts one into a pod must not escape by it. They become their text; no view reads such a field.
    """
    try:
        return Document.of(body)
    except ValueError:
        return Document.of(_fitted(body))


def _fitted(value: Any) -> Any:
    match value:
        case dict():
            return {key: _fitted(item) for key, item in value.items()}
        case list():
            return [_fitted(item) for item in value]
        case int() if abs(value) > LARGEST_EXACT:
            return str(value)
        case _:
            return value


async def each(cluster: Cluster, query: Each) -> Answer:
    """Answer ``Each``."""
    try:
        return Listing(await listed(cluster, query.kind, query.namespace, query.selector, query.node))
    except OutsideError as error:
        return unavailable(error, "list", kube(cluster.name, query.kind, query.namespace, ""))


async def discover(cluster: Cluster) -> Answer:
    """Answer ``Discover``, but for what is known of its firewall."""
    home = kube(cluster.name, NAMESPACE, "", "kube-system")
    questions = (
        Api(cluster).get(home),
        cluster.send(Call("GET", "/version")),
        cluster.send(Call("GET", "/apis")),
    )
    found, version, groups = await asyncio.gather(*questions, return_exceptions=True)
    for told in (found, version, groups):
        if isinstance(told, OutsideError):
            return unavailable(told, "get", home)
        if isinstance(told, BaseException):
            raise told
    answer = _discovered(cluster, found, version, groups)
    if isinstance(answer, Unavailable):
        return answer
    assert isinstance(groups, bytes)
    return msgspec.structs.replace(answer, serves=await _serves(cluster, groups))


async def _serves(cluster: Cluster, groups: bytes) -> tuple[str, ...] | None:
    """Ask each group of a network engine what it serves; an aggregated one may be down while all else answers."""
    offered = msgspec.json.decode(groups, type=_Groups).groups
    versions = [v.group_version for group in offered if group.name in _ENGINE_GROUPS for v in group.versions]
    try:
        paths = [version_path(version) for version in versions]
    except DeniedError:
        return None
    told = await asyncio.gather(*(cluster.send(Call("GET", path)) for path in paths), return_exceptions=True)
    served: list[str] = []
    for version, body in zip(versions, told, strict=True):
        if isinstance(body, OutsideError):
            return None
        if isinstance(body, BaseException):
            raise body
        try:
            listed_there = msgspec.json.decode(body, type=_Resources).resources
        except (msgspec.DecodeError, RecursionError):
            return None
        served += (f"{version}/{resource.name}" for resource in listed_there if "/" not in resource.name)
    return tuple(sorted(served))


def _discovered(cluster: Cluster, home: Any, version: Any, groups: Any) -> Discovered | Unavailable:
    if not isinstance(home, Stored) or not home.uid:
        return Unavailable("the cluster has no namespace kube-system, so it cannot be told from another")
    try:
        told = msgspec.json.decode(version, type=_Version)
        served = msgspec.json.decode(groups, type=_Groups)
    except (msgspec.DecodeError, RecursionError):
        return Unavailable("the cluster did not say what it serves")
    names = tuple(sorted(group.name for group in served.groups))
    context = cluster.connection.context
    return Discovered(cluster.name, home.uid, cut(told.git_version), names, kubectl_context=context)


async def dry_run(cluster: Cluster, change: OwnChange) -> Answer:
    """Answer ``DryRun``: admission, quota and permissions are asked, nothing is stored."""
    try:
        await apply(Api(cluster, dry_run=True), change)
    except (ConflictError, DeniedError) as error:
        if error.code in {"Unauthorized", "ClusterConfig", "Untrusted", "Closed", "Redirected"}:
            return unavailable(error, "dry-run", change.ref)
        return Unwelcome(error.code, error.text)
    except OutsideError as error:
        return unavailable(error, "dry-run", change.ref)
    return Welcome()


async def access(cluster: Cluster, verb: str, ref: KubeRef) -> Answer:
    """Answer ``Access`` by a SelfSubjectAccessReview."""
    attributes = {
        "verb": verb,
        "group": ref.kind.group,
        "version": ref.kind.version,
        "resource": ref.kind.plural.partition("/")[0],
        "subresource": ref.kind.plural.partition("/")[2],
        "namespace": ref.namespace,
        "name": ref.name,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    try:
        told = msgspec.json.decode(await cluster.send(Call("POST", _REVIEWS, review)), type=_Review)
    except OutsideError as error:
        return unavailable(error, "create", ref)
    except (msgspec.DecodeError, RecursionError):
        return Unavailable("the review could not be understood")
    if told.status.allowed:
        return Welcome()
    return Unwelcome("Forbidden", cut(f"{_right(verb, ref)} is missing. {told.status.reason}".strip()))


def unavailable(error: OutsideError, verb: str, ref: KubeRef) -> Unavailable:
    """Return why there is no answer, naming the right that is missing where it is one."""
    if isinstance(error, DeniedError) and error.code == "Forbidden":
        return Unavailable(cut(f"{_right(verb, ref)} is missing: {error.text}"))
    return Unavailable(cut(str(error)))


def _right(verb: str, ref: KubeRef) -> str:
    place = f"in namespace {ref.namespace}" if ref.namespace else "in the whole cluster"
    return f"the right to {verb} {ref.kind.resource} {place}"
