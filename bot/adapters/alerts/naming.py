"""From a sender's labels to subjects: by the names that exporters and rules usually give them."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from bot.domain.alerts import Role, Subject, SubjectKind
from bot.domain.alerts.subjects import UNTOLD, doubt, either, subject
from bot.domain.alerts.texts import line
from bot.domain.numbers import few

LONGEST: Final = 40
MOST_TOLD: Final = 3
"""So much of a cluster's name, and so many of them, are told where they are in doubt."""

_NOTHING: Final = frozenset({"", "<NA>", "null", "none", "unknown", "-"})
_PODS: Final = ("exportedpod", "pod", "podname", "k8spodname", "kubernetespodname", "targetpod")
_NAMESPACES: Final = (
    *("exportednamespace", "namespace", "podnamespace", "k8snsname", "k8snamespacename"),
    *("kubernetesnamespace", "targetnamespace"),
)
_CLUSTERS: Final = frozenset({"cluster", "exportedcluster"})
_NODES: Final = ("exportednode", "node", "nodename", "k8snodename", "kubernetesnode")
_ACCOUNTS: Final = ("serviceaccount", "serviceaccountname", "k8sserviceaccountname")
_ADDRESSES: Final = {
    Role.DESTINATION: ("destinationip", "dstip", "destip", "destinationaddress", "dstaddr"),
    Role.SOURCE: ("sourceip", "srcip", "sourceaddress", "srcaddr", "clientip", "callerip", "attackerip"),
    Role.UNTOLD: ("ip", "ipaddress", "remoteip", "remoteaddress", "peerip", "address"),
}
_NAMES: Final = ("fqdn", "domain", "domainname", "dnsname", "destinationfqdn", "targetfqdn")
_OWNERS: Final = {
    "deployment": "Deployment",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "replicaset": "ReplicaSet",
    "cronjob": "CronJob",
    "jobname": "Job",
    "rollout": "Rollout",
}


_Said = frozenset[str] | None
_Key = tuple[SubjectKind, str, str, str | _Said]
_Found = tuple[Subject, _Said]


