"""Rows of accounts that may do nothing until an operator lets them."""

import msgspec
from sqlalchemy import bindparam, delete, select

from bot.adapters.store.rows import inserting, micros, text_of
from bot.adapters.store.tables import frozen_accounts
from bot.adapters.store.work import Work
from bot.domain.people import Frozen, Principal

_decoder = msgspec.json.Decoder(Frozen)
_INSERT = inserting(
    frozen_accounts, lambda insert: insert.on_conflict_do_nothing(index_elements=["principal"])
)
_EVERY = select(frozen_accounts.c.doc).order_by(frozen_accounts.c.frozen_at, frozen_accounts.c.principal)
# One human has one user id in every team of a Grid; ids are capitals and digits, so nothing in them is a pattern.
_OF = _EVERY.where(frozen_accounts.c.principal.like(bindparam("tail")))
_DROP = delete(frozen_accounts).where(frozen_accounts.c.principal == bindparam("who"))


class SqlFrozenAccounts:
    """``ports.FrozenAccounts`` over the table ``frozen_accounts``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(self, frozen: Frozen) -> bool:
        """Insert; return False when it is frozen already."""
        added = await self._work.count(
            _INSERT[self._work.postgres],
            principal=frozen.principal.key,
            frozen_at=micros(frozen.at),
            doc=text_of(frozen),
        )
        return added == 1

    async def of(self, person: Principal) -> Frozen | None:
        """Return whether this human is frozen, under whatever team id."""
        row = await self._work.first(_OF, tail=f"%:{person.user}")
        return None if row is None else _decoder.decode(row.doc)

    async def every(self) -> tuple[Frozen, ...]:
        """Return all, oldest first."""
        return tuple(_decoder.decode(row.doc) for row in await self._work.rows(_EVERY))

    async def drop(self, principal: Principal) -> bool:
        """Remove; return False when it was not there."""
        return await self._work.count(_DROP, who=principal.key) == 1
