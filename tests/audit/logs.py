"""A log in a real database: grown through transactions, signed, and then damaged behind the program's back."""

import argparse
import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.__main__ import parser
from bot.adapters.keys.ed25519 import Ed25519Signer
from bot.adapters.store import SqlStore
from bot.adapters.store.engines import make_engine, parsed
from bot.bootstrap.auditing import audit
from bot.domain.audit.disclosure import Disclosure, conceal
from bot.domain.audit.events import ActorType, Event
from bot.domain.audit.merkle import CompactRange
from bot.domain.audit.record import Actor, Draft
from bot.engine.checkpointing import Checkpointer

on_sqlite = pytest.mark.parametrize(
    "url", ["sqlite"], indirect=True
)  # where the database makes no difference
ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "firebreak.example/sandbox"
PERSON = Actor(ActorType.PERSON, "T0SANDBOX:U0ALICE", "slack")
UNGUARD = {
    "sqlite": ("DROP TRIGGER IF EXISTS audit_no_update", "DROP TRIGGER IF EXISTS audit_no_delete"),
    "postgresql": ("DROP TRIGGER IF EXISTS audit_no_change ON audit",),
}
TEXTS = {"sqlite": "CAST(:value AS TEXT)", "postgresql": "convert_from(:value, 'UTF8')"}


def card(seq: int) -> bytes:
    return f'{{"blocks":["the card of record {seq}, as it was shown"]}}'.encode()


def sealed(seq: int) -> list[tuple[str, Disclosure]]:
    """Return the reason that each fifth record has, under a salt that is the same in every run."""
    return [conceal("reason", f"seen {seq} times", bytes([seq % 251]) * 16)] if seq % 5 == 0 else []


def draft(seq: int, event: Event) -> Draft:
    """Return a record; each seventh names a card."""
    kept = {"card": hashlib.sha256(card(seq)).hexdigest()}
    return Draft(
        event=event,
        actor=PERSON,
        request=f"FB-{seq % 7}",
        target=f"prod/payments/api-{seq}",
        outcome="accepted",
        details={"kept": kept} if seq % 7 == 3 else {"version": seq},
        sd=tuple(digest for digest, _ in sealed(seq)),
    )


@dataclass(frozen=True)
class Kept:
    """A log, where it is kept, and who signs it."""

    store: SqlStore
    url: str
    checkpointer: Checkpointer
    key: Ed25519Signer

    @property
    def vkey(self) -> str:
        return str(self.key.verifier.key)

    @property
    def dialect(self) -> str:
        return "sqlite" if self.url.startswith("sqlite") else "postgresql"

    async def grow(self, count: int, event: Event = Event.LEASE) -> None:
        """Append records, each in a transaction of its own."""
        first = (await self.store.checkpoints.tree()).size
        for seq in range(first, first + count):
            shown = [card(seq)] if seq % 7 == 3 else []
            async with self.store.begin() as tx:
                await tx.log.append(draft(seq, event), [words for _, words in sealed(seq)], shown)

    async def sign(self) -> str:
        """Sign what is new and return the newest checkpoint."""
        await self.checkpointer.sign()
        newest = await self.store.checkpoints.newest()
        assert newest is not None
        return newest

    async def damage(self, statement: str, **values: object) -> None:
        """Do what nobody may, past the guards."""
        engine = make_engine(parsed(self.url))
        try:
            async with engine.begin() as connection:
                for guard in UNGUARD[self.dialect]:
                    await connection.execute(text(guard))
                done = await connection.execute(text(statement), values)
                assert done.rowcount
        finally:
            await engine.dispose()

    async def value(self, statement: str) -> bytes:
        engine = make_engine(parsed(self.url))
        try:
            async with engine.begin() as connection:
                found: bytes | str = (await connection.execute(text(statement))).scalar_one()
        finally:
            await engine.dispose()
        return found.encode() if isinstance(found, str) else bytes(found)

    async def flip(self, table: str, column: str, where: str, at: int, bit: int = 0) -> bytes:
        """Flip one bit of one value and return what it was; ``at`` counts bytes, from the end where negative."""
        before = await self.value(f"SELECT {column} FROM {table} WHERE {where}")
        raw = bytearray(before)
        raw[at] ^= 1 << bit
        await self.put(table, column, where, bytes(raw))
        return before

    async def put(self, table: str, column: str, where: str, raw: bytes) -> None:
        new = ":value" if column in ("leaf", "peaks", "bytes") else TEXTS[self.dialect]
        await self.damage(f"UPDATE {table} SET {column} = {new} WHERE {where}", value=raw)

    async def wind_back(self, size: int) -> None:
        """Leave the database as a backup of this size would: rows, head, checkpoints, all of one time."""
        leaves = await self._leaves(size)
        tree = CompactRange().extend(leaves)
        for table in ("audit", "disclosures"):
            await self.damage(f"DELETE FROM {table} WHERE seq >= :size", size=size)
        await self.damage("UPDATE audit_head SET n = :n, peaks = :peaks", n=size, peaks=tree.dump())
        await self.damage("DELETE FROM checkpoints WHERE n > :size", size=size)

    async def _leaves(self, size: int) -> list[bytes]:
        engine = make_engine(parsed(self.url))
        try:
            async with engine.begin() as connection:
                rows = await connection.execute(
                    text(f"SELECT leaf FROM audit WHERE seq < {size} ORDER BY seq")
                )
                return [bytes(row.leaf) for row in rows]
        finally:
            await engine.dispose()

    async def verify(self, *more: str) -> int:
        """Verify the database as the command line does, in this program."""
        return await audited("verify", "--database", self.url, "--key", self.vkey, *more)

    async def export(self, file: Path, *more: str) -> int:
        return await audited(
            "export", "--database", self.url, "--key", self.vkey, "--output", str(file), *more
        )


def asked(*words: str) -> argparse.Namespace:
    return parser().parse_args(["audit", *words])


async def audited(*words: str) -> int:
    return await audit(asked(*words))


def firebreak(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as somebody who has no settings, in an empty folder."""
    free = {
        name: value for name, value in os.environ.items() if not name.startswith(("FIREBREAK_", "SLACK_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "bot", "audit", *words],
        cwd=folder,
        env={**free, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
