"""Rows of votes."""

import msgspec
from sqlalchemy import bindparam, select

from bot.adapters.store.rows import inserting, text_of
from bot.adapters.store.tables import votes
from bot.adapters.store.work import Work
from bot.domain.requests import Vote

_decoder = msgspec.json.Decoder(Vote)
_INSERT = inserting(
    votes, lambda insert: insert.on_conflict_do_nothing(index_elements=["request_id", "digest", "voter"])
)
_OF = (
    select(votes.c.doc)
    .where(votes.c.request_id == bindparam("request"), votes.c.digest == bindparam("bound"))
    .order_by(votes.c.n)
)


class SqlVotes:
    """``ports.Votes`` over the table of that name."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(self, vote: Vote) -> bool:
        """Insert; return False when this person has already voted on this digest."""
        added = await self._work.count(
            _INSERT[self._work.postgres],
            request_id=vote.request_id,
            digest=vote.digest,
            voter=vote.voter.key,
            doc=text_of(vote),
        )
        return added == 1

    async def of(self, request_id: str, digest: str) -> tuple[Vote, ...]:
        """Return the votes on one digest, in order."""
        rows = await self._work.rows(_OF, request=request_id, bound=digest)
        return tuple(_decoder.decode(row.doc) for row in rows)
