"""Posts are written down together, each is told its own outcome, and an error reaches all whom it concerns."""

import asyncio
from collections.abc import Sequence

from bot.adapters.alerts.clerk import Clerk, Row


class Disk:
    """Remembers its transactions; ``slow`` holds one until it is set."""

    def __init__(self) -> None:
        self.written: list[list[str]] = []
        self.slow = asyncio.Event()
        self.broken = False

    async def keep_all(self, rows: Sequence[Row]) -> tuple[bool, ...]:
        known = {key for one in self.written for key in one}
        self.written.append([key for key, _, _ in rows])
        await self.slow.wait()
        if self.broken:
            raise OSError("full")
        return tuple(key not in known for key, _, _ in rows)


def keeping(clerk: Clerk, *keys: str) -> list[asyncio.Task[bool]]:
    return [asyncio.create_task(clerk.keep((key, "alert", b""))) for key in keys]


async def test_those_that_come_during_a_write_go_together_with_the_next() -> None:
    disk = Disk()
    tasks = keeping(Clerk(disk.keep_all), "a", "b", "c", "d")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    disk.slow.set()

    assert await asyncio.gather(*tasks) == [True] * 4
    assert sorted(key for one in disk.written for key in one) == ["a", "b", "c", "d"]
    assert len(disk.written) <= 2


async def test_each_is_told_whether_it_was_new() -> None:
    disk = Disk()
    disk.slow.set()
    clerk = Clerk(disk.keep_all)
    await clerk.keep(("a", "alert", b""))

    assert await asyncio.gather(*keeping(clerk, "a", "b")) == [False, True]


async def test_an_error_reaches_everybody_whose_post_was_in_it_and_nobody_after() -> None:
    disk = Disk()
    disk.broken = True
    disk.slow.set()
    clerk = Clerk(disk.keep_all)
    found = await asyncio.gather(*keeping(clerk, "a", "b", "c"), return_exceptions=True)
    disk.broken = False

    assert [type(each) for each in found] == [OSError] * 3
    assert await clerk.keep(("d", "alert", b"")) is True


async def test_a_sender_that_goes_away_takes_nobody_with_it() -> None:
    disk = Disk()
    clerk = Clerk(disk.keep_all)
    first, second, third = keeping(clerk, "a", "b", "c")
    while not disk.written:
        await asyncio.sleep(0)
    first.cancel()
    second.cancel()
    await asyncio.sleep(0)
    disk.slow.set()

    assert await third is True
    assert [each.cancelled() for each in (first, second)] == [True, True]
