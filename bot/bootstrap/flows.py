"""Where flows are known, as the settings name it; nothing is connected before it is asked."""

import os
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from datetime import datetime
from typing import TYPE_CHECKING

from bot.ports.flows import FlowSource
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.adapters.azure.client import SandboxEndpoint


def flow_sources(settings: Settings, clock: Callable[[], datetime]) -> tuple[FlowSource, ...]:
    """Return all of them; their libraries are imported only where one is named."""
    return tuple(_relays(settings, clock))


def _relays(settings: Settings, clock: Callable[[], datetime]) -> Iterator[FlowSource]:
    named = {name: given.hubble for name, given in settings.clusters.items() if given.hubble}
    if not named:
        return
    # gRPC's core writes what TLS does to stderr, past our log; what failed is in its errors too.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    from bot.adapters.flows.hubble import Hubble, Relay

    for name, given in named.items():
        relay = Relay(
            cluster=name,
            address=given.address,
            ca_file=str(given.ca_file or ""),
            cert_file=str(given.cert_file or ""),
            key_file=str(given.key_file or ""),
            server_name=given.server_name,
        )
        yield Hubble(relay, clock)


async def log_sources(
    stack: AsyncExitStack,
    settings: Settings,
    clock: Callable[[], datetime],
    sandbox: "SandboxEndpoint | None" = None,
) -> tuple[FlowSource, ...]:
    """
    Open the tables of Log Analytics, under the identity that the rest of Azure is reached with; closed with the stack.

    Raises ``CredentialError`` with the remedy.
    """
    if settings.azure is None or settings.azure.log_analytics is None:
        return ()
    from bot.adapters.azure.credentials import open_credential
    from bot.adapters.flows.loganalytics.opening import Place, open_sources

    given = settings.azure
    credential = None if sandbox else await stack.enter_async_context(open_credential(given))
    place = Place(settings.azure.log_analytics, given.cloud, dict(given.managed_clusters), clock)
    return await stack.enter_async_context(open_sources(place, credential, double=sandbox))
