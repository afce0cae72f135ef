"""The cluster as policies see it, frozen, so that one that is imagined can be asked like the one that is."""

from collections.abc import Iterable, Mapping

import msgspec

from bot.domain import views
from bot.domain.reading import cut
from bot.domain.residual.rules import Being, Compiled, Gap, Is, Named, Of
from bot.domain.residual.sets import numbered

Labels = tuple[tuple[str, str], ...]
NAME_LABEL = "kubernetes.io/metadata.name"
"""The label that the API server gives each namespace (documentation, "Automatic labelling")."""


class ContainerPort(msgspec.Struct, frozen=True, order=True, gc=False):
    """What a name stands for on one pod."""

    name: str
    protocol: str
    number: int


class Pod(msgspec.Struct, frozen=True, gc=False):
    """A pod. One that ended has no network; one on the host network is its node to all others."""

    namespace: str
    name: str
    labels: Labels = ()
    addresses: tuple[str, ...] = ()
    ports: tuple[ContainerPort, ...] = ()
    node: str = ""
    service_account: str = ""
    host_network: bool = False
    ended: bool = False

    def __str__(self) -> str:
        """Return ``namespace/name``."""
        return f"{self.namespace}/{self.name}"


class Namespace(msgspec.Struct, frozen=True, gc=False):
    """A namespace."""

    name: str
    labels: Labels = ()


class Node(msgspec.Struct, frozen=True, gc=False):
    """A node."""

    name: str
    addresses: tuple[str, ...] = ()
    labels: Labels = ()


class World(msgspec.Struct, frozen=True, gc=False):
    """
    Pods, namespaces, nodes, and what the cluster's policies became.

    ``api_servers`` are the addresses behind the Service ``default/kubernetes``: the evaluator does not need them, the
    order of what is worst does.
    """

    pods: tuple[Pod, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    nodes: tuple[Node, ...] = ()
    policies: Compiled = Compiled()
    api_servers: tuple[str, ...] = ()

    def pod(self, namespace: str, name: str) -> Pod | None:
        """Return a pod by its name, if it is there."""
        return next((p for p in self.pods if p.name == name and p.namespace == namespace), None)

    def relabelled(self, namespace: str, name: str, labels: Mapping[str, str]) -> "World":
        """Return this world with other labels on one pod."""
        changed = tuple(
            msgspec.structs.replace(p, labels=pairs(labels))
            if p.name == name and p.namespace == namespace
            else p
            for p in self.pods
        )
        return msgspec.structs.replace(self, pods=changed)

    def under(self, more: Compiled) -> "World":
        """Return this world with further policies."""
        return msgspec.structs.replace(self, policies=self.policies + more)


def pairs(labels: Mapping[str, str]) -> Labels:
    """Return labels as what can be hashed."""
    return tuple(sorted(labels.items()))


def world_of(
    pods: Iterable[views.PodView],
    namespaces: Iterable[views.NamespaceView],
    nodes: Iterable[views.NodeView],
    policies: Compiled,
    api_servers: Iterable[str] = (),
) -> World:
    """Return the world of what a cluster's API told. What of it cannot be used is named as not modelled."""
    running = tuple(pod_of(view) for view in pods)
    known = tuple(Namespace(v.metadata.name, pairs(v.metadata.labels)) for v in namespaces)
    there = tuple(node_of(view) for view in nodes)
    unseen = {p.namespace for p in running}.difference(n.name for n in known)
    odd = [pod for pod in running if not all(map(_is_address, pod.addresses))]  # seldom any, of thousands
    gaps = (
        *(gap for pod in odd for gap in _no_address(pod)),
        *(gap for node in there for gap in _no_node_address(node)),
        *(
            Gap(Named(Of.NAMESPACE, (n,)), f"the labels of namespace {n} are not known")
            for n in sorted(unseen)
        ),
    )
    return World(
        pods=tuple(msgspec.structs.replace(p, addresses=_valid(p.addresses)) for p in running)
        if odd
        else running,
        namespaces=(*known, *(Namespace(name, ((NAME_LABEL, name),)) for name in sorted(unseen))),
        nodes=tuple(msgspec.structs.replace(n, addresses=_valid(n.addresses)) for n in there),
        policies=policies + Compiled((), gaps),
        api_servers=_valid(tuple(api_servers)),
    )


def pod_of(view: views.PodView) -> Pod:
    """
    Return a pod as policies see it.

    Its ports are those of its containers and of the init containers that run on beside them.
    """
    spec, status = view.spec, view.status
    running = spec.containers
    if spec.init_containers:
        running = (*running, *(c for c in spec.init_containers if c.restart_policy == "Always"))
    named = {(p.name, p.protocol, p.container_port) for c in running for p in c.ports if p.name}
    told = [status.pod_ip, *[a.ip for a in status.pod_ips]]
    return Pod(
        namespace=view.metadata.namespace,
        name=view.metadata.name,
        labels=pairs(view.metadata.labels),
        addresses=tuple([a for a in dict.fromkeys(told) if a]),
        ports=tuple([ContainerPort(*port) for port in sorted(named)]) if named else (),
        node=spec.node_name,
        service_account=spec.service_account_name or "default",
        host_network=spec.host_network,
        ended=view.ended,
    )


def node_of(view: views.NodeView) -> Node:
    """Return a node: its internal and external addresses, without its names."""
    meant = (a.address for a in view.status.addresses if a.type in {"InternalIP", "ExternalIP"})
    return Node(view.metadata.name, tuple(dict.fromkeys(meant)), pairs(view.metadata.labels))


def _valid(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(address for address in addresses if _is_address(address))


def _is_address(text: str) -> bool:
    try:
        numbered(text)
    except ValueError:
        return False
    return True


def _no_address(pod: Pod) -> tuple[Gap, ...]:
    return tuple(
        Gap(Named(Of.NAMESPACE, (pod.namespace,)), f"{cut(address)} of pod {pod} is no address")
        for address in pod.addresses
        if not _is_address(address)
    )


def _no_node_address(node: Node) -> tuple[Gap, ...]:
    return tuple(
        Gap(Is(Being.POD), f"{cut(address)} of node {node.name} is no address")
        for address in node.addresses
        if not _is_address(address)
    )
