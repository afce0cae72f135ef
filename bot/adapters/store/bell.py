"""
The bell that wakes local workers, and on PostgreSQL those of the other replicas.

It saves waiting, no more: whoever waits looks again by itself after its own time. So a bell that cannot be
rung over the network is not an error.
"""

import asyncio
import contextlib
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy.engine import URL, Dialect

CHANNEL = "firebreak"
RETRY = 5.0  # seconds between attempts to listen again


class Bell:
    """One bell of one program."""

    def __init__(self) -> None:
        self._rung = 0
        self._heard: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Wake everybody who waits, and let those who are about to wait look once more."""
        self._rung += 1
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self, seconds: float) -> None:
        """
        Return when the bell rings, or rang since this task's last return, or after ``seconds`` at the latest.

        A task that waits for the first time may have looked before a ring that it never heard: it looks again.
        """
        task = asyncio.current_task()
        assert task is not None
        if self._heard.get(task, 0) == self._rung:
            await self._rest(seconds)
        self._heard[task] = self._rung

    async def _rest(self, seconds: float) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await waiter
        finally:
            self._waiting.discard(waiter)


class Network:
    """Rings the other replicas' bells by NOTIFY, and ours when they do, on one connection of its own."""

    def __init__(self, address: URL, dialect: Dialect, bell: Bell) -> None:
        self._address, self._dialect, self._bell = address, dialect, bell
        self._owed = asyncio.Event()
        self._listening, self._lost = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen, in the background."""
        self._task = asyncio.create_task(self._stay(), name="firebreak-listen")

    def ring(self) -> None:
        """Have the others woken soon."""
        self._owed.set()

    async def listening(self) -> None:
        """Return once the connection listens."""
        await self._listening.wait()

    async def lost(self) -> None:
        """Return once the connection was lost, or could not be had."""
        await self._lost.wait()

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _stay(self) -> None:
        while True:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                await self._serve()
            self._listening.clear()
            self._lost.set()
            await asyncio.sleep(RETRY)

    def _end(self, lost: asyncio.Event) -> None:
        lost.set()
        self._owed.set()

    async def _serve(self) -> None:
        _, login = self._dialect.create_connect_args(self._address)
        connection = await asyncpg.connect(**login, timeout=10, command_timeout=10)
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: self._end(lost))
            await connection.add_listener(CHANNEL, lambda *_: self._bell.ring())
            self._lost.clear()
            self._listening.set()
            while not lost.is_set():
                await self._owed.wait()
                self._owed.clear()
                await connection.execute(f"NOTIFY {CHANNEL}")
        finally:
            connection.terminate()
