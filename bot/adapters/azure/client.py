"""
The SDK's client, wired for the bot: one cloud, one identity, no repetition, no redirect, nothing registered.

Left out of the SDK's usual chain of policies, on purpose: retries (the engine waits, and a write leaves once),
redirects (the token goes to one host), automatic registration of resource providers (a right that the bot must not
have, and a loop without end), and the logging of requests.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from azure.core import AzureClouds
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import HeadersPolicy, RequestIdPolicy, SansIOHTTPPolicy, UserAgentPolicy
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy
from azure.mgmt.core.tools import get_arm_endpoints
from azure.mgmt.network.aio import NetworkManagementClient

from bot.adapters.azure.arm import Arm
from bot.adapters.azure.connection import open_transport
from bot.settings import AzureSettings

CLOUDS = {
    "public": AzureClouds.AZURE_PUBLIC_CLOUD,
    "usgovernment": AzureClouds.AZURE_US_GOVERNMENT,
    "china": AzureClouds.AZURE_CHINA_CLOUD,
}
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


@dataclass(frozen=True)
class SandboxEndpoint:
    """
    A double of ARM on this machine, trusted by its own CA file; it is sent a token that is plainly none.

    Raises ``ValueError`` for anything but https on the loopback address: nothing else can be meant, and a wrong
    setting must not turn verification off.
    """

    url: str
    ca_file: Path

    def __post_init__(self) -> None:
        """Refuse what is not a double on this machine."""
        parts = urlsplit(self.url)
        if parts.scheme != "https" or parts.hostname not in _LOOPBACK:
            raise ValueError("a sandbox for Azure is https on 127.0.0.1; production takes no other endpoint")
        if not self.ca_file.is_file():
            raise ValueError("the sandbox's CA file is missing; verification is never turned off")


@asynccontextmanager
async def open_arm(
    settings: AzureSettings,
    credential: AsyncTokenCredential | None = None,
    *,
    sandbox: SandboxEndpoint | None = None,
) -> AsyncIterator[Arm]:
    """
    Open the connection to ARM; it is closed at the end of the block, the credential is its owner's.

    Raises ``ValueError`` without a credential, unless the other side is a sandbox.
    """
    if credential is None and sandbox is None:
        raise ValueError("a credential is needed for Azure")
    base_url, policies = _endpoint(settings, credential, sandbox)
    verify: bool | str = str(sandbox.ca_file) if sandbox else True
    client = NetworkManagementClient(
        credential or _NoCredential(),
        settings.subscription,
        base_url=base_url,
        cloud_setting=CLOUDS[settings.cloud],
        transport=open_transport(settings.timeout, verify),
        policies=policies,
    )
    async with client:
        yield Arm(client, base_url, settings.timeout)


def _endpoint(
    settings: AzureSettings, credential: AsyncTokenCredential | None, sandbox: SandboxEndpoint | None
) -> tuple[str, list[Any]]:
    """Return ARM's address and the policies that each request goes through."""
    first = [
        RequestIdPolicy(),
        HeadersPolicy(),
        UserAgentPolicy("firebreak", user_agent_use_env=False),
    ]
    if sandbox is not None:
        return sandbox.url.rstrip("/"), [*first, _SandboxToken()]
    assert credential is not None
    cloud = get_arm_endpoints(CLOUDS[settings.cloud])
    scopes: list[str] = cloud["credential_scopes"]
    return cloud["resource_manager"].rstrip("/"), [
        *first,
        AsyncARMChallengeAuthenticationPolicy(credential, *scopes),
    ]


class _SandboxToken(SansIOHTTPPolicy[Any, Any]):
    """Sends the double the bearer token that it asks to see; the double believes any."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        request.http_request.headers["Authorization"] = "Bearer sandbox"


class _NoCredential:
    """The client's constructor insists on a credential; the sandbox has none, and this one gives none."""

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        del scopes, options
        raise ValueError("there is no credential in the sandbox")

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Nothing is open."""
