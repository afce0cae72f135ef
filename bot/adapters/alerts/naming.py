"""From a sender's labels to subjects: by the names that exporters and rules usually give them."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from bot.domain.alerts import Role, Subject, SubjectKind
from bot.domain.alerts.subjects import subject

_NOTHING: Final = frozenset({"", "<NA>", "null", "none", "unknown", "-"})
_PODS: Final = ("exportedpod", "pod", "podname", "k8spodname", "kubernetespodname", "targetpod")
_NAMESPACES: Final = (
    *("exportednamespace", "namespace", "podnamespace", "k8snsname", "k8snamespacename"),
    *("kubernetesnamespace", "targetnamespace"),
)
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


class Naming:
    """
    Collects what one alert names. What cannot be a name is kept as a sentence and is no subject.

    ``cluster`` is the source's own; an alert from it that names another is not believed, and that is told.
    """

    def __init__(self, cluster: str = "") -> None:
        self._cluster = cluster
        self._said = ""
        self._found: dict[tuple[SubjectKind, str, str], Subject] = {}
        self.unread: list[str] = []

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What is named, in order, all in the one cluster; a namespace only where nothing in it is."""
        within = {each.namespace for each in self._found.values()}
        return tuple(
            each if each.kind is SubjectKind.CLUSTER else replace(each, cluster=self._cluster or self._said)
            for each in self._found.values()
            if each.kind is not SubjectKind.NAMESPACE or each.name not in within
        )

    def of_cluster(self, name: str) -> None:
        """The sender names the cluster: everything is in it, unless the source is configured for another."""
        if name in _NOTHING:
            return
        if self._cluster and name != self._cluster:
            self._note(f"it says cluster {name!r}; its source is configured for {self._cluster!r}")
            return
        if not self._cluster:
            before = len(self.unread)
            self.add(SubjectKind.CLUSTER, name)
            self._said = name if len(self.unread) == before else ""

    def add(
        self, kind: SubjectKind, name: str, namespace: str = "", *, role: Role = Role.UNTOLD, owner: str = ""
    ) -> None:
        """Keep one; the first that says a role or an owner wins over one that does not."""
        if name in _NOTHING:
            return
        inside = "" if namespace in _NOTHING else namespace
        try:
            one = subject(kind, name, inside, role=role, owner=owner)
        except ValueError as error:
            self._note(str(error))
            return
        key = (kind, one.name, one.namespace)
        known = self._found.get(key)
        if known is None or (not known.role and one.role):
            self._found[key] = one

    def labels(self, labels: Mapping[str, str]) -> None:
        """Keep what the labels name. Where a scrape had two of a name, ``exported_`` is the one that is meant."""
        told = {_bare(key): value.strip() for key, value in sorted(labels.items())}
        self.of_cluster(told.get("cluster", "") or told.get("clustername", ""))
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

    def account(self, user: str) -> None:
        """Keep a service account by its user name (``system:serviceaccount:<namespace>:<name>``); no other user."""
        steps = user.split(":")
        if len(steps) == 4 and steps[:2] == ["system", "serviceaccount"]:
            self.add(SubjectKind.SERVICE_ACCOUNT, steps[3], steps[2])

    def _note(self, text: str) -> None:
        if text not in self.unread:
            self.unread.append(text)


@lru_cache(maxsize=512)  # the same names come again and again; a stranger's are pushed out
def _bare(key: str) -> str:
    return "".join(each for each in key.lower() if each.isalnum())


def _first(told: Mapping[str, str], keys: Iterable[str]) -> str:
    for key in keys:
        if key in told and told[key] not in _NOTHING:
            return told[key]
    return ""
