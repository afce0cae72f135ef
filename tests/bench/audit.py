"""The log: an append beside the same insert without it; verification beside bare hashing of the same rows."""

import hashlib
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from bot.adapters.keys.files import load_or_create
from bot.adapters.store import migrate, open_store
from bot.adapters.store.history import SqlHistory
from bot.adapters.store.log import SqlLog
from bot.adapters.store.reading import read_log
from bot.adapters.store.tables import blobs
from bot.bootstrap.verifying import check_database
from bot.domain.audit.check import Trust
from bot.domain.audit.events import ActorType, Event
from bot.domain.audit.record import Actor, Draft
from bot.engine.checkpointing import Checkpointer, Seal
from tests.bench.figures import Figure, figure, median

ROUNDS, RECORDS = 400, 20_000
DRAFT = Draft(
    event=Event.INTENT,
    actor=Actor(type=ActorType.BOT, id="firebreak", idp="firebreak"),
    request="FB-7K3Q",
    part="FB-7K3Q.0",
    target="prod/payments/api-7d9f",
    digest="0" * 64,
    policy="1" * 64,
    fence=7,
    details={"changes": ["create prod: NetworkPolicy payments/firebreak-fb-7k3q-0"] * 3},
)


async def append(folder: Path) -> list[Figure]:
    """A transaction with one insert, and the same with its record."""
    url = f"sqlite+aiosqlite:///{folder / 'append.db'}"
    await migrate(url)
    without: list[float] = []
    recorded: list[float] = []
    async with open_store(url, clock=lambda: datetime.now(UTC)) as store:  # noqa: TID251 - a benchmark reads the clock
        for n in range(2 * ROUNDS):
            began = time.perf_counter()
            async with store.working() as work:
                await work.run(insert(blobs), {"hash": f"{n}", "bytes": b"x" * 500})
                if n % 2:
                    await SqlLog(work, lambda: datetime.now(UTC)).append(DRAFT)  # noqa: TID251 - as above
            (recorded if n % 2 else without).append((time.perf_counter() - began) * 1000)
    return [figure("audit append in a transaction, ms", median(recorded), median(without), 2.0)]


async def verify(folder: Path) -> list[Figure]:
    """`firebreak audit verify` of a database, and reading the same rows and hashing their bodies."""
    file = folder / "verify.db"
    url = f"sqlite+aiosqlite:///{file}"
    await migrate(url)
    signer = load_or_create(folder / "bench.key", "bench.local/log")
    async with open_store(url, clock=lambda: datetime.now(UTC)) as store:  # noqa: TID251 - as above
        for _ in range(RECORDS // 500):
            async with store.begin() as tx:
                for _ in range(500):
                    await tx.log.append(DRAFT)
        history = SqlHistory(store.working)
        await Checkpointer(history, Seal("bench.local/log", signer, (signer.verifier,)), 60).sign()
    trust = Trust((signer.verifier,), "bench.local/log")
    verified: list[float] = []
    hashed: list[float] = []
    for _ in range(7):
        began = time.perf_counter()
        finding = await check_database(url, trust)
        verified.append((time.perf_counter() - began) * 1000)
        assert finding.ok, str(finding)
        began = time.perf_counter()
        await _hash_all(url)
        hashed.append((time.perf_counter() - began) * 1000)
    return [figure(f"audit verify of {RECORDS} records, ms", median(verified), median(hashed), 2.0)]


async def _hash_all(url: str) -> None:
    async with read_log(url) as log:
        async for rows, _ in log.batches():
            for _, body, _ in rows:
                assert body is not None
                hashlib.sha256(body).digest()
