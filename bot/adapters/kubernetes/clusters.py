"""All clusters behind two ports: each question and each change goes to the cluster that it names."""

from collections.abc import Mapping

from bot.adapters.kubernetes import answers, sights, writes
from bot.adapters.kubernetes.api import Api
from bot.adapters.kubernetes.cluster import Cluster
from bot.adapters.kubernetes.health import Health
from bot.adapters.kubernetes.watching import Watching
from bot.adapters.kubernetes.witness import KubeWitness
from bot.domain.changes import Contribute, OwnChange
from bot.domain.errors import DeniedError
from bot.domain.queries import (
    Access,
    Answer,
    Contained,
    Discover,
    DryRun,
    Each,
    Flows,
    Get,
    Query,
    Resolve,
    SelfTests,
    Unavailable,
)
from bot.domain.refs import ArmRef
from bot.domain.requests import Written
from bot.ports import Sight


class Clusters:
    """The ports ``World`` (as far as clusters can tell) and ``Objects``."""

    def __init__(self, clusters: Mapping[str, Cluster]) -> None:
        self._clusters = dict(clusters)
        self.witness = KubeWitness(self._clusters)
        self.watching = Watching(self._clusters)

    async def answer(self, query: Query) -> Answer:
        """Answer ``Get``, ``Each``, ``Discover``, ``DryRun`` and ``Access``; everything else is Unavailable."""
        cluster = self._clusters.get(_cluster_of(query))
        if cluster is None:
            return Unavailable(f"{_cluster_of(query) or 'what was asked'} is no configured cluster")
        match query:
            case Each():
                return await answers.each(cluster, query)
            case Discover():
                return await answers.discover(cluster)
            case _:
                return await _about_one(cluster, query)

    async def apply(self, change: OwnChange) -> Written:
        """Make a change idempotently, as ``Objects.apply``."""
        return await writes.apply(self._api(change), change)

    async def restore(self, change: OwnChange) -> Written:
        """Make a change over what others did, as ``Objects.restore``."""
        return await writes.restore(self._api(change), change)

    async def observe(self, change: OwnChange) -> Sight:
        """Hold a change against the world, as ``Objects.observe``."""
        return await sights.observe(self._api(change), change)

    def health(self) -> Mapping[str, Health]:
        """Return how each cluster has answered lately."""
        return {name: cluster.health for name, cluster in self._clusters.items()}

    async def close(self) -> None:
        """Close all connections."""
        for cluster in self._clusters.values():
            await cluster.close()

    def _api(self, change: OwnChange) -> Api:
        cluster = self._clusters.get(change.ref.cluster)
        if cluster is None:
            raise DeniedError("UnknownCluster", f"no cluster {change.ref.cluster} is configured")
        return Api(cluster)


def _cluster_of(query: Query) -> str:
    """Return the cluster that a question is about, empty where it is about none."""
    match query:
        case Each(cluster) | Discover(cluster):
            return cluster
        case Get(ref) | Access(_, ref):
            return "" if isinstance(ref, ArmRef) else ref.cluster
        case DryRun(change):
            return "" if isinstance(change, Contribute) else change.ref.cluster
        case Contained() | SelfTests() | Resolve() | Flows():
            return ""


async def _about_one(cluster: Cluster, query: Query) -> Answer:
    match query:
        case Get(ref) if not isinstance(ref, ArmRef):
            return await answers.get(cluster, ref)
        case Access(verb, ref) if not isinstance(ref, ArmRef):
            return await answers.access(cluster, verb, ref)
        case DryRun(change) if not isinstance(change, Contribute):
            return await answers.dry_run(cluster, change)
        case _:
            return Unavailable("no cluster answers this")
