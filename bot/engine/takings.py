"""What became of the suggestions that people took: where each request stands, and whether its plan is another."""

from collections.abc import Iterator, Mapping

import msgspec

from bot.domain.findings import Verdict
from bot.domain.requests import PartRow, state_of
from bot.domain.standing import BARE, portion, proved
from bot.domain.states import PartState
from bot.domain.suggestions import Board
from bot.domain.suggestions.likeness import likeness
from bot.engine.context import Context


class Taken(msgspec.Struct, frozen=True):
    """
    A request that came of a suggestion; ``otherwise``: its plan is not the one that was suggested.

    ``said`` are the words before its verdict, ``portion`` is how much of it is in that state where not all is.
    """

    state: PartState
    verdict: Verdict | None = None
    otherwise: bool = False
    said: str = BARE
    portion: str = ""


async def takings(context: Context, board: Board) -> Mapping[str, Taken]:
    """Return by id where the requests stand that came of a board; those that are gone are left out."""
    found: dict[str, Taken] = {}
    async with context.store.begin() as tx:
        for request_id, digest in _asked(board):
            request = await tx.requests.get(request_id)
            if request is not None:
                rows = await tx.parts.of(request.id)
                other = digest is not None and likeness(request.plan, request.id) != digest
                found[request.id] = taking(rows, otherwise=other)
    return found


def _asked(board: Board) -> Iterator[tuple[str, str | None]]:
    """Yield each request with the digest of what is suggested; without one where that is something else by now."""
    for one in board.suggestions:
        yield from ((each.request_id, None) for each in one.former)
        yield from ((step.request_id, step.digest) for step in one.every if step.request_id)


def taking(rows: tuple[PartRow, ...], *, otherwise: bool = False) -> Taken:
    """Return where these parts of one request stand."""
    found, there = proved(rows), portion(row.state for row in rows)
    if found is None:
        return Taken(state_of(rows), None, otherwise, portion=there)
    return Taken(state_of(rows), found.verdict, otherwise, found.said, there)
