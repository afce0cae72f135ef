"""Opens the whole adapter from the settings: credential, connection, and the two ports over it."""

from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot.adapters.azure.arm import Arm
from bot.adapters.azure.client import SandboxEndpoint, open_arm
from bot.adapters.azure.credentials import open_credential
from bot.adapters.azure.shared import ArmShared
from bot.adapters.azure.world import ArmWorld
from bot.settings import AzureSettings


@dataclass(frozen=True)
class Azure:
    """What the engine is handed. ``world.firewall_facts`` answers for ``Discover``."""

    arm: Arm
    world: ArmWorld
    shared: ArmShared


@asynccontextmanager
async def open_azure(
    settings: AzureSettings, *, clusters: Collection[str] = (), sandbox: SandboxEndpoint | None = None
) -> AsyncIterator[Azure]:
    """
    Open Azure and close it at the end of the block: the connection first, then the credential.

    ``clusters`` are the cluster names of the settings. Raises ``CredentialError`` with the remedy.
    """
    async with AsyncExitStack() as stack:
        credential = None if sandbox else await stack.enter_async_context(open_credential(settings))
        arm = await stack.enter_async_context(open_arm(settings, credential, sandbox=sandbox))
        yield Azure(arm, ArmWorld(arm, settings, clusters), ArmShared(arm, settings))
