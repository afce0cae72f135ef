"""Opens the sources over the workspaces that the settings name."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol, Self

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    HeadersPolicy,
    RequestIdPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import AioHttpTransport
from azure.monitor.query.aio import LogsQueryClient

from bot.adapters.flows.loganalytics.source import ANY, KINDS, LogSource
from bot.adapters.flows.loganalytics.taking import Tables
from bot.adapters.flows.loganalytics.workspace import LONGEST_WAIT, Workspace
from bot.settings.loganalytics import LogAnalyticsSettings

ENDPOINTS: Final[Mapping[str, str]] = {
    "public": "https://api.loganalytics.io",
    "usgovernment": "https://api.loganalytics.us",
    "china": "https://api.loganalytics.azure.cn",
}
CONNECT_WITHIN: Final = 10.0
PIECE: Final = 32 * 1024
"""Bytes between two pauses for everybody else."""
NEVER: Final = 4_102_444_800  # 2100: the sandbox's token is none


class Double(Protocol):
    """A double of the query service on this machine; whoever makes one has held it to the loopback address."""

    @property
    def url(self) -> str:
        """Where it listens."""

    @property
    def ca_file(self) -> Path:
        """The authority (PEM) that it is trusted by."""


@dataclass(frozen=True)
class Place:
    """Where to ask: the cloud, its settings, which AKS resource each cluster is, and whose clock it is."""

    settings: LogAnalyticsSettings
    cloud: str
    owners: Mapping[str, str]
    clock: Callable[[], datetime]


@asynccontextmanager
async def open_sources(
    place: Place, credential: AsyncTokenCredential | None, *, double: Double | None = None
) -> AsyncIterator[tuple[LogSource, ...]]:
    """
    Open one client for all workspaces; it is closed at the end of the block, the credential is its owner's.

    Raises ``ValueError`` without a credential, unless the other side is a double.
    """
    if credential is None and double is None:
        raise ValueError("a credential is needed for Log Analytics")
    endpoint = double.url if double else ENDPOINTS[place.cloud]
    # No retries (a question waits here, as long as the service says), no redirects (the token goes to one host), no
    # logging of requests.
    bearer = AsyncBearerTokenCredentialPolicy(credential or _SandboxCredential(), f"{endpoint}/.default")
    policies: list[Any] = [
        RequestIdPolicy(),
        HeadersPolicy(),
        UserAgentPolicy("firebreak", user_agent_use_env=False),
        bearer,
    ]
    transport = AioHttpTransport(
        connection_timeout=CONNECT_WITHIN,
        read_timeout=LONGEST_WAIT,
        connection_verify=str(double.ca_file) if double else True,
        connection_data_block_size=PIECE,
    )
    client = LogsQueryClient(
        credential or _SandboxCredential(), endpoint=endpoint, policies=policies, transport=transport
    )
    async with client:
        yield _sources(client, place)


def _sources(client: LogsQueryClient, place: Place) -> tuple[LogSource, ...]:
    given = place.settings
    named = {**({ANY: given.workspace_id} if given.workspace_id else {}), **given.clusters}
    opened = {
        workspace: Tables(Workspace(client, workspace), place.clock, given.rows)
        for workspace in dict.fromkeys(named.values())
    }
    tables = {cluster: opened[workspace] for cluster, workspace in named.items()}
    return tuple(LogSource(kind, tables, place.owners) for kind in KINDS if kind.name in given.sources)


class _SandboxCredential:
    """The double believes any token; this one is plainly none."""

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        del scopes, options
        return AccessToken("sandbox", NEVER)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Nothing is open."""
