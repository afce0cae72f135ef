"""Sources of flows are looked at now and then; one that cannot be asked is named with its cluster."""

import asyncio

from bot.engine.wellness import Wellness
from tests.engine.test_flows_gathered import Source


class Unwell(Source):
    async def health(self) -> str:
        return "the relay refuses our certificate"


async def test_what_cannot_be_asked_is_named_until_it_can() -> None:
    unwell, well = Unwell("hubble", None), Source("firewall", None)
    watch = Wellness((unwell, well), ("prod", "staging"))
    assert watch.unwell() == {}
    await watch.look()
    assert watch.unwell() == {"flows of prod from hubble": "the relay refuses our certificate"}


async def test_without_a_source_there_is_nothing_to_look_at_and_nobody_is_waited_for() -> None:
    await Wellness((), ("prod",)).run(asyncio.Event())


async def test_a_look_that_hangs_ends_with_the_program() -> None:
    class Hanging(Source):
        async def health(self) -> str:
            self.began.set()
            await asyncio.Event().wait()
            return ""

    hanging, stop = Hanging("hubble", None), asyncio.Event()
    running = asyncio.create_task(Wellness((hanging,), ("prod",)).run(stop))
    await hanging.began.wait()
    stop.set()
    async with asyncio.timeout(10):
        await running
