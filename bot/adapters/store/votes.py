"""Rows of votes."""

import msgspec
from sqlalchemy import bindparam, select, update

from bot.adapters.store.rows import inserting, text_of
from bot.adapters.store.tables import parts, votes
from bot.adapters.store.work import Work
from bot.domain.people import Principal
from bot.domain.requests import Vote
from bot.domain.states import PartState

_decoder = msgspec.json.Decoder(Vote)
_INSERT = inserting(
    votes, lambda insert: insert.on_conflict_do_nothing(index_elements=["request_id", "digest", "voter"])
)
_OF = (
    select(votes.c.doc)
    .where(votes.c.request_id == bindparam("request"), votes.c.digest == bindparam("bound"))
    .order_by(votes.c.n)
)
# One human has one user id in every team of a Grid; ids are capitals and digits, so nothing in them is a pattern.
_UNDECIDED = (
    select(votes.c.request_id)
    .join(parts, parts.c.request_id == votes.c.request_id)
    .where(
        votes.c.voter.like(bindparam("tail")),
        parts.c.state.in_([PartState.PROPOSED.value, PartState.APPROVED.value]),
    )
    .distinct()
    .order_by(votes.c.request_id)
)
_BY_RECEIPT = select(votes.c.doc).where(votes.c.receipt == bindparam("token")).limit(1)
_PUT = update(votes).where(
    votes.c.request_id == bindparam("request"),
    votes.c.digest == bindparam("bound"),
    votes.c.voter == bindparam("who"),
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
            receipt=vote.receipt,
            doc=text_of(vote),
        )
        return added == 1

    async def of(self, request_id: str, digest: str) -> tuple[Vote, ...]:
        """Return the votes on one digest, in order."""
        rows = await self._work.rows(_OF, request=request_id, bound=digest)
        return tuple(_decoder.decode(row.doc) for row in rows)

    async def undecided(self, voter: Principal) -> tuple[str, ...]:
        """Return the ids of requests that this human voted on and that wait or have not begun."""
        rows = await self._work.rows(_UNDECIDED, tail=f"%:{voter.user}")
        return tuple(row.request_id for row in rows)

    async def by_receipt(self, receipt: str) -> Vote | None:
        """Return the vote whose receipt carries this token. An empty one is nobody's."""
        row = await self._work.first(_BY_RECEIPT, token=receipt) if receipt else None
        return None if row is None else _decoder.decode(row.doc)

    async def put(self, vote: Vote) -> None:
        """Save. Raises ``LookupError`` when there is no such vote."""
        found = {"request": vote.request_id, "bound": vote.digest, "who": vote.voter.key}
        if not await self._work.count(_PUT, **found, receipt=vote.receipt, doc=text_of(vote)):
            raise LookupError("there is no such vote to save")
