"""What the bot's side lends to the sandbox's page: the log as it stands in the database, its verification, the grammar."""

import argparse
from collections.abc import Callable, Mapping, Sequence

from bot.adapters.store.reading import read_log
from bot.bootstrap.plainly import json_line, printable
from bot.bootstrap.rehearsal.completing import complete
from bot.bootstrap.rehearsal.proving import told_by
from bot.bootstrap.signing import signer
from bot.bootstrap.verifying import verify
from bot.domain.audit.record import Record, decode
from bot.domain.audit.values import RecordError
from bot.sandbox.page.given import Backstage, Line, Verified
from bot.settings import Settings


def backstage(
    settings: Settings, restored: Callable[[], bool], alarm: Callable[[], None] = lambda: None
) -> Backstage:
    """Return it for the database and the key of these settings, whether the bot runs or not."""

    async def records(after: int) -> Sequence[Line]:
        found: list[Line] = []
        async with read_log(settings.database) as log:
            async for rows, _words in log.batches(after - 1):
                found += [_line(seq, body) for seq, body, _leaf in rows]
        return found

    async def verified() -> Verified:
        code, words = await sound(settings)
        return Verified(code == 0, words)

    return Backstage(records, verified, complete, restored, alarm)


async def sound(settings: Settings) -> tuple[int, str]:
    """Run ``firebreak audit verify`` on the database; return its exit code and what it said."""
    key = str(signer(settings.audit).verifier.key)
    given = argparse.Namespace(
        settings=None, export=None, database=settings.database, key=[key], checkpoint=[]
    )
    return await told_by(verify, given)


def _line(seq: int, body: bytes | None) -> Line:
    try:
        return _told(decode(body)) if body is not None else Line(seq, "", "erased", "")
    except RecordError as error:
        return Line(seq, "", "unreadable", "", body=printable(str(error)))


def _told(record: Record) -> Line:
    return Line(
        seq=record.seq,
        time=record.time,
        event=record.event.value,
        who=record.actor.id,
        outcome=record.outcome,
        request=record.request,
        target=record.target,
        action=str(record.details.get("action", "")),
        body=json_line(record),
        cause=_cause(record),
    )


def _cause(record: Record) -> str:
    cause = record.details.get("cause")
    return str(cause.get("group", "")) if isinstance(cause, Mapping) else ""
