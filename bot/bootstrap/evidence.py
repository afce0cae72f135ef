"""Evidence from the settings: its key, its shelf, who reads it. And ``firebreak evidence get``, for an operator."""

import argparse
import asyncio
import getpass
import hashlib
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.adapters.store import SqlStore, open_store, pending
from bot.adapters.vault.folder import FolderShelf
from bot.adapters.vault.key import EvidenceKey, load, load_or_create, parsed
from bot.adapters.vault.sealed import SealedVault
from bot.bootstrap.believing import UsageError
from bot.bootstrap.entropy import utc_now
from bot.bootstrap.plainly import printable, remark, say
from bot.bootstrap.writing import whole_file
from bot.domain.audit.events import ActorType
from bot.domain.audit.events import Event as EventName
from bot.domain.audit.record import Actor, Draft
from bot.domain.errors import FirebreakError, VaultError
from bot.domain.evidence import Capture, Item, places, size_of
from bot.engine.context import Evidence
from bot.ports import Shelf, Vault, Witness
from bot.settings import Settings
from bot.settings import load as load_settings
from bot.settings.evidence import EvidenceSettings

if TYPE_CHECKING:
    from bot.adapters.azure.client import SandboxEndpoint


def key(settings: Settings, *, make: bool = False) -> EvidenceKey:
    """
    Return the key of the evidence; ``make`` makes it at first start, where the settings and the database allow that.

    Raises ``VaultError`` with the remedy.
    """
    given = settings.evidence
    if given.key is not None:
        return parsed(given.key.get_secret_value())
    alone = settings.database.startswith("sqlite")
    if make and given.generate_key and alone:
        return load_or_create(given.key_file)
    try:
        return load(given.key_file, mounted=not given.generate_key)
    except FileNotFoundError:
        remedy = "mount it (openssl rand -base64 32), or set evidence.enabled = false"
        raise VaultError(f"there is no evidence key {given.key_file} (evidence.key_file): {remedy}") from None


@asynccontextmanager
async def shelf(
    settings: Settings, store: SqlStore, blobs: "SandboxEndpoint | None" = None
) -> AsyncIterator[Shelf]:
    """Open where the settings keep evidence. Raises ``FirebreakError``."""
    given = settings.evidence
    match given.store:
        case "database":
            yield store.shelf
        case "folder":
            yield FolderShelf(given.folder)
        case "azure-blob":
            from bot.adapters.azure.blobs import open_container

            async with open_container(given.container, settings.azure, sandbox=blobs) as opened:
                yield opened


async def evidence(
    stack: AsyncExitStack,
    settings: Settings,
    store: SqlStore,
    witness: Witness | None,
    blobs: "SandboxEndpoint | None" = None,
) -> Evidence | None:
    """Return what the engine captures with; ``None`` where it is off, or there is no cluster to look at."""
    given = settings.evidence
    if not given.enabled or witness is None:
        return None
    vault = SealedVault(
        await stack.enter_async_context(shelf(settings, store, blobs)), key(settings, make=True)
    )
    return Evidence(
        witness,
        vault,
        given.per_item_bytes,
        given.per_capture_bytes,
        timedelta(seconds=given.deadline),
        timedelta(days=given.keep_days),
    )


def state(settings: Settings) -> tuple[bool, str]:
    """Say for `firebreak check` whether evidence can be kept."""
    given: EvidenceSettings = settings.evidence
    if not given.enabled:
        return True, "off (evidence.enabled): nothing is captured before a containment"
    try:
        return True, f"kept in the {given.store}, under the key {key(settings).id}"
    except FirebreakError as error:
        alone = settings.database.startswith("sqlite")
        made = given.key is None and given.generate_key and alone and not given.key_file.exists()
        return made, "its key will be made at the first start" if made else str(error)


# -- the operator's command -----------------------------------------------------------------------------------


async def get(given: argparse.Namespace) -> int:
    """Write the original bytes of a request's evidence into a new folder; recorded before the first byte."""
    settings = load_settings(given.settings)
    if await pending(settings.database):
        raise UsageError("the database is not at this version: run `firebreak migrate`")
    out: Path = given.out
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings.database, clock=utc_now))
        store.own()
        captures = await _captures(store, given.request)
        vault = SealedVault(await stack.enter_async_context(shelf(settings, store)), key(settings))
        try:
            await asyncio.to_thread(out.mkdir, 0o700)
        except OSError as error:
            raise UsageError(f"cannot make the folder {out}: {error.strerror}: name a new one") from error
        await _record(store, given.request, captures)
        wrong, numbers = 0, places(captures)
        for capture in captures:
            wrong += await _written(vault, (numbers[capture.id], capture), out)
    if wrong:
        remark(f"{wrong} of them are not what was captured: see above")
    return 1 if wrong else 0


async def _captures(store: SqlStore, request: str) -> tuple[Capture, ...]:
    async with store.begin() as tx:
        found = await tx.captures.of(request)
    if not found:
        raise UsageError(
            f"nothing was captured for {printable(request)}: look for the id with `firebreak audit show`"
        )
    return found


async def _record(store: SqlStore, request: str, captures: tuple[Capture, ...]) -> None:
    actor = Actor(type=ActorType.OPERATOR, id=getpass.getuser()[:100], idp="os")
    items = [item.sha256 for capture in captures for item in capture.kept]
    details = {"items": items, "way": "command line"}
    draft = Draft(
        event=EventName.EVIDENCE_ACCESS, actor=actor, request=request, outcome="original", details=details
    )
    async with store.begin() as tx:
        await tx.log.append(draft)


async def _written(vault: Vault, numbered: tuple[int, Capture], out: Path) -> int:
    number, capture = numbered
    wrong = 0
    for item in capture.items:
        if item.missing:
            say(f"{'missing':>12}  {printable(f'{item.title}: {item.missing}')}")
            continue
        path = _free(out / f"{number}-{item.name}")
        try:
            await _copied(vault, item, path)
        except FirebreakError as error:
            wrong += 1
            say(f"{'WRONG':>12}  {printable(f'{item.title}: {error}')}")
        else:
            say(f"{size_of(item.size):>12}  {path.name}  sha256 {item.sha256}")
    return wrong


def _free(path: Path) -> Path:
    """Return the path, or the next of its name where something stands: several answers of one pod may be kept."""
    tries = (path.with_name(f"{path.stem}-{again}{path.suffix}") for again in itertools.count(2))
    return path if not path.exists() else next(one for one in tries if not one.exists())


async def _copied(vault: Vault, item: Item, path: Path) -> None:
    digest = hashlib.sha256()
    with whole_file(path) as file:
        async for piece in vault.get(item.place):
            digest.update(piece)
            file.write(piece)
        if digest.hexdigest() != item.sha256:
            raise VaultError("its hash is not the one that was recorded")
