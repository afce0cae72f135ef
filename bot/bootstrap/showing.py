"""``firebreak audit show``: records, one on each line, with the words that they disclose below."""

import argparse
from collections.abc import Iterator, Sequence

from bot.adapters.store.reading import read_log
from bot.bootstrap.believing import settings_of
from bot.bootstrap.plainly import CUT, field, json_line, printable, remark, say
from bot.domain.audit.check import Row, Words
from bot.domain.audit.disclosure import Disclosure
from bot.domain.audit.record import Record, decode
from bot.domain.audit.values import RecordError

UNVERIFIED = "shown as stored, not verified: firebreak audit verify"
NOTHING = "there is no such record: without an id all are shown, firebreak audit show"
NAMED = ("outcome", "request", "part", "incident", "target", "digest", "policy")


async def show(given: argparse.Namespace) -> int:
    """Print all records, or those of one request; return 1 where there are none."""
    settings = None if given.database else settings_of(given, needed=True)
    url = given.database or (settings.database if settings else "")
    shown = 0
    async with read_log(url) as log:
        async for rows, words in log.batches():
            for line in _lines(rows, words, given.request):
                shown += 1
                say(line)
    remark(UNVERIFIED if shown else NOTHING)
    return 0 if shown else 1


def _lines(rows: Sequence[Row], words: Sequence[Words], request: str | None) -> Iterator[str]:
    said: dict[int, list[str]] = {}
    for seq, encoded in words:
        said.setdefault(seq, []).append(encoded)
    for seq, body, _leaf in rows:
        try:
            record = None if body is None else decode(body)
        except RecordError as error:
            record = None
            if request is None:
                yield f"{seq:>7}  UNREADABLE ({printable(str(error))})  {printable(_cut(body))}"
            continue
        if record is not None and request in (None, record.request):
            yield f"{seq:>7}  {told(record)}"
            yield from (f"{'':>9}{_words(each)}" for each in said.get(seq, ()))


def told(record: Record) -> str:
    """Return one record as one line in which nothing can pose as anything else."""
    actor = f"{record.actor.idp}:{record.actor.id}"
    named = [field(name, getattr(record, name)) for name in NAMED]
    fence = f"fence={record.fence}" if record.fence else ""
    details = json_line(record.details) if record.details else ""
    parts = (record.time, record.event.value, field("by", actor), *named, fence, details)
    return "  ".join(part for part in parts if part)


def _words(encoded: str) -> str:
    disclosure = Disclosure(encoded)
    try:
        return f"{printable(disclosure.path)}: {printable(disclosure.value)}"
    except RecordError as error:
        return f"UNREADABLE ({printable(str(error))})"


def _cut(body: bytes | None) -> str:
    return (body or b"")[:CUT].decode("utf-8", "replace")
