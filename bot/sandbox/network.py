"""The cluster's pods and all of its policies, as an engine that enforces them would see them."""

from typing import Final

import msgspec

from bot.domain import refs
from bot.domain.residual import World
from bot.domain.views import Foreign
from bot.sandbox.kubernetes.double import ClusterDouble
from bot.sandbox.kubernetes.objects import Json, labels_of, name_of
from bot.sandbox.kubernetes.resources import BY_PATH, NETWORK_POLICIES, PODS
from bot.sandbox.page.reach import End, charted

ENGINE: Final = (
    *(refs.CALICO_TIER, refs.CALICO_POLICY, refs.CALICO_GLOBAL_POLICY),
    *(refs.CILIUM_POLICY, refs.CILIUM_CLUSTERWIDE_POLICY),
)
"""Kinds of this world's network engines that rule what passes: a world has one of them."""


def networked(cluster: ClusterDouble) -> World:
    """Return all pods that have an address of their own, with all policies."""
    store = cluster.registry.store
    pods = (end(pod) for pod in store.each(PODS) if not pod["spec"].get("hostNetwork"))
    foreign = (
        Foreign(
            kind, msgspec.json.encode({**body, "apiVersion": kind.api_version, "kind": kind.kind}).decode()
        )
        for kind in ENGINE
        for body in store.each(BY_PATH[kind.group, kind.version, kind.plural])
    )
    return charted(pods, store.each(NETWORK_POLICIES), foreign)


def end(pod: Json) -> End:
    """Return a pod as one end of a connection."""
    metadata = pod["metadata"]
    return End(
        name_of(pod), pod.get("status", {}).get("podIP", ""), metadata["namespace"], dict(labels_of(pod))
    )
