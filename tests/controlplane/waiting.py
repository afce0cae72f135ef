"""Wait for what another program does in its own time: a controller, or an admission policy that takes effect."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(probe: Callable[[], Awaitable[T]], *, within: float = 30.0) -> T:
    """Ask until the answer is true and return it. `within` is in seconds; raises TimeoutError."""
    async with asyncio.timeout(within):
        while not (answer := await probe()):
            await asyncio.sleep(0.1)
    return answer
