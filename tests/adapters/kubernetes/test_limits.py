"""The bounds of one connection: time, calls at once, bytes, and its end."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from bot.domain.errors import (
    DeniedError,
    UnknownOutcomeError,
)
from bot.domain.queries import Get, Unavailable
from bot.sandbox.kubernetes.double import ClusterDouble
from bot.sandbox.kubernetes.faults import Slow
from tests.adapters.kubernetes.stage import Stage, on_the_double


@pytest.fixture
def double(stage: Stage) -> ClusterDouble:
    assert stage.double is not None
    return stage.double


async def test_a_cluster_that_does_not_answer_in_time_leaves_a_write_unknown(tmp_path: Path) -> None:
    async with on_the_double(tmp_path, timeout=0.2) as stage:
        assert stage.double is not None
        change = stage.isolating()
        never = asyncio.Event()

        async def forever() -> None:
            await never.wait()

        stage.meanwhile.extend([forever, forever])
        stage.double.faults.arm(Slow(1), times=2)

        with pytest.raises(UnknownOutcomeError):
            await stage.clusters.apply(change)
        assert isinstance(await stage.clusters.answer(Get(change.ref)), Unavailable)
        never.set()


async def test_no_more_calls_run_at_once_than_allowed(tmp_path: Path) -> None:
    async with on_the_double(tmp_path, concurrency=3) as stage:
        assert stage.double is not None
        running, most = 0, 0

        async def count() -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            for _ in range(20):
                await asyncio.sleep(0)
            running -= 1

        stage.meanwhile.extend([count] * 12)
        stage.double.faults.arm(Slow(1), times=12)
        await asyncio.gather(*(stage.clusters.answer(Get(stage.ref(f"p{n}"))) for n in range(12)))

        assert most == 3


async def test_an_answer_that_is_too_large_is_refused_before_it_is_held_in_memory(tmp_path: Path) -> None:
    async with on_the_double(tmp_path, largest=2048) as stage:
        await stage.pod("api", annotations={"a": "x" * 4000})

        answer = await stage.clusters.answer(Get(stage.ref("api")))

        assert isinstance(answer, Unavailable)
        assert "larger than 2048 bytes" in answer.why


async def test_after_closing_nothing_is_sent(stage: Stage, double: ClusterDouble) -> None:
    await stage.clusters.answer(Get(stage.ref("api")))
    await stage.clusters.close()
    sent = len(double.journal.entries)

    with pytest.raises(DeniedError, match="closed"):
        await stage.clusters.apply(stage.isolating())

    assert len(double.journal.entries) == sent


async def test_a_cluster_that_nobody_configured_is_refused(stage: Stage) -> None:
    change = stage.isolating()
    elsewhere = msgspec.structs.replace(change, ref=msgspec.structs.replace(change.ref, cluster="elsewhere"))

    for attempt in (stage.clusters.apply, stage.clusters.restore, stage.clusters.observe):
        with pytest.raises(DeniedError) as refused:
            await attempt(elsewhere)
        assert refused.value.code == "UnknownCluster"
