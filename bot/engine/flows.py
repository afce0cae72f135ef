"""Asks every source of flows at once. One that hangs, fails or does not know the cluster costs the others nothing."""

import asyncio
from collections.abc import Iterable

from bot.domain.errors import OutsideError
from bot.domain.flows.asked import Asked
from bot.domain.flows.taken import Capability, Silent, Taken
from bot.domain.reading import cut
from bot.ports import FlowSource

GRACE = 1.0
"""Seconds beyond its time after which a source is not waited for: it was to keep to it itself."""


async def gathered(sources: Iterable[FlowSource], asked: Asked, within: float) -> tuple[Taken | Silent, ...]:
    """
    Return what each source that was asked for told of the cluster within so many seconds, or why it told nothing.

    A name in ``asked.sources`` that no source has is told as silent.
    """
    every = tuple(sources)
    meant = [one for one in every if not asked.sources or one.name in asked.sources]
    there = [one for one in meant if one.serves(asked.cluster)]
    told = await asyncio.gather(*(_asked(one, asked, within) for one in there))
    silent = tuple(
        _absent(name, asked, every) for name in asked.sources if name not in {s.name for s in there}
    )
    return (*told, *silent)


def _absent(name: str, asked: Asked, every: tuple[FlowSource, ...]) -> Silent:
    if any(one.name == name for one in every):
        return Silent(name, f"it does not know of cluster {asked.cluster}")
    return Silent(name, "there is no source of this name in the settings")


async def _asked(source: FlowSource, asked: Asked, within: float) -> Taken | Silent:
    can = _in_order(source.can)
    try:
        async with asyncio.timeout(within + GRACE):
            return await source.ask(asked, within)
    except TimeoutError:
        return Silent(source.name, f"it did not answer within {within:.0f} s", can)
    except OutsideError as error:
        return Silent(source.name, cut(str(error)), can)


def _in_order(can: frozenset[Capability]) -> tuple[Capability, ...]:
    return tuple(one for one in Capability if one in can)
