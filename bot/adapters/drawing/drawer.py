"""Has pictures drawn by another program, which is ended at a deadline: drawing never holds up the loop, nor an answer."""

import asyncio
import contextlib
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from typing import Final

import msgspec

from bot.domain.flows.picturing import Sketch
from bot.domain.queries import Unavailable

log = logging.getLogger("firebreak.drawing")

DEADLINE: Final = 15.0
"""Seconds for one picture, its turn included: whoever sends it has other things to say."""
AT_ONCE: Final = 2
LARGEST: Final = 4 << 20
"""Bytes of a picture that are taken."""
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
PROGRAM: Final = (sys.executable, "-I", "-m", "bot.adapters.drawing.program")


class Drawer:
    """``ports.Drawing`` over one program for each picture, few at a time."""

    def __init__(self, program: Sequence[str] = PROGRAM, deadline: float = DEADLINE) -> None:
        self._program, self._deadline = tuple(program), deadline
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def draw(self, sketch: Sketch) -> bytes | Unavailable:
        """Return a PNG, or why there is none."""
        try:
            async with asyncio.timeout(self._deadline), self._gate:
                found = await self._drawn(msgspec.json.encode(sketch))
        except TimeoutError:
            found = Unavailable(f"it was not drawn within {self._deadline:g} s")
        if isinstance(found, Unavailable):
            log.warning("picture_not_drawn", extra={"why": found.why})
        return found

    async def _drawn(self, body: bytes) -> bytes | Unavailable:
        try:
            program = await asyncio.create_subprocess_exec(
                *self._program, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}
            )
        except OSError as error:
            return Unavailable(f"the program that draws could not be started: {type(error).__name__}")
        try:
            told = await _spoken_with(program, body)
        finally:
            await ended(program)
        if program.returncode or len(told) > LARGEST or not told.startswith(SIGNATURE):
            return Unavailable("the program that draws failed")
        return told


async def _spoken_with(program: Process, body: bytes) -> bytes:
    assert program.stdin is not None
    assert program.stdout is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it is over already: its answer says so
        program.stdin.write(body)
        await program.stdin.drain()
    program.stdin.close()
    told = bytearray()
    while len(told) <= LARGEST and (piece := await program.stdout.read(1 << 16)):
        told += piece
    if len(told) <= LARGEST:
        await program.wait()
    return bytes(told)


async def ended(program: Process) -> None:
    """Have it end. Whoever waits for a program waits for its pipe too, and a full one ends only by being read."""
    with contextlib.suppress(ProcessLookupError):
        if program.returncode is None:
            program.kill()
    assert program.stdout is not None
    while await program.stdout.read(1 << 16):
        pass
    await program.wait()
