"""The sandbox without a story: what is typed at its prompt, and how it is left."""

import asyncio
import io
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.bootstrap.rehearsal.narrator import console
from bot.bootstrap.rehearsal.open_house import stay
from tests.rehearsal.conftest import COMMAND, LONGEST, surroundings

INTERRUPTED = 130


class Visitor:
    """Types one line after the other, each when the screen shows what it waits for."""

    def __init__(self) -> None:
        self.screen = io.StringIO()

    async def shows(self, wanted: str) -> str:
        async with asyncio.timeout(30):
            while not (found := re.search(wanted, self.screen.getvalue())):
                await asyncio.sleep(0.02)
        return found[0]

    async def types(self, _stop: asyncio.Event) -> AsyncIterator[str]:
        yield "alice: block 203.0.113.7 for 1h because a try"
        request = await self.shows(r"FB-[0-9A-Z]{5}")
        await self.shows(r"\[ Approve \]")
        yield f"alice: approve {request}"
        await self.shows("someone")
        yield f"bob: approve {request}"
        await self.shows("ACCEPTED")
        yield "world"
        yield "nobody: list"
        yield "verify"
        yield "what now"
        yield "quit"
        raise AssertionError("quit did not end it")


async def test_people_act_by_typed_lines_until_somebody_leaves() -> None:
    visitor = Visitor()

    code = await stay(console(visitor.screen), visitor.types)

    said = " ".join(visitor.screen.getvalue().split())
    assert code == 0
    assert "Refused: you asked for this" in said
    assert "IP Group of the cluster: 198.51.100.9, 203.0.113.7 (Updating)" in said
    assert "There is no nobody here, but: alice, bob" in said
    assert " SOUND " in said
    assert "Left. Nothing of this world remains." in said


@pytest.fixture
def heard() -> Iterator[None]:
    """Have programs hear an interrupt, though whoever runs this in the background has them inherit that it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    ("words", "reached", "code", "farewell"),
    [
        (("sandbox",), "The page, with a tour", 0, "Left. Nothing of this world remains."),
        (("sandbox", "--no-page"), "/readyz", 0, "Left. Nothing of this world remains."),
        pytest.param(("sandbox", "--rehearse"), " 3  Block", INTERRUPTED, "Stopped.", marks=pytest.mark.slow),
    ],
)
def test_an_interrupt_ends_it_politely(
    words: tuple[str, ...], reached: str, code: int, farewell: str, temporary: Path
) -> None:
    with subprocess.Popen(
        [*COMMAND, *words],
        env=surroundings(temporary, PYTHONUNBUFFERED="1"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert any(reached in line for line in running.stdout), running.stderr.read()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=LONGEST)

    assert (running.returncode, err) == (code, "")
    assert farewell in out
    assert list(temporary.iterdir()) == []
