"""Another program that works meanwhile: the reference of a bot that shares its machine, not of one that has it alone."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def beside(program: str, *words: str) -> AsyncIterator[None]:
    """Run a module of this folder from its first line on until the end."""
    command = (sys.executable, "-m", f"tests.bench.{program}", *words)
    running = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    assert running.stdout is not None
    await running.stdout.readline()
    try:
        yield
    finally:
        running.kill()
        await running.wait()
