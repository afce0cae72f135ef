"""The database and the log in it: opened, held against its anchors, begun, and closed at the end."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.keys.ed25519 import Ed25519Signer
from bot.adapters.report import page
from bot.adapters.store import SqlStore, open_store, pending
from bot.adapters.store.history import SqlHistory
from bot.bootstrap.signing import signer
from bot.domain.errors import FirebreakError
from bot.engine.anchoring import Anchorer
from bot.engine.checkpointing import Checkpointer, Seal
from bot.engine.notary import Notary
from bot.engine.opening import Start, close_log, open_log
from bot.ports import Anchor
from bot.settings import Settings


@dataclass(frozen=True)
class Ledger:
    """The store and its log, with those who sign and anchor it. ``key`` is the verifier key as people are given it."""

    store: SqlStore
    history: SqlHistory
    seal: Seal
    key: str
    checkpointer: Checkpointer
    anchorer: Anchorer

    async def begin(self, stack: AsyncExitStack, start: Start) -> None:
        """
        Record the start; when the stack ends close the log, sign and anchor it.

        Raises ``AuditError`` where the log is not the one that was signed, or an anchor knows a newer one.
        """
        await self.anchorer.check()
        await open_log(self.store, self.history, self.seal, start)
        stack.push_async_callback(self.anchorer.finish)
        stack.push_async_callback(self.checkpointer.sign)
        stack.push_async_callback(close_log, self.store, start)

    def notary(self) -> Notary:
        """Return who shows and proves the log to people."""
        return Notary(self.history, self.seal, self.checkpointer, self.anchorer, self.key, page)


async def open_ledger(
    stack: AsyncExitStack, settings: Settings, clock: Callable[[], datetime], places: Sequence[Anchor]
) -> Ledger:
    """
    Open the database as its only program, with the log's key.

    Raises ``FirebreakError`` with the remedy: no key, a database that is not migrated or in use.
    """
    key = _key(settings)
    seal = Seal(settings.audit.origin, key, (key.verifier,))
    store = await stack.enter_async_context(open_store(settings.database, clock=clock))
    store.own()
    await _migrated(settings.database)
    store.listen()
    history = SqlHistory(store.working)
    return Ledger(
        store=store,
        history=history,
        seal=seal,
        key=str(key.verifier.key),
        checkpointer=Checkpointer(history, seal, settings.audit.every),
        anchorer=Anchorer(store, history, seal, places, settings.audit.anchor_every),
    )


async def _migrated(url: str) -> None:
    behind = await pending(url)
    if behind:
        raise FirebreakError(
            f"the database is not at this version ({', '.join(behind)}): run `firebreak migrate`"
        )


def _key(settings: Settings) -> Ed25519Signer:
    """Replicas are given one key: each making its own would sign two logs."""
    if settings.audit.generate_key and not settings.database.startswith("sqlite"):
        text = "on PostgreSQL the audit key is given, never made: set audit.generate_key = false and audit.key_file"
        raise FirebreakError(text)
    return signer(settings.audit, make=True)
