"""A hundred thousand flows of a relay, received, merged and summed up, beside their bare receipt and decoding."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc

from bot.adapters.flows.hubble import Hubble, Relay
from bot.adapters.flows.hubble.wire import GET_FLOWS, message
from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.merging import merge
from bot.domain.flows.summing import summary
from tests.bench.figures import Figure, figure, median
from tests.bench.stream import API, FLOWS, START

TURNS = 3
ASKED = Asked(
    "prod",
    Subject(About.POD, API.pod, API.namespace),
    START - timedelta(minutes=1),
    START + timedelta(hours=1),
)


async def receive(folder: Path, flows: int = FLOWS) -> list[Figure]:
    """Time what our program computes, in turns: the relay's own program is the slower one, and is no matter of ours."""
    del folder
    ours: list[float] = []
    plain: list[float] = []
    async with relay(flows) as port:
        hubble = Hubble(Relay("prod", f"127.0.0.1:{port}"), lambda: START + timedelta(hours=1))
        for _ in range(TURNS):
            plain.append(await _timed(lambda: bare(port), flows))
            ours.append(await _timed(lambda: _whole(hubble), flows))
    name = f"{flows} Hubble flows received, merged, summed up, CPU ms"
    return [figure(name, median(ours), median(plain), 1.5)]


@asynccontextmanager
async def relay(flows: int, *how: str) -> AsyncIterator[int]:
    """Run a relay that tells so many flows, or (``endless``) those again and again; its port."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.stream", str(flows), *how, stdin=PIPE, stdout=PIPE
    )
    assert program.stdout is not None
    assert program.stdin is not None
    try:
        yield int(await program.stdout.readline())
    finally:
        program.stdin.close()
        await program.wait()


async def _timed(work: Callable[[], Awaitable[int]], flows: int) -> float:
    began = time.process_time()
    told = await work()
    assert told == flows, told
    return (time.process_time() - began) * 1000


async def bare(port: int) -> int:
    """Do as the simplest program would: one message after the other, decoded by the same library, and forgotten."""
    told = 0
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call: Any = channel.unary_stream(
            GET_FLOWS,
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=message("GetFlowsResponse").FromString,
        )
        async for each in call(message("GetFlowsRequest")()):
            told += each.HasField("flow")
    return told


async def _whole(hubble: Hubble) -> int:
    taken = await hubble.ask(ASKED, 600)
    found = summary(merge([taken]), ASKED)
    assert found.peers
    return len(taken.flows)
