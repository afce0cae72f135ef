"""``firebreak audit export``: the log, or one request's part of it with proofs, to be verified anywhere."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from bot.adapters.keys.ed25519 import Ed25519Signer
from bot.adapters.store.reading import LogSnapshot, read_log
from bot.bootstrap.believing import NO_KEY, Belief, UsageError, belief, outside, settings_of
from bot.bootstrap.drawing import drawn
from bot.bootstrap.heading import head_of, header_of
from bot.bootstrap.keeping import blobs_of
from bot.bootstrap.plainly import printable, remark
from bot.bootstrap.signing import signer
from bot.bootstrap.writing import whole_file, write_lines
from bot.domain.audit.check import Row, Words
from bot.domain.audit.export import Header, Item, Kind
from bot.domain.audit.export import export as lines_of
from bot.domain.audit.kept import kept_by
from bot.domain.audit.merkle import HASH_SIZE, Prover
from bot.domain.errors import AuditError
from bot.engine.notary import Part

DAMAGED = "nothing was exported: the log is not sound (%s); look closer with: firebreak audit verify"


class _Asked(msgspec.Struct):
    request: str = ""
    incident: str = ""


_asked = msgspec.json.Decoder(_Asked)


JSONL = "jsonl"


@dataclass(frozen=True)
class Choice:
    """The requests whose records are wanted, and the incident whose own are."""

    requests: frozenset[str]
    incident: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What a record of it holds: one of these."""
        return tuple(filter(None, (self.incident, *sorted(self.requests))))


@dataclass
class _Told:
    """What must be said when all is written."""

    records: int = 0
    unsigned: int = 0
    gone: int = 0


async def export(given: argparse.Namespace) -> int:
    """Write the export; return 1 where the log is not sound, or something that was kept beside it is gone."""
    settings = None if given.database and given.key else settings_of(given, needed=given.database is None)
    believed = belief(given.key, settings)
    if believed is None:
        raise UsageError(NO_KEY)
    own = signer(settings.audit) if settings and not given.key else None
    url = given.database or (settings.database if settings else "")
    try:
        async with read_log(url) as log:
            told = await _export(log, given, believed, own)
    except AuditError as error:
        remark(DAMAGED % printable(str(error)))
        return 1
    return _tell(told)


async def _export(
    log: LogSnapshot, given: argparse.Namespace, believed: Belief, own: Ed25519Signer | None
) -> _Told:
    marks = [mark.size for mark in outside(given.checkpoint, believed)]
    prover = Prover(await _leaves(log))
    notes = await log.checkpoints()
    head = head_of(prover, await log.head(), notes, believed, own)
    chosen = await _choice(log, given.request or "", getattr(given, "incident", None) or "")
    kind = Kind.WHOLE if chosen is None else Kind.PART
    header = header_of(kind, head, prover, notes, marks)
    told = _Told()
    batches = _batches(log, header, chosen, told)
    form = getattr(given, "format", JSONL)
    if (
        chosen is not None or form != JSONL
    ):  # few, or all at once: whether there are any is known before a file is made
        items = await _chosen(batches, chosen)
        if form != JSONL:
            subject = given.request or given.incident or ""
            text = drawn(form, subject, Part(header, head.checkpoint, tuple(items), prover))
            with whole_file(given.output) as file:
                await asyncio.to_thread(write_lines, file, iter((text.encode(),)))
            return told
        batches = _again(items)
    with whole_file(given.output) as file:
        lines = lines_of(header, _fed(asyncio.get_running_loop(), batches), prover)
        await asyncio.to_thread(write_lines, file, lines)
    return told


async def _choice(log: LogSnapshot, request: str, incident: str) -> Choice | None:
    """Return what is asked for; of an incident all its requests too, as the log names them. ``None`` for everything."""
    if not incident:
        return Choice(frozenset({request})) if request else None
    requests: set[str] = set()
    async for rows, _words in log.batches():
        requests |= {of.request for row in rows if (of := _of(row, incident)) and of.incident == incident}
    return Choice(frozenset(requests - {""}), incident)


async def _leaves(log: LogSnapshot) -> list[bytes]:
    leaves: list[bytes] = []
    async for rows, _words in log.batches():
        if [row[0] for row in rows] != list(range(len(leaves), len(leaves) + len(rows))):
            raise AuditError(f"a record behind {len(leaves)} is missing or out of place")
        if any(len(row[2]) != HASH_SIZE for row in rows):
            raise AuditError(f"a record behind {len(leaves)} has no hash")
        leaves += [row[2] for row in rows]
    return leaves


async def _batches(
    log: LogSnapshot, header: Header, choice: Choice | None, told: _Told
) -> AsyncIterator[list[Item]]:
    async for rows, words in log.batches():
        chosen = [row for row in rows if choice is None or _is_of(row, choice)]
        signed = [row for row in chosen if row[0] < header.size]
        told.records += len(signed)
        told.unsigned += len(chosen) - len(signed)
        said = _by_record(words)
        yield [await _item(log, row, said.get(row[0], ()), told) for row in signed]


async def _item(log: LogSnapshot, row: Row, said: Sequence[str], told: _Told) -> Item:
    seq, body, leaf = row
    blobs = await blobs_of(log, body)
    told.gone += len(kept_by(body)) - len(blobs)
    return Item(seq=seq, body=body, leaf=leaf, disclosures=tuple(said), blobs=blobs)


def _is_of(row: Row, choice: Choice) -> bool:
    of = next((of for name in choice.names if (of := _of(row, name))), None)
    return of is not None and (of.request in choice.requests or (of.incident or "-") == choice.incident)


def _of(row: Row, name: str) -> _Asked | None:
    """Return what a record is about, where it holds that name anywhere."""
    body = row[1]
    if body is None or name.encode() not in body:
        return None
    try:
        return _asked.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _by_record(words: Sequence[Words]) -> dict[int, list[str]]:
    said: dict[int, list[str]] = {}
    for seq, encoded in words:
        said.setdefault(seq, []).append(encoded)
    return said


async def _chosen(batches: AsyncIterator[list[Item]], choice: Choice | None) -> list[Item]:
    items = [item async for batch in batches for item in batch]
    if not items:
        raise UsageError(f"the log has no signed record of {_named(choice)}")
    return items


def _named(choice: Choice | None) -> str:
    if choice is None:
        return "anything"
    if choice.incident:
        return f"the incident {printable(choice.incident)}"
    return f"the request {printable(next(iter(choice.requests)))}"


async def _again(items: list[Item]) -> AsyncIterator[list[Item]]:
    yield items


def _fed(loop: asyncio.AbstractEventLoop, batches: AsyncIterator[list[Item]]) -> Iterator[Item]:
    """Hand what the loop reads, batch by batch, to the thread that writes: a log need not fit into memory."""

    async def following() -> list[Item] | None:
        return await anext(batches, None)

    while (batch := asyncio.run_coroutine_threadsafe(following(), loop).result()) is not None:
        yield from batch


def _tell(told: _Told) -> int:
    remark(f"{told.records} records")
    if told.unsigned:
        text = f"{told.unsigned} more are not under a checkpoint yet and were left out: try again in a minute"
        remark(text)
    if told.gone:
        remark(f"{told.gone} plans or cards that the records name are no longer kept")
    return 1 if told.gone else 0
