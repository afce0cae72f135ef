"""The emulator's own time: one clock for deadlines, one for the dates that the app sees."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TICK = 0.01
Seconds = Callable[[], float]


def loop_seconds() -> float:
    """Read the running event loop's clock."""
    return asyncio.get_running_loop().time()


# A signature is refused when its timestamp is 5 minutes from the app's real time, so the default must be the real time.
real_seconds: Seconds = time.time  # noqa: TID251 - the sandbox is an outside system, with a clock of its own


@dataclass(frozen=True, slots=True)
class SandboxClock:
    """`seconds` measures how long something took, `wall` dates messages and signatures (seconds since 1970)."""

    seconds: Seconds = loop_seconds
    wall: Seconds = real_seconds

    async def wait(self, future: "asyncio.Future[Any]", limit: float) -> bool:
        """Wait for a future for so many of the emulator's seconds; tell whether it came. It is never cancelled."""
        deadline = self.seconds() + limit
        while not future.done() and (left := deadline - self.seconds()) > 0:
            await asyncio.wait(
                {future}, timeout=min(left, TICK) if self.seconds is not loop_seconds else left
            )
        return future.done()

    async def sleep(self, limit: float) -> None:
        """Let so many of the emulator's seconds pass."""
        await self.wait(asyncio.get_running_loop().create_future(), limit)
