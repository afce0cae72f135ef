"""Who is in a hurry goes before all who wait, whoever goes away leaves no turn behind, and nobody waits for ever."""

import asyncio
from pathlib import Path

import pytest

from bot.adapters.store import open_store, turnstile
from bot.adapters.store.turnstile import Turnstile
from bot.bootstrap.entropy import utc_now
from tests.databases import with_tables


class Crowd:
    """People at a turnstile; ``came`` is who had a turn, in order. Nobody leaves before the gate is open."""

    def __init__(self) -> None:
        self.stile, self.came, self.gate = Turnstile(), list[str](), asyncio.Event()

    async def one(self, name: str, *, hurried: bool = False) -> None:
        async with self.stile.turn(hurried=hurried):
            self.came.append(name)
            await self.gate.wait()

    async def comes(self, name: str, *, hurried: bool = False) -> asyncio.Task[None]:
        """Come, and wait where one has to."""
        task = asyncio.create_task(self.one(name, hurried=hurried))
        await asyncio.sleep(0)
        return task


async def test_who_is_in_a_hurry_goes_before_those_who_came_earlier_and_each_in_turn() -> None:
    crowd = Crowd()
    tasks = [await crowd.comes(name, hurried=name.isupper()) for name in ("a", "b", "c", "X", "d", "Y")]
    crowd.gate.set()
    await asyncio.gather(*tasks)

    assert crowd.came == ["a", "X", "Y", "b", "c", "d"]


async def test_one_who_goes_away_while_waiting_or_while_being_called_leaves_no_turn_behind() -> None:
    crowd = Crowd()
    first, waiting, called, last = [await crowd.comes(name) for name in ("a", "b", "c", "d")]
    waiting.cancel()
    await asyncio.sleep(0)
    first.cancel()  # and so the next is called
    await asyncio.sleep(0)
    called.cancel()
    crowd.gate.set()
    await last
    async with crowd.stile.turn():
        pass

    assert crowd.came[-1] == "d"
    assert "b" not in crowd.came


async def test_nobody_waits_for_ever_and_who_gave_up_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "PATIENCE", 0.001)
    crowd = Crowd()
    first = await crowd.comes("a")
    with pytest.raises(TimeoutError):
        await crowd.one("b")
    crowd.gate.set()
    await first
    await crowd.one("c")

    assert crowd.came == ["a", "c"]


async def test_a_command_is_kept_before_transactions_and_posts_that_came_earlier(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/firebreak.db"
    await with_tables(url)
    done: list[str] = []
    async with open_store(url, clock=utc_now) as store:

        async def works() -> None:
            async with store.begin():
                done.append("work")

        async def keeps() -> None:
            await store.doorway.accept_all([("a", "alert:am", b"")])
            done.append("posts")

        async def commands() -> None:
            await store.doorway.accept("k", "slash", b"")
            done.append("command")

        async with asyncio.TaskGroup() as all_of_them, store.begin():
            for one in (works(), keeps(), commands()):
                all_of_them.create_task(one)
            await asyncio.sleep(0)

    assert done == ["command", "work", "posts"]
