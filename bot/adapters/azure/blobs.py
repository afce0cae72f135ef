"""
A Blob container as a shelf. What was written is never written over, whatever asks for it.

Each content is one block blob, staged block by block and committed at the end with ``If-None-Match: *``
("Put Block List", "Specifying conditional headers for Blob service operations"): half a content is no blob.
"""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from azure.core import MatchConditions
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobBlock
from azure.storage.blob.aio import ContainerClient

from bot.adapters.azure.client import SandboxEndpoint
from bot.adapters.azure.connection import open_transport
from bot.adapters.azure.credentials import open_credential
from bot.adapters.azure.errors import RAISED, refusal, translated
from bot.domain.errors import OutsideError, VaultError
from bot.settings import AzureSettings

BLOCK: Final = 1024 * 1024  # bytes in memory at a time
TIMEOUT: Final = 15.0  # seconds of silence


class BlobShelf:
    """``ports.Shelf`` over a container. Every method raises ``OutsideError``, translated."""

    def __init__(self, container: ContainerClient) -> None:
        self._container = container

    async def put(self, place: str, chunks: AsyncIterator[bytes]) -> None:
        """Stage blocks as they come, then commit them as one new blob."""
        blob = self._container.get_blob_client(place)
        blocks: list[BlobBlock] = []
        async for piece in _pieces(chunks):
            block = BlobBlock(uuid.uuid5(uuid.NAMESPACE_URL, f"{place}/{len(blocks)}").hex)
            with _translated():
                await blob.stage_block(block.id, piece, length=len(piece))
            blocks.append(block)
        with _translated():
            await blob.commit_block_list(blocks, match_condition=MatchConditions.IfMissing)

    async def get(self, place: str) -> AsyncIterator[bytes]:
        """Yield what is kept, block by block. Raises ``VaultError`` where nothing is."""
        try:
            with _translated():
                stream = await self._container.get_blob_client(place).download_blob()
        except _GoneError:
            raise VaultError(f"nothing is kept at {place}") from None
        pieces = aiter(stream.chunks())
        while True:
            with _translated():
                piece = await anext(pieces, None)
            if piece is None:
                return
            yield piece

    async def first(self, prefix: str) -> str:
        """Return the first name below a path, in the order of names; empty where nothing is."""
        names = aiter(self._container.list_blob_names(name_starts_with=f"{prefix}/"))
        with _translated():
            return str(await anext(names, ""))

    async def drop(self, prefix: str) -> None:
        """Remove all below a path; a container that is locked refuses, and says so."""
        names: list[str] = []
        with _translated():
            names = [
                str(name) async for name in self._container.list_blob_names(name_starts_with=f"{prefix}/")
            ]
        for name in names:
            try:
                with _translated():
                    await self._container.delete_blob(name, delete_snapshots="include")
            except _GoneError:
                continue


@asynccontextmanager
async def open_container(
    url: str, settings: AzureSettings | None, *, sandbox: SandboxEndpoint | None = None
) -> AsyncIterator[BlobShelf]:
    """
    Open a container by its URL with the one credential of the settings; all is closed at the end of the block.

    Raises ``VaultError`` where there is no [azure] section to say who the bot is, ``CredentialError`` as it does.
    """
    async with AsyncExitStack() as stack:
        if sandbox is not None:
            url, verify = f"{sandbox.url.rstrip('/')}/{url.rsplit('/', 1)[-1]}", str(sandbox.ca_file)
            credential: Any = _SandboxCredential()
        elif settings is None:
            raise VaultError("a Blob container needs the [azure] section: it says who the bot is")
        else:
            verify = ""
            credential = await stack.enter_async_context(open_credential(settings))
        container = ContainerClient.from_container_url(
            url,
            credential=credential,
            transport=open_transport(TIMEOUT, verify or True),
            retry_total=0,
            max_single_get_size=BLOCK,
            max_chunk_get_size=BLOCK,
        )
        yield BlobShelf(await stack.enter_async_context(container))


class _SandboxCredential:
    """What the double asks to see: a token that is plainly none."""

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        del scopes, options
        return AccessToken("sandbox", 2**33)

    async def close(self) -> None:
        """Nothing is open."""


class _GoneError(OutsideError):
    """There is no such blob."""


class _translated:  # noqa: N801 - read as a word in a with statement
    """Turn what the SDK raises into errors of our own tree."""

    def __enter__(self) -> None:
        """Nothing to begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ResourceNotFoundError) and error.status_code == 404:
            raise _GoneError("NotFound", "there is no such blob, or no such container") from None
        if isinstance(error, HttpResponseError) and error.status_code:
            code = getattr(error, "error_code", "")  # an enumeration, or text for what the SDK does not know
            body = {"code": str(getattr(code, "value", code) or ""), "message": str(error.reason or "")}
            headers = getattr(error.response, "headers", {})
            raise refusal(error.status_code, body, headers) from None
        if isinstance(error, RAISED):
            raise translated(error) from error


async def _pieces(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    held = bytearray()
    async for chunk in chunks:
        held += chunk
        while len(held) >= BLOCK:
            yield bytes(held[:BLOCK])
            del held[:BLOCK]
    if held:
        yield bytes(held)
