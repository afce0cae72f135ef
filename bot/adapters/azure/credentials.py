"""
Who the bot is at Azure: exactly one credential in production, the developer's own only when asked for.

A chain of credentials would take whatever identity happens to be at hand; which one acted must never be a guess.
"""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from azure.core.credentials_async import AsyncTokenCredential
from azure.identity import AzureAuthorityHosts
from azure.identity.aio import (
    AzureCliCredential,
    AzureDeveloperCliCredential,
    AzurePowerShellCredential,
    ChainedTokenCredential,
    WorkloadIdentityCredential,
)

from bot.domain.errors import FirebreakError
from bot.settings import AzureSettings

AUTHORITIES: Mapping[str, str] = {
    "public": AzureAuthorityHosts.AZURE_PUBLIC_CLOUD,
    "usgovernment": AzureAuthorityHosts.AZURE_GOVERNMENT,
    "china": AzureAuthorityHosts.AZURE_CHINA,
}
_NEEDED = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE")
_REMEDY = (
    "label the pod azure.workload.identity/use: 'true', annotate its service account with "
    "azure.workload.identity/client-id, or set azure.credential = 'developer' on your own machine"
)


class CredentialError(FirebreakError):
    """There is no usable credential. The text names what is missing and the remedy."""


@asynccontextmanager
async def open_credential(settings: AzureSettings) -> AsyncIterator[AsyncTokenCredential]:
    """
    Open the one credential that the settings name; it is closed at the end of the block.

    The authority follows the cloud of the settings, whatever the environment says. Raises ``CredentialError``.
    """
    kinds: Mapping[str, Callable[[str], AsyncTokenCredential]] = {
        "workload-identity": _workload_identity,
        "developer": _developer,
    }
    async with kinds[settings.credential](AUTHORITIES[settings.cloud]) as credential:
        yield credential


def _workload_identity(authority: str) -> AsyncTokenCredential:
    """Microsoft Entra Workload ID: the three variables are set by its webhook."""
    missing = [name for name in _NEEDED if not os.environ.get(name)]
    if missing:
        raise CredentialError(f"workload identity: {', '.join(missing)} not set: {_REMEDY}")
    if not Path(os.environ["AZURE_FEDERATED_TOKEN_FILE"]).is_file():
        raise CredentialError(f"workload identity: AZURE_FEDERATED_TOKEN_FILE names no file: {_REMEDY}")
    return WorkloadIdentityCredential(authority=authority)


def _developer(authority: str) -> AsyncTokenCredential:
    """Whoever is signed in here. The tools know their own cloud; the authority is theirs to choose."""
    del authority
    return ChainedTokenCredential(
        AzureCliCredential(), AzureDeveloperCliCredential(), AzurePowerShellCredential()
    )
