"""What to capture of a pod: pure answers to what its manifest, its owners and its policies say."""

import re
from typing import Final

import msgspec

from bot.domain.evidence import ItemKind, Want
from bot.domain.refs import (
    DAEMON_SET,
    DEPLOYMENT,
    EVENT,
    JOB,
    NETWORK_POLICY,
    NODE,
    REPLICA_SET,
    STATEFUL_SET,
    Kind,
    KubeRef,
)
from bot.domain.selectors import Selector, selects
from bot.domain.views import Owner

OWNERS: Final[dict[str, Kind]] = {
    f"{kind.api_version}/{kind.kind}": kind
    for kind in (REPLICA_SET, DEPLOYMENT, STATEFUL_SET, DAEMON_SET, JOB)
}
MOST_OWNERS: Final = 4
"""Steps up the chain of owners: pod, ReplicaSet, Deployment; more is somebody playing."""


class _Container(msgspec.Struct, frozen=True):
    name: str = ""


class _Spec(msgspec.Struct, frozen=True, rename="camel"):
    node_name: str = ""
    containers: tuple[_Container, ...] = ()
    init_containers: tuple[_Container, ...] = ()
    ephemeral_containers: tuple[_Container, ...] = ()


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    restart_count: int = 0


class _Statuses(msgspec.Struct, frozen=True, rename="camel"):
    container_statuses: tuple[_Status, ...] = ()
    init_container_statuses: tuple[_Status, ...] = ()
    ephemeral_container_statuses: tuple[_Status, ...] = ()


class _Owner(Owner, frozen=True, rename="camel"):
    api_version: str = ""


class _Meta(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    uid: str = ""
    labels: dict[str, str] = {}
    owner_references: tuple[_Owner, ...] = ()


class Seen(msgspec.Struct, frozen=True):
    """What a captured pod, or an owner of it, says about what else to capture."""

    metadata: _Meta
    spec: _Spec = _Spec()
    status: _Statuses = _Statuses()

    @property
    def restarted(self) -> frozenset[str]:
        """The containers that ran before: of these, earlier logs may be kept."""
        told = self.status
        every = (
            *told.container_statuses,
            *told.init_container_statuses,
            *told.ephemeral_container_statuses,
        )
        return frozenset(one.name for one in every if one.restart_count > 0)


_seen = msgspec.json.Decoder(Seen)


def seen(body: bytes) -> Seen | None:
    """Return what an object says; ``None`` for what cannot be understood, such as one that was cut."""
    try:
        return _seen.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None


def manifest(target: KubeRef, uid: str) -> Want:
    """Return the first thing to capture: all else follows from it."""
    return Want(ItemKind.MANIFEST, "pod.json", "manifest and status", target, uid)


def events(target: KubeRef, uid: str) -> Want:
    """Return the events about the pod, which outlive it."""
    ref = KubeRef(target.cluster, EVENT, target.namespace, target.name)
    return Want(ItemKind.EVENTS, "events.json", "events", ref, uid)


def following(target: KubeRef, pod: Seen) -> tuple[Want, ...]:
    """Return what to capture beside manifest, events and owners: logs first, for they are the first to go."""
    spec = pod.spec
    every = (*spec.containers, *spec.init_containers, *spec.ephemeral_containers)
    names = tuple(dict.fromkeys(one.name for one in every))
    wants = [
        *(_log(target, name, ItemKind.LOG) for name in names),
        *(_log(target, name, ItemKind.PREVIOUS) for name in names),
    ]
    policies = KubeRef(target.cluster, NETWORK_POLICY, target.namespace, "")
    wants.append(
        Want(ItemKind.POLICIES, "network-policies.json", "network policies that select it", policies)
    )
    if spec.node_name:
        node = KubeRef(target.cluster, NODE, "", spec.node_name)
        wants.append(Want(ItemKind.NODE, "node.json", "its node", node))
    return _named_apart(wants)


def owner_of(target: KubeRef, body: Seen) -> Want | None:
    """Return the controller that made an object, if any."""
    found = next((one for one in body.metadata.owner_references if one.controller), None)
    if found is None:
        return None
    kind = OWNERS.get(f"{found.api_version}/{found.kind}")
    title = f"owner {word(found.kind)} {word(found.name)}"
    name = f"owner-{word(found.kind).lower()}.json"
    if kind is None:
        why = f"owners of the kind {word(found.kind)} are not read"
        return Want(ItemKind.OWNER, name, title, target, foreign=why)
    return Want(
        ItemKind.OWNER, name, title, KubeRef(target.cluster, kind, target.namespace, found.name), found.uid
    )


def _log(target: KubeRef, container: str, kind: ItemKind) -> Want:
    before = "previous " if kind is ItemKind.PREVIOUS else ""
    name = f"{kind.value}-{word(container)}.txt"
    return Want(kind, name, f"{before}logs of {word(container)}", target, container=container)


def _named_apart(wants: list[Want]) -> tuple[Want, ...]:
    """Names were cut, so two may have become one: the later is numbered."""
    taken: set[str] = set()
    apart = []
    for number, want in enumerate(wants):
        fresh = (
            want if want.name not in taken else msgspec.structs.replace(want, name=f"{number}-{want.name}")
        )
        taken.add(fresh.name)
        apart.append(fresh)
    return tuple(apart)


def word(text: str) -> str:
    """Return a name from outside as a short word that is safe in a file name and in a line."""
    return re.sub(r"[^A-Za-z0-9.-]", "_", text[:63]).strip(".") or "unnamed"


class _Policy(msgspec.Struct, frozen=True, rename="camel"):
    pod_selector: Selector = Selector()


class _PolicyItem(msgspec.Struct, frozen=True):
    spec: _Policy = _Policy()


class _Items(msgspec.Struct, frozen=True):
    items: tuple[msgspec.Raw, ...]


def selecting(body: bytes, labels: dict[str, str]) -> bytes:
    """
    Return those policies of a list that select such a pod, each byte for byte as it came.

    Raises ``ValueError`` for what is no list. One that is not understood is kept: it might select the pod.
    """
    try:
        items = msgspec.json.decode(body, type=_Items).items
    except (msgspec.DecodeError, RecursionError):
        raise ValueError("the list of policies could not be understood") from None
    chosen = [bytes(item) for item in items if _selects(item, labels)]
    return (
        b'{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicyList","items":['
        + b",".join(chosen)
        + b"]}"
    )


def _selects(item: msgspec.Raw, labels: dict[str, str]) -> bool:
    try:
        policy = msgspec.json.decode(item, type=_PolicyItem)
    except (msgspec.DecodeError, RecursionError):
        return True
    return selects(policy.spec.pod_selector, labels)
