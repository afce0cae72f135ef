"""Logs: the newest of them, within bounds, whatever the container wrote and whatever becomes of it meanwhile."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import overload

from bot.domain.evidence import Capture, CaptureState, ItemKind
from bot.engine.capturing import Camera
from bot.engine.context import Evidence
from bot.ports import Kept
from bot.sandbox.kubernetes.access import Rule, User
from bot.sandbox.kubernetes.faults import BrokenOff, Match, Slow
from bot.sandbox.kubernetes.resources import PODS
from tests.adapters.kubernetes.contract_evidence import Shelf, captured, of
from tests.adapters.kubernetes.stage import NOW, Stage

LOG = Match(verb="get", resource="pods", subresource="log")


class Endless(Sequence[str]):
    """So many lines, each made when it is asked for: 200 MB that take no room."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        assert isinstance(index, int)
        return f"line {index:09d} " + "x" * 70


class Nowhere:
    """A vault that keeps the hash alone: what is measured is the way there."""

    async def put(self, place: str, chunks: AsyncIterator[bytes]) -> Kept:
        digest, size = sha256(), 0
        async for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
        return Kept(digest.hexdigest(), size, "key")

    async def get(self, place: str) -> AsyncIterator[bytes]:
        del place
        yield b""

    async def drop(self, prefix: str) -> None:
        del prefix


def write(stage: Stage, pod: str, lines: Sequence[str], *, previous: bool = False) -> None:
    assert stage.double is not None
    body = stage.double.registry.need(PODS, stage.namespace, pod)
    stage.double.logs.write(body, body["spec"]["containers"][0]["name"], lines, previous=previous)


async def test_a_short_log_is_kept_whole_with_its_times(stage: Stage) -> None:
    uid = await stage.pod("web")
    write(stage, "web", ["first", "second"])
    done = await captured(stage, "web", uid)
    log = of(done, ItemKind.LOG)
    assert (log.cut, log.missing) == ("", "")
    assert log.size == len("2026-01-01T00:00:00.000000Z first\n2026-01-01T00:00:00.100000Z second\n")


async def test_the_earlier_run_is_kept_too_and_its_absence_is_no_worry(stage: Stage) -> None:
    uid = await stage.pod("web")
    done = await captured(stage, "web", uid)
    assert all(item.kind is not ItemKind.PREVIOUS for item in done.items)
    assert done.state is CaptureState.COMPLETE
    write(stage, "web", ["panic"], previous=True)
    assert of(await captured(stage, "web", uid), ItemKind.PREVIOUS).size > 0


async def test_of_200_megabytes_the_newest_lines_are_kept_in_little_memory(stage: Stage) -> None:
    uid = await stage.pod("web")
    lines = 200 * (1 << 20) // 114
    write(stage, "web", Endless(lines))
    vault = Nowhere()
    fresh = Capture("FB-7K3Q.0", "FB-7K3Q", 0, stage.ref("web"), uid, NOW, attempts=1)
    camera = Camera(Evidence(stage.clusters.witness, vault, per_item=1 << 20), fresh)
    tracemalloc.start()
    try:
        items = await camera.all()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    (log,) = (item for item in items if item.kind is ItemKind.LOG)
    assert "newest" in log.cut
    assert 0.8 * (1 << 20) < log.size <= 1 << 20
    assert peak < 16 << 20, peak  # the double's own answer included


async def test_a_connection_that_breaks_in_the_middle_leaves_what_came_and_says_so(stage: Stage) -> None:
    uid = await stage.pod("web")
    write(stage, "web", [f"line {n}" for n in range(5000)])
    assert stage.double is not None
    stage.double.faults.arm(BrokenOff(100_000), LOG, times=None)
    done = await captured(stage, "web", uid)
    log = of(done, ItemKind.LOG)
    assert done.state is CaptureState.PARTIAL
    assert "broke off" in log.cut or "broke off" in log.missing or "did not answer" in log.missing


async def test_a_pod_that_dies_between_its_manifest_and_its_logs_leaves_the_rest(stage: Stage) -> None:
    uid = await stage.pod("web")
    double = stage.double
    assert double is not None

    async def die() -> None:
        if double.registry.store.find(PODS, stage.namespace, "web"):
            double.remove(PODS, stage.namespace, "web")

    stage.meanwhile.extend([die, die, die])
    double.faults.arm(Slow(1), LOG, times=3)
    done = await captured(stage, "web", uid)
    assert done.state is CaptureState.PARTIAL
    assert not of(done, ItemKind.MANIFEST).missing
    assert of(done, ItemKind.LOG).missing == "the pod is gone"
    assert not of(done, ItemKind.POLICIES).missing


async def test_a_log_that_hangs_ends_at_the_deadline_and_the_rest_is_kept(stage: Stage) -> None:
    uid = await stage.pod("web")
    double = stage.double
    assert double is not None

    async def for_ever() -> None:
        await asyncio.Event().wait()

    stage.meanwhile.extend([for_ever] * 4)
    double.faults.arm(Slow(1), LOG, times=4)
    fresh = Capture("FB-7K3Q.0", "FB-7K3Q", 0, stage.ref("web"), uid, NOW, attempts=1)
    evidence = Evidence(stage.clusters.witness, Shelf(), deadline=timedelta(seconds=0.5))
    items = await Camera(evidence, fresh).all()
    (log,) = (item for item in items if item.kind is ItemKind.LOG)
    assert "time for a capture was over" in log.missing
    assert any(item.kind is ItemKind.MANIFEST and not item.missing for item in items)


async def test_a_right_that_is_missing_is_named_in_the_item(stage: Stage) -> None:
    uid = await stage.pod("web")
    assert stage.double is not None
    stage.double.add_user("sandbox-bot", User("bot", deny=(Rule(("get",), ("",), ("pods/log",)),)))
    log = of(await captured(stage, "web", uid), ItemKind.LOG)
    assert "Forbidden" in log.missing
    assert "pods/log" in log.missing


async def test_one_capture_takes_no_more_than_its_room(stage: Stage) -> None:
    uid = await stage.pod("web")
    write(stage, "web", Endless(100_000))
    vault = Shelf()
    fresh = Capture("FB-7K3Q.0", "FB-7K3Q", 0, stage.ref("web"), uid, NOW, attempts=1)
    items = await Camera(Evidence(stage.clusters.witness, vault, 100_000, 120_000), fresh).all()
    assert sum(item.size for item in items) <= 120_000
    assert sum(len(body) for body in vault.kept.values()) <= 120_000
