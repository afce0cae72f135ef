"""What the cluster knows of whom a question is about, and whose its addresses are: asked before the sources are."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from bot.domain import refs, views
from bot.domain.actions import Grant
from bot.domain.flows.asked import IN_CLUSTER, About, Subject
from bot.domain.flows.hints import Around, around
from bot.domain.flows.identities import Known, of_cluster
from bot.domain.flows.wish import Wish
from bot.domain.queries import Answer, Discover, Each, Found, Get, Query, Rounds, Unavailable, kube
from bot.domain.reading import cut, each
from bot.domain.residual.world import node_of, pod_of

HASH: Final = "pod-template-hash"
NOT_SHARED: Final = (
    "what is seen under the address of its node alone was not asked for: it is of all namespaces there, "
    "and you may not see all of them"
)
GRANTS: Final = (Grant("cilium.io", "ciliumendpoints", ("get",)),)
"""
What these questions need beyond what a quarantine asks: by which number Cilium knows a pod.

Sums without pods are told by it, and what its agent enforces for a pod stands there, whoever wrote the policy.
"""

MOST_IDENTITIES: Final = 20
"""Pods of a subject whose identity is asked for."""


class _Identity(msgspec.Struct, frozen=True):
    id: int = 0


class _EndpointStatus(msgspec.Struct, frozen=True):
    identity: _Identity = _Identity()


class _EndpointView(msgspec.Struct, frozen=True):
    status: _EndpointStatus = _EndpointStatus()


class Resolved(msgspec.Struct, frozen=True):
    """
    Whom it is about, as the cluster has them now, and whose every address is.

    ``notes`` say what could not be known; ``around`` what flows could be known by there.
    """

    subject: Subject
    peer: Subject | None
    known: tuple[Known, ...]
    notes: tuple[str, ...]
    around: Around


def resolving(wish: Wish) -> Rounds[Resolved]:
    """Ask who is meant. Nothing that the cluster does not answer stops the question: sources may know more."""
    cluster = wish.cluster
    queries: tuple[Query, ...] = (
        Discover(cluster),
        Each(cluster, refs.POD),
        Each(cluster, refs.NODE),
        Each(cluster, refs.DAEMON_SET),
    )
    answers = yield queries
    listed, notes = each(answers[1], views.PodView), list(_unseen(answers))
    if listed is None:
        spaces = sorted({one.namespace for one in (wish.subject, wish.peer) if one and one.namespace})
        nearer = yield tuple(Each(cluster, refs.POD, space) for space in spaces)
        near = [each(answer, views.PodView) for answer in nearer]
        listed = tuple(pod for some in near for pod in some or ())
    nodes = each(answers[2], views.NodeView) or ()
    subject, about = _told(wish.subject, listed, nodes)
    peer, more = _told(wish.peer, listed, nodes) if wish.peer else (None, ())
    found = around(answers)
    if found.cilium and subject.pods:
        subject = msgspec.structs.replace(subject, identities=(yield from _identities(cluster, subject)))
    return Resolved(subject, peer, tuple(of_cluster(listed, nodes)), (*notes, *about, *more), found)


def unshared(found: Resolved) -> Resolved:
    """Return the subject without what it shares with pods of other namespaces, and say so."""
    if not found.subject.behind:
        return found
    own = msgspec.structs.replace(found.subject, behind=())
    return msgspec.structs.replace(found, subject=own, notes=(*found.notes, NOT_SHARED))


def _unseen(answers: tuple[Answer, ...]) -> Iterator[str]:
    for what, answer in zip(("the cluster", "its pods", "its nodes"), answers[:3], strict=True):
        if isinstance(answer, Unavailable):
            yield f"{what} did not answer, so names and addresses are joined by what the sources tell alone: {cut(answer.why)}"
            return


def _told(
    subject: Subject, pods: Iterable[views.PodView], nodes: Iterable[views.NodeView]
) -> tuple[Subject, tuple[str, ...]]:
    if subject.about not in IN_CLUSTER:
        return subject, ()
    own = [view for view in pods if _is_of(subject, view)]
    if not own:
        return subject, tuple(_gone(subject))
    seen = [pod_of(view) for view in own if not view.ended]
    at = {node.name: node.addresses for node in map(node_of, nodes)}
    behind = dict.fromkeys(address for pod in seen for address in at.get(pod.node, ()))
    addresses = dict.fromkeys(a for pod in seen if not pod.host_network for a in pod.addresses)
    accounts = sorted({pod.service_account for pod in seen})
    filled = msgspec.structs.replace(
        subject,
        pods=() if subject.about is About.NAMESPACE else tuple(pod.name for pod in seen),
        addresses=tuple(addresses),
        behind=tuple(behind),
        service_accounts=() if subject.about is About.NAMESPACE else tuple(accounts),
        hosted=any(pod.host_network for pod in seen),
    )
    return filled, tuple(_shared(subject, sum(pod.host_network for pod in seen), len(seen)))


def _gone(subject: Subject) -> Iterator[str]:
    match subject.about:
        case About.POD:
            yield f"there is no pod {subject} now: it was asked for by its name alone, and its addresses are not known"
        case About.WORKLOAD:
            yield f"no pod of {subject} is there now: it was asked for by its name alone"
        case _:
            yield f"no pod is in {subject} now"


def _shared(subject: Subject, host: int, every: int) -> Iterator[str]:
    if host:
        whom = f"{subject} is" if every == 1 else f"{host} of {every} pods are"
        yield f"{whom} on the network of the node: flows of it stand under the node, with those of all that runs there"


def _is_of(subject: Subject, view: views.PodView) -> bool:
    if view.metadata.namespace != subject.namespace:
        return False
    match subject.about:
        case About.NAMESPACE:
            return True
        case About.POD:
            return view.metadata.name == subject.name
        case _:
            kind, _, name = subject.name.partition("/")
            return made_by(kind, name, view)


def made_by(kind: str, name: str, view: views.PodView) -> bool:
    """Whether a pod is a workload's: a Deployment names its ReplicaSets by itself and the hash of the template, which is on each of their pods."""
    owner = view.metadata.controller
    if owner is None:
        return False
    if kind == "deployment":
        return owner.kind == "ReplicaSet" and owner.name == f"{name}-{view.metadata.labels.get(HASH)}"
    return owner.kind.lower() == kind and owner.name == name


def _identities(cluster: str, subject: Subject) -> Rounds[tuple[str, ...]]:
    """Ask what number Cilium gave to the labels of a subject's pods: sums without pods are told by it."""
    names = subject.pods[:MOST_IDENTITIES]
    answers = yield tuple(Get(kube(cluster, refs.CILIUM_ENDPOINT, subject.namespace, name)) for name in names)
    return tuple(sorted({str(number) for answer in answers if (number := _identity(answer))}))


def _identity(answer: Answer) -> int:
    if not isinstance(answer, Found):
        return 0
    try:
        return msgspec.json.decode(answer.body.text, type=_EndpointView).status.identity.id
    except msgspec.ValidationError:
        return 0
