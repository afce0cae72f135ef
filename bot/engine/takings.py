"""What became of the suggestions that people took: where each request stands, and whether its plan is another."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from bot.domain.findings import Verdict
from bot.domain.requests import PartRow, state_of
from bot.domain.states import PartState
from bot.domain.suggestions import Board
from bot.domain.suggestions.likeness import likeness
from bot.engine.context import Context

WORST: Final = (Verdict.NOT_ENFORCED, Verdict.PARTIAL, Verdict.INCONCLUSIVE, Verdict.CONTAINED)


class Taken(msgspec.Struct, frozen=True):
    """A request that came of a suggestion; ``otherwise``: its plan is not the one that was suggested."""

    state: PartState
    verdict: Verdict | None = None
    otherwise: bool = False


async def takings(context: Context, board: Board) -> Mapping[str, Taken]:
    """Return by id where the requests stand that came of a board; those that are gone are left out."""
    found: dict[str, Taken] = {}
    async with context.store.begin() as tx:
        for request_id, digest in _asked(board):
            request = await tx.requests.get(request_id)
            if request is not None:
                rows = await tx.parts.of(request.id)
                other = digest is not None and likeness(request.plan, request.id) != digest
                found[request.id] = Taken(state_of(rows), _worst(rows), other)
    return found


def _asked(board: Board) -> Iterator[tuple[str, str | None]]:
    """Yield each request with the digest of what is suggested; without one where that is something else by now."""
    for one in board.suggestions:
        yield from ((each.request_id, None) for each in one.former)
        yield from ((step.request_id, step.digest) for step in one.every if step.request_id)


def _worst(rows: tuple[PartRow, ...]) -> Verdict | None:
    found = {row.verdict for row in rows if row.active}
    return next((verdict for verdict in WORST if verdict in found), None)
