"""Where signed checkpoints are kept outside of the database, as the settings say."""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from bot.adapters.anchors.files import FileAnchor
from bot.adapters.slack.anchor import SlackAnchor
from bot.adapters.slack.client import Slack
from bot.adapters.slack.installation import Installation
from bot.bootstrap.entropy import utc_now
from bot.ports import Anchor
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.adapters.azure.client import SandboxEndpoint


async def anchors(
    stack: AsyncExitStack,
    settings: Settings,
    slack: tuple[Slack, Installation],
    blobs: "SandboxEndpoint | None" = None,
) -> tuple[Anchor, ...]:
    """Return the places, the nearest first; the stack closes what is opened. Raises ``FirebreakError``."""
    audit = settings.audit
    places: list[Anchor] = []
    if audit.anchor_file is not None:
        places.append(FileAnchor(audit.anchor_file))
    if audit.anchor_channel:
        places.append(SlackAnchor(*slack, audit.anchor_channel))
    if audit.anchor_container:
        from bot.adapters.azure.anchor import BlobAnchor
        from bot.adapters.azure.blobs import open_container

        opened = open_container(audit.anchor_container, settings.azure, sandbox=blobs)
        places.append(BlobAnchor(await stack.enter_async_context(opened), utc_now))
    return tuple(places)
