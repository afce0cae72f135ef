"""
What the clusters say of the subjects of an alert, asked before anything is suggested.

A name from an alert is looked for only under the very cluster that it names, by the name of the settings, or under the
only one that there is; one that is told to be in either of two is looked for in neither. What does not answer is said as such and never taken for "not there".
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from bot.domain import refs, views
from bot.domain.alerts import Subject, SubjectKind
from bot.domain.alerts.subjects import doubt
from bot.domain.arm import Firewall
from bot.domain.flows.resolving import HASH, made_by
from bot.domain.quarantine.surroundings import api_servers, api_servers_of
from bot.domain.queries import (
    Absent,
    Answer,
    Discover,
    Discovered,
    Each,
    Get,
    Listing,
    Query,
    Rounds,
    Unavailable,
    kube,
    told,
)
from bot.domain.reading import cut, each, read
from bot.domain.residual.world import pod_of
from bot.domain.suggestions.resolved import Resolved, Standing
from bot.domain.suggestions.whose import Whose, owned, whose

MOST_CLUSTERS: Final = 8
"""So many clusters are asked whose an address is that is of no cluster that the alert names."""

_WORKLOADS: Final = ("deployment", "statefulset", "daemonset", "job")
_Answers = Mapping[str, Answer]
"""By the question, told in a few words: no two questions that are asked here have the same."""


class _Place(msgspec.Struct, frozen=True):
    """Where a subject is looked for; ``why`` where that is nowhere."""

    clusters: tuple[str, ...] = ()
    why: str = ""


def resolving(subjects: Sequence[Subject], clusters: Sequence[str]) -> Rounds[tuple[Resolved, ...]]:
    """Ask about subjects of one alert or group; ``clusters`` are those of the settings."""
    places = {subject: _place(subject, clusters) for subject in subjects}
    wanted = {told(query): query for one, at in places.items() for query in _queries(one, at)}
    answers: dict[str, Answer] = {}
    if wanted:
        answers = dict(zip(wanted, (yield tuple(wanted.values())), strict=True))
    firewalls = {told(query): query for query in _firewalls(answers)}
    if firewalls:
        answers |= dict(zip(firewalls, (yield tuple(firewalls.values())), strict=True))
    maps = {
        name: _whose(name, answers)
        for name in dict.fromkeys(
            name for one, at in places.items() if one.kind is SubjectKind.ADDRESS for name in at.clusters
        )
    }
    return tuple(_resolved(one, at, answers, maps) for one, at in places.items())


def _place(subject: Subject, clusters: Sequence[str]) -> _Place:
    if why := doubt(subject.cluster):
        return _Place(why=why)
    named = subject.name if subject.kind is SubjectKind.CLUSTER else subject.cluster
    if named and named not in clusters:
        return _Place(why=f"the settings name no cluster {named}")
    if named:
        return _Place((named,))
    if subject.kind is SubjectKind.ADDRESS:
        return _Place(tuple(clusters[:MOST_CLUSTERS]))
    if len(clusters) == 1:
        return _Place((clusters[0],))
    return _Place(why="the alert does not say which cluster is meant")


def _queries(subject: Subject, place: _Place) -> Iterator[Query]:
    for cluster in place.clusters:
        match subject.kind:
            case SubjectKind.POD if subject.namespace:
                yield Get(kube(cluster, refs.POD, subject.namespace, subject.name))
            case SubjectKind.WORKLOAD | SubjectKind.SERVICE_ACCOUNT if subject.namespace:
                yield Each(cluster, refs.POD, subject.namespace)
            case SubjectKind.NAMESPACE:
                yield Get(kube(cluster, refs.NAMESPACE, "", subject.name))
            case SubjectKind.NODE:
                yield Each(cluster, refs.NODE)
            case SubjectKind.CLUSTER:
                yield Discover(cluster)
            case SubjectKind.ADDRESS:
                yield from _around(cluster)
            case _:
                pass


def _around(cluster: str) -> tuple[Query, ...]:
    kinds = (refs.POD, refs.NODE, refs.SERVICE)
    return (Discover(cluster), *(Each(cluster, kind) for kind in kinds), api_servers_of(cluster))


def _firewalls(answers: _Answers) -> Iterator[Query]:
    for answer in answers.values():
        if isinstance(answer, Discovered) and answer.firewall is not None:
            yield from (Get(ref) for ref in answer.firewall.firewalls)


def _whose(cluster: str, answers: _Answers) -> Whose:
    asked = _around(cluster)
    who, pods, nodes, services, slices = (answers[told(query)] for query in asked)
    found = owned(
        each(pods, views.PodView) or (),
        each(nodes, views.NodeView) or (),
        each(services, views.ServiceView) or (),
        api_servers(each(slices, views.EndpointSliceView) or ()),
    )
    facts = who.firewall if isinstance(who, Discovered) else None
    own, unseen = list[tuple[str, str]](), list[str]()
    for ref in facts.firewalls if facts else ():
        firewall = read(answers[told(Get(ref))], Firewall)
        if isinstance(firewall, Firewall):
            own += [(address, "one of the firewall's own addresses") for address in firewall.addresses]
        else:
            unseen.append("the firewall")
    names = ("the cluster", "the pods", "the nodes", "the Services", "the API servers")
    unseen += [
        name
        for name, answer in zip(names, (who, pods, nodes, services, slices), strict=True)
        if not isinstance(answer, Discovered | Listing)
    ]
    guarded = facts.guarded if facts else ()
    return Whose(cluster, guarded, (*own, *found), tuple(unseen))


def _resolved(subject: Subject, place: _Place, answers: _Answers, maps: Mapping[str, Whose]) -> Resolved:
    if subject.kind is SubjectKind.FQDN:
        text = "a name: it was not looked up, because whoever serves it would see who asks"
        return Resolved(subject, Standing.UNKNOWN, text)
    if place.why:
        return Resolved(subject, Standing.UNKNOWN, place.why)
    if subject.kind is SubjectKind.ADDRESS:
        text, ours = whose(subject.name, [maps[name] for name in place.clusters])
        return Resolved(subject, Standing.UNKNOWN if ours is None else Standing.FOUND, text, bool(ours))
    queries = tuple(_queries(subject, place))
    if not queries:
        return Resolved(subject, Standing.UNKNOWN, "the alert does not say in which namespace it is")
    standing, text = _seen(subject, place.clusters[0], answers[told(queries[0])])
    return Resolved(subject, standing, text)


def _seen(subject: Subject, cluster: str, answer: Answer) -> tuple[Standing, str]:
    if isinstance(answer, Unavailable):
        return Standing.UNKNOWN, f"{cluster} did not say: {cut(answer.why)}"
    match subject.kind:
        case SubjectKind.POD:
            return _pod(cluster, answer)
        case SubjectKind.NAMESPACE:
            return _namespace(cluster, answer)
        case SubjectKind.NODE:
            return _node(subject, cluster, answer)
        case SubjectKind.CLUSTER:
            known = isinstance(answer, Discovered)
            return (Standing.FOUND, "one of the settings") if known else _odd(cluster)
        case _:
            return _group(subject, cluster, answer)


def _odd(cluster: str) -> tuple[Standing, str]:
    return Standing.UNKNOWN, f"{cluster} did not say: its answer was of another kind"


def _pod(cluster: str, answer: Answer) -> tuple[Standing, str]:
    view = read(answer, views.PodView)
    if isinstance(view, Absent):
        return Standing.ABSENT, f"there is no such pod in {cluster} now"
    if not isinstance(view, views.PodView):
        return Standing.UNKNOWN, f"{cluster} did not say: {cut(view.why)}"
    pod = pod_of(view)
    at = f"on {pod.node}" if pod.node else "on no node yet"
    how = ", it has ended" if pod.ended else ", on the network of its node" if pod.host_network else ""
    return Standing.FOUND, f"Pod {at}{_owner(view)}{how}"


def _owner(view: views.PodView) -> str:
    owner = view.metadata.controller
    if owner is None:
        return ", of nothing that would replace it"
    tail = f"-{view.metadata.labels.get(HASH, '')}"
    if owner.kind == "ReplicaSet" and len(tail) > 1 and owner.name.endswith(tail):
        return f", of Deployment {owner.name.removesuffix(tail)}"
    return f", of {owner.kind} {owner.name}"


def _namespace(cluster: str, answer: Answer) -> tuple[Standing, str]:
    view = read(answer, views.NamespaceView)
    if isinstance(view, Absent):
        return Standing.ABSENT, f"there is no such namespace in {cluster} now"
    if not isinstance(view, views.NamespaceView):
        return Standing.UNKNOWN, f"{cluster} did not say: {cut(view.why)}"
    return Standing.FOUND, f"a namespace of {cluster}{', being deleted' if view.ending else ''}"


def _node(subject: Subject, cluster: str, answer: Answer) -> tuple[Standing, str]:
    nodes = each(answer, views.NodeView)
    if nodes is None:
        return _odd(cluster)
    view = next((node for node in nodes if node.metadata.name == subject.name), None)
    if view is None:
        return Standing.ABSENT, f"there is no such node in {cluster} now"
    return Standing.FOUND, f"a node of {cluster}{'' if view.ready else ', not Ready'}"


def _group(subject: Subject, cluster: str, answer: Answer) -> tuple[Standing, str]:
    """A workload or an account, told by the pods that it has."""
    pods = each(answer, views.PodView)
    if pods is None:
        return _odd(cluster)
    own = [view for view in pods if not view.ended and _of(subject, view)]
    account = subject.kind is SubjectKind.SERVICE_ACCOUNT
    if own:
        one, many = ("pod runs as it", "pods run as it") if account else ("pod is of it", "pods are of it")
        return Standing.FOUND, f"{len(own)} {one if len(own) == 1 else many} in {cluster}"
    if account:
        return Standing.UNKNOWN, f"no pod of {cluster} runs as it now; accounts themselves are not read"
    return Standing.ABSENT, f"no pod of it is in {cluster} now"


def _of(subject: Subject, view: views.PodView) -> bool:
    if subject.kind is SubjectKind.SERVICE_ACCOUNT:
        return pod_of(view).service_account == subject.name
    kinds = (subject.owner.lower(),) if subject.owner else _WORKLOADS
    return any(made_by(kind, subject.name, view) for kind in kinds)
