"""The suspect's flows as strips of small columns: who it talks to, before and after. Pure geometry and words."""

from typing import Final

import msgspec

from bot.sandbox.page.map import short
from bot.sandbox.page.reach import End
from bot.sandbox.page.talks import ROUNDS, Talk
from bot.sandbox.page.world import Seen

STEP: Final = 6
"""Units of the view box from one column to the next."""

HIGH: Final = 14
WIDTH: Final = ROUNDS * STEP
FULL: Final = 3
"""Connections in one round that fill a column."""


class Column(msgspec.Struct, frozen=True):
    """One round, if anything was seen in it: where it stands, how high it is, and whether anything was dropped."""

    x: int
    height: int
    dropped: bool


class Strip(msgspec.Struct, frozen=True):
    """
    One peer of the suspect, and what is seen of it.

    ``label`` is the name as the map has it, ``name`` the whole one with the address of who is outside.
    """

    label: str
    name: str
    outward: bool
    talk: Talk
    columns: tuple[Column, ...]


def strips(seen: Seen) -> tuple[Strip, ...]:
    """Return one strip for each peer and port: first whom it calls, the beacon before all, then who calls it."""
    own = seen.suspect.address
    every = [talk for talk in seen.talks if own in (talk.client, talk.server)]
    ordered = sorted(every, key=lambda talk: (talk.client != own, talk.server != seen.beacon, talk.server))
    return tuple(_strip(seen, talk) for talk in ordered)


def _strip(seen: Seen, talk: Talk) -> Strip:
    outward = talk.client == seen.suspect.address
    peer = talk.server if outward else talk.client
    known = {end.address: end for end in (*seen.callers, *seen.pods, seen.resolver, *seen.outside)}
    end = known.get(peer, End(peer, peer))
    name = end.name if end.namespace or end.name == peer else f"{end.name} {peer}"
    return Strip(f"{short(end)}:{talk.port}", f"{name}:{talk.port}", outward, talk, tuple(_columns(talk)))


def _columns(talk: Talk) -> list[Column]:
    rounds = enumerate(zip(talk.passed, talk.dropped, strict=True))
    return [
        Column(at * STEP, _height(passed + dropped), dropped > 0)
        for at, (passed, dropped) in rounds
        if passed + dropped
    ]


def _height(connections: int) -> int:
    return round(HIGH * (1 + min(connections, FULL)) / (1 + FULL))
