"""Rows of self-tests: what may stand of each, and what came of it."""

import msgspec
from sqlalchemy import bindparam, select, update

from bot.adapters.store.rows import inserting, micros, text_of
from bot.adapters.store.tables import self_tests
from bot.adapters.store.work import Work
from bot.domain.selftests import SelfTest

_decoder = msgspec.json.Decoder(SelfTest)
_INSERT = inserting(self_tests, lambda each: each.on_conflict_do_nothing())
_GET = select(self_tests.c.doc).where(self_tests.c.id == bindparam("key"))
_LOCK = _GET.with_for_update()
_PUT = update(self_tests).where(self_tests.c.id == bindparam("key"))
_DUE = (
    select(self_tests.c.doc)
    .where(self_tests.c.due_at <= bindparam("now"))
    .order_by(self_tests.c.due_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_OF = (
    select(self_tests.c.doc)
    .where(self_tests.c.cluster == bindparam("of"))
    .order_by(self_tests.c.created_at.desc(), self_tests.c.id)
    .limit(bindparam("most"))
)


class SqlSelfTests:
    """``ports.SelfTests``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(self, test: SelfTest) -> bool:
        """Insert; return False when the id is taken, or one stands in that cluster already."""
        values = {"id": test.id, "cluster": test.cluster, "created_at": micros(test.began)}
        statement = _INSERT[self._work.postgres]
        return bool(await self._work.count(statement, **values, **_changing(test)))

    async def get(self, test_id: str, *, lock: bool = False) -> SelfTest | None:
        """Return one; ``lock`` holds its row until the transaction ends."""
        row = await self._work.first(_LOCK if lock else _GET, key=test_id)
        return None if row is None else _decoder.decode(row.doc)

    async def put(self, test: SelfTest) -> None:
        """Save. Raises ``LookupError`` when there is no such row."""
        if not await self._work.count(_PUT, key=test.id, **_changing(test)):
            raise LookupError(f"there is no self-test {test.id} to save")

    async def due(self) -> SelfTest | None:
        """Return one that stands and whose time has come, locked."""
        row = await self._work.first(_DUE, now=self._work.us)
        return None if row is None else _decoder.decode(row.doc)

    async def of(self, cluster: str, limit: int = 200) -> tuple[SelfTest, ...]:
        """Return a cluster's, newest first."""
        rows = await self._work.rows(_OF, of=cluster, most=limit)
        return tuple(_decoder.decode(row.doc) for row in rows)


def _changing(test: SelfTest) -> dict[str, int | str | None]:
    return {"due_at": micros(test.due_at), "doc": text_of(test)}
