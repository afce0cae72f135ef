"""
Takes posts of alerts out of the inbox: each source has its turn, however much another sends.

Of a source that sends much no more is taken at once than is soon worked: what comes meanwhile of others is next.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, func, select, text, update

from bot.adapters.store.inbox import row_of
from bot.adapters.store.rows import span, waiting
from bot.adapters.store.tables import inbox
from bot.adapters.store.work import Work
from bot.domain.alerts import posts
from bot.ports import InboxRow

AT_ONCE: Final = 256 * 1024
"""So many bytes of posts of one source are taken together, or a single one that is larger."""

_KINDS = text(f"""
    {waiting("inbox", "kind", "next_at")}
    SELECT value FROM waiting WHERE value IS NOT NULL
""")  # noqa: S608 - of our own names
_OF = (
    select(inbox.c.key, func.length(inbox.c.payload).label("size"))
    .where(inbox.c.kind == bindparam("of"), inbox.c.next_at <= bindparam("now"))
    .order_by(inbox.c.next_at, inbox.c.received_at, inbox.c.key)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_KEYS: BindParameter[str] = bindparam("names", expanding=True)
_TAKE = (
    update(inbox)
    .where(inbox.c.key.in_(_KEYS))
    .values(owner=bindparam("me"), next_at=bindparam("until"), attempts=inbox.c.attempts + 1)
    .returning(inbox)
)


async def take(work: Work, owner: str, lease: timedelta, limit: int) -> tuple[InboxRow, ...]:
    """
    Return posts that are not worked, and keep them from others until the lease ends.

    The oldest of each source come first, the smallest of them before the others, then the second of each, and so on.
    """
    found: list[tuple[int, int, str]] = []
    for each in await work.rows(_KINDS):
        if posts.is_kind(each.value):
            rows = await work.rows(_OF, of=each.value, now=work.us, most=limit)
            found += [(turn, row.size, row.key) for turn, row in enumerate(_few(rows))]
    keys = [key for _, _, key in sorted(found)[:limit]]
    if not keys:
        return ()
    until = work.us + span(lease)
    taken = {row.key: row for row in await work.rows(_TAKE, names=keys, me=owner, until=until)}
    return tuple(row_of(taken[key]) for key in keys)


def _few(rows: Sequence[Any]) -> Iterator[Any]:
    size = 0
    for row in rows:
        size += row.size
        if size > AT_ONCE and size > row.size:
            return
        yield row
