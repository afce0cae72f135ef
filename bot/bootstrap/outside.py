"""The systems outside: clusters and Azure, opened only where they are configured, and imported only then."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.bootstrap.flows import flow_sources, log_sources
from bot.domain.queries import FirewallFacts
from bot.engine.routing import Given, Managed, NoObjects, NoShared, Routes, unmanaged
from bot.engine.seeing import Seeing
from bot.ports import Objects, SharedThings, Witness, World
from bot.ports.flows import FlowSource
from bot.settings import ClusterSettings, Settings

if TYPE_CHECKING:
    from bot.adapters.azure.client import SandboxEndpoint
    from bot.adapters.kubernetes import Clusters, Watching


@dataclass(frozen=True)
class Outside:
    """The engine's ports to everything that it may change, and who is not well."""

    world: World
    objects: Objects
    shared: SharedThings
    unwell: Callable[[], Mapping[str, str]]
    witness: Witness | None = None
    watching: "Watching | None" = None
    flows: tuple[FlowSource, ...] = ()

    def unwatched(self) -> Mapping[str, str]:
        """Name what changes there are that nobody tells us of: there the schedule alone looks."""
        return self.watching.refused() if self.watching else {}


@asynccontextmanager
async def outside(
    settings: Settings,
    clock: Callable[[], datetime],
    sandbox: "SandboxEndpoint | None" = None,
    logs: "SandboxEndpoint | None" = None,
) -> AsyncIterator[Outside]:
    """Open what the settings name; everything is closed at the end of the block."""
    names = tuple(settings.clusters)
    async with AsyncExitStack() as stack:
        clusters = await _clusters(stack, settings, clock)
        azure_world: World | None = None
        shared: SharedThings = NoShared()
        firewalls: Callable[[str], FirewallFacts | None] = _no_firewall
        managed: Managed = unmanaged
        if settings.azure is not None:
            from bot.adapters.azure.opening import open_azure

            azure = await stack.enter_async_context(
                open_azure(settings.azure, clusters=names, sandbox=sandbox)
            )
            azure_world, shared, firewalls = azure.world, azure.shared, azure.world.firewall_facts
            managed = azure.world.managed_cluster
        objects = clusters or NoObjects()
        routes = Routes(objects, names, azure_world, firewalls, _given(settings.clusters), managed)
        witness = clusters.witness if clusters else None
        watching = clusters.watching if clusters else None
        seen = (*flow_sources(settings, clock), *await log_sources(stack, settings, clock, logs))
        world = Seeing(routes, seen, clock)
        yield Outside(world, objects, shared, lambda: _unwell(clusters), witness, watching, seen)


async def _clusters(
    stack: AsyncExitStack, settings: Settings, clock: Callable[[], datetime]
) -> "Clusters | None":
    if not settings.clusters:
        return None
    from bot.adapters.kubernetes import Cluster, Clusters, Connection

    def connection(name: str, given: ClusterSettings) -> Connection:
        return Connection(
            name=name,
            kubeconfig=str(given.kubeconfig) if given.kubeconfig else "",
            context=given.context or "",
            timeout=given.timeout,
            concurrency=given.concurrency,
        )

    opened = {name: Cluster(connection(name, given), clock) for name, given in settings.clusters.items()}
    clusters = Clusters(opened)
    stack.push_async_callback(clusters.close)
    return clusters


def _given(clusters: Mapping[str, ClusterSettings]) -> dict[str, Given]:
    return {
        name: Given(
            given.kubectl_context or given.context or "",
            given.calico_storage,
            given.canary_image,
            bool(given.self_test_namespace),
        )
        for name, given in clusters.items()
    }


def _no_firewall(_: str) -> FirewallFacts | None:
    return None


def _unwell(clusters: "Clusters | None") -> dict[str, str]:
    if clusters is None:
        return {}
    return {
        f"cluster {name}": h.why or "not asked yet" for name, h in clusters.health().items() if not h.healthy
    }