class Naming:
    """
    Collects what one alert names. What cannot be a name is kept as a sentence and is no subject.

    A thing is in the cluster that is said for it; else in the one that the alert names; else in the source's own,
    ``cluster``. Where those are not one and the same it is in ``either``: nobody's, so that nothing is looked for or done
    in the wrong one, and that is told. ``called`` are clusters of the settings by what the sender calls them.
    """

    def __init__(self, cluster: str = "", called: Mapping[str, str] | None = None) -> None:
        self._own = cluster
        self._called = called or {}
        self._said: dict[str, str] = {}  # each cluster that the alert names, and what it calls it
        self._found: dict[_Key, _Found] = {}
        self._odd: list[str] = []

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What is named, in order, each in its cluster; a namespace only where nothing in it is."""
        whole = self._where(None)
        found: dict[_Key, Subject] = {}
        for one, said in self._found.values():
            each = self._placed(one, whole if said is None else self._where(said))
            key = (each.kind, each.name, each.namespace, each.cluster)
            found[key] = _fuller(found.get(key), each)
        within = {(each.cluster, each.namespace) for each in found.values()}
        return tuple(
            each
            for each in found.values()
            if each.kind is not SubjectKind.NAMESPACE or (each.cluster, each.name) not in within
        )

    @property
    def unread(self) -> tuple[str, ...]:
        """What could not be a name, and before it why nothing is looked for where that is so."""
        return (*self._doubts(), *self._odd)

    def of_cluster(self, name: str) -> None:
        """The sender names the cluster: what is said to be in no other is in it, unless a second is named."""
        read = self._read(name)
        if read and read != self._own:
            self._keep(Subject(SubjectKind.CLUSTER, read), None)

    def of_any(self, names: Iterable[str]) -> None:
        """The alert is about all of these clusters at once; which is meant can have been said before."""
        told = sorted(set(names))
        if not self._said.keys() & {self._meant(each) for each in told}:
            for each in told:
                self.of_cluster(each)

    def add(
        self,
        kind: SubjectKind,
        name: str,
        namespace: str = "",
        *,
        role: Role = Role.UNTOLD,
        owner: str = "",
        said: frozenset[str] | None = None,
    ) -> None:
        """
        Keep one; the first that says a role or an owner wins over one that does not.

        ``said`` are the clusters that are named for this one, or for its own part of the alert; empty where that part
        should have named one and did not. Without it what holds for the whole alert holds.
        """
        if name in _NOTHING:
            return
        inside = "" if namespace in _NOTHING else namespace
        try:
            one = subject(kind, name, inside, role=role, owner=owner)
        except ValueError as error:
            self._note(str(error))
            return
        self._keep(one, None if said is None else self._all(said))

    def labels(self, labels: Mapping[str, str]) -> None:
        """Keep what the labels name. Where a scrape had two of a name, ``exported_`` is the one that is meant."""
        told = {_bare(key): value.strip() for key, value in sorted(labels.items())}
        self._in_clusters(labels, told)
        namespace = _first(told, _NAMESPACES)
        self.add(SubjectKind.POD, _first(told, _PODS), namespace)
        for key, owner in _OWNERS.items():
            if key in told:
                self.add(SubjectKind.WORKLOAD, told[key], namespace, owner=owner)
        self.add(SubjectKind.SERVICE_ACCOUNT, _first(told, _ACCOUNTS), namespace)
        self.add(SubjectKind.NAMESPACE, namespace)
        self.add(SubjectKind.NODE, _first(told, _NODES))
        for role, keys in _ADDRESSES.items():
            for key in keys:
                if key in told:
                    self.add(SubjectKind.ADDRESS, told[key], role=role)
        for key in _NAMES:
            if key in told:
                self.add(SubjectKind.FQDN, told[key])

    def _in_clusters(self, labels: Mapping[str, str], told: Mapping[str, str]) -> None:
        """Labels that say the cluster may disagree, and then it is none; what is only called like it counts without them."""
        if not _CLUSTERS.isdisjoint(told):
            for key, value in sorted(labels.items()):
                if _bare(key) in _CLUSTERS:
                    self.of_cluster(value.strip())
        if not self._said:
            self.of_cluster(told.get("clustername", ""))

    def account(self, user: str) -> None:
        """Keep a service account by its user name (``system:serviceaccount:<namespace>:<name>``); no other user."""
        steps = user.split(":")
        if len(steps) == 4 and steps[:2] == ["system", "serviceaccount"]:
            self.add(SubjectKind.SERVICE_ACCOUNT, steps[3], steps[2])

    def _keep(self, one: Subject, said: _Said) -> None:
        key = (one.kind, one.name, one.namespace, said)
        known = self._found.get(key)
        self._found[key] = (_fuller(known[0] if known else None, one), said)

    def _all(self, names: Iterable[str]) -> frozenset[str]:
        read = frozenset(filter(None, map(self._read, names)))
        if not read:
            self._said.setdefault("", "")
        return read

    def _read(self, name: str) -> str:
        """Return the settings' name of a cluster, ``UNTOLD`` where it can be none, and nothing where none is said."""
        if name in _NOTHING:
            return ""
        meant = self._meant(name)
        self._said.setdefault(meant, name)
        return meant

    def _meant(self, name: str) -> str:
        meant = self._called.get(name.casefold(), name) if self._called else name
        try:
            return meant if meant == self._own else subject(SubjectKind.CLUSTER, meant).name
        except ValueError:
            return UNTOLD

    def _placed(self, one: Subject, cluster: str) -> Subject:
        """Two clusters that are named are each there, but nothing else is known to be in one of them."""
        alone = one.kind is SubjectKind.CLUSTER and not self._own and one.name != UNTOLD
        return one if alone or not cluster else replace(one, cluster=cluster)

    def _where(self, said: _Said) -> str:
        names = said or self._said.keys() | (set() if said is None else {""})
        if names <= {self._own, ""}:
            return self._own
        told = sorted(
            names - {self._own} if self._own else names, key=lambda name: (name in {"", UNTOLD}, name)
        )
        if self._own:
            return either([self._own, *told])
        return either(told) if len(told) > 1 or UNTOLD in told else told[0]

    def _doubts(self) -> Iterator[str]:
        told = [called for read, called in self._said.items() if read and read != self._own]
        if not told:
            return
        names = few([repr(line(called, LONGEST)) for called in told], MOST_TOLD)
        if self._own:
            yield (
                f"it says cluster {names}; its source is configured for {self._own!r}, so nothing of that is looked for or "
                "suggested. If both are one: cluster_names in its settings"
            )
        elif (len(self._said) > 1 or UNTOLD in self._said) and any(
            doubt(each.cluster) for each in self.subjects
        ):
            yield (
                f"it says cluster {names}, and not in which of ours everything is, so nothing of that is looked for or "
                "suggested. What is ours by another name: cluster_names in its settings"
            )

    def _note(self, text: str) -> None:
        if text not in self._odd:
            self._odd.append(text)


def _fuller(known: Subject | None, one: Subject) -> Subject:
    """The first that says a role wins over one that does not."""
    return one if known is None or (not known.role and one.role) else known


@lru_cache(maxsize=512)  # the same names come again and again; a stranger's are pushed out
def _bare(key: str) -> str:
    return "".join(each for each in key.lower() if each.isalnum())


def _first(told: Mapping[str, str], keys: Iterable[str]) -> str:
    for key in keys:
        if key in told and told[key] not in _NOTHING:
            return told[key]
    return ""
