"""``firebreak audit verify``: a database or an export, with nothing but a key and, better, a checkpoint from outside."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from bot.adapters.store import StoreError
from bot.adapters.store.reading import LogSnapshot, read_log
from bot.bootstrap.believing import (
    NO_KEY,
    Belief,
    UsageError,
    belief,
    claimed,
    first_line,
    outside,
    settings_of,
)
from bot.bootstrap.keeping import check_kept
from bot.bootstrap.plainly import printable, say
from bot.domain.audit.check import LogCheck, Trust
from bot.domain.audit.export import LONGEST_LINE, ExportError, Header, Kind, parse_header
from bot.domain.audit.notes import NoteError
from bot.domain.audit.offline import check_export
from bot.domain.audit.verdicts import Finding, Notebook, Problem, Reason

NO_OUTSIDE = (
    "no checkpoint from outside was compared (--checkpoint FILE): a tail that was cut off, or a whole backup that "
    "was restored, cannot be seen without one"
)
PART = "this is a part: it proves the records that it holds, not that it holds all of them"
KEEP = (
    "keep this copy as it is, do not go on with it, and verify an earlier one: another export, or a backup, against "
    "the checkpoints that are kept outside"
)
CLAIMED = (
    "NOT PROVEN: the key is only the one that the export itself claims, so anyone could have made it; "
    "compare it with the key that you know, and give that by --key"
)


async def verify(given: argparse.Namespace) -> int:
    """Verify and say in plain words what was found; return 0 for sound, 1 for anything else."""
    if given.export is not None and given.database is not None:
        raise UsageError("an export and --database are two logs: give one of them")
    if given.export is not None:
        return _verify_export(given)
    return await _verify_database(given)


# -- a database --------------------------------------------------------------------------------------------


async def _verify_database(given: argparse.Namespace) -> int:
    settings = settings_of(given, needed=given.database is None) if _asks_settings(given) else None
    believed = belief(given.key, settings)
    if believed is None:
        raise UsageError(NO_KEY)
    try:
        marks = outside(given.checkpoint, believed)
    except (NoteError, ExportError) as error:
        return _tell(_nothing(Reason.FORK, str(error)), believed)
    url = given.database or (settings.database if settings else "")
    return _tell(await check_database(url, believed.trust(marks)), believed, compared=bool(marks))


def _asks_settings(given: argparse.Namespace) -> bool:
    return given.database is None or not given.key


async def check_database(url: str, trust: Trust) -> Finding:
    """Return the finding for the log in a database, with all that is kept beside it. Raises ``StoreError``."""
    opened = False
    try:
        async with read_log(url) as log:
            opened = True
            finding = await _pass(log, trust, deep=False)
            return finding if finding.ok or finding.exact else await _pass(log, trust, deep=True)
    except (
        Exception
    ) as error:  # once it is open, a value that the driver cannot even read is damage like any other
        if not opened:
            raise
        why = str(error) if isinstance(error, StoreError) else type(error).__name__
        return _nothing(Reason.FORMAT, f"the log cannot be read to its end: {why}")


async def _pass(log: LogSnapshot, trust: Trust, *, deep: bool) -> Finding:
    check = LogCheck(trust, await log.checkpoints(), deep=deep)
    notebook = Notebook()
    async for rows, words in log.batches():
        check.feed(rows, words)
        await check_kept(log, rows, notebook)
    head = await log.head()
    if head is None:
        notebook.add(Reason.HEAD, "the stored head of the log is missing or damaged")
    found = check.finish(head)
    return msgspec.structs.replace(found, problems=(*found.problems, *notebook.problems))


# -- an export ---------------------------------------------------------------------------------------------


def _verify_export(given: argparse.Namespace) -> int:
    settings = None if given.key else settings_of(given, needed=False)
    believed = belief(given.key, settings)
    try:
        header = parse_header(first_line(given.export))
        believed = believed or claimed(header.key)
        marks = outside(given.checkpoint, believed)
    except (NoteError, ExportError) as error:
        return _tell(_nothing(Reason.FORMAT, str(error)), believed)
    finding = _check_file(given.export, header, believed.trust(marks))
    code = _tell(finding, believed, compared=bool(marks))
    if header.kind is Kind.PART:
        say(PART)
    return code


def _check_file(file: Path, header: Header, trust: Trust) -> Finding:
    finding = check_export(header, _later_lines(file), trust)
    if finding.ok or finding.exact:
        return finding
    return check_export(header, _later_lines(file), trust, deep=True)


def _later_lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        opened.readline(LONGEST_LINE + 2)
        while raw := opened.readline(LONGEST_LINE + 2):
            yield raw


# -- what is said ------------------------------------------------------------------------------------------


def _nothing(reason: Reason, text: str) -> Finding:
    return Finding(0, 0, 0, (Problem(reason, text),))


def _tell(finding: Finding, believed: Belief | None, *, compared: bool = False) -> int:
    sure = finding.ok and believed is not None and not believed.claimed
    say("SOUND" if sure else "NOT SOUND" if not finding.ok else "AGREES WITH ITSELF")
    if finding.first_bad is not None:
        say(f"first bad record: {finding.first_bad}")
    for text in str(finding).split("\n"):
        say(printable(text))
    _tell_keys(believed)
    if not compared:
        say(NO_OUTSIDE)
    if not finding.ok:
        say(KEEP)
    if believed is not None and believed.claimed:
        say(CLAIMED)
    return 0 if sure else 1


def _tell_keys(believed: Belief | None) -> None:
    keys: Sequence[object] = () if believed is None else [verifier.key for verifier in believed.verifiers]
    for key in keys:
        say(f"key {printable(str(key))}, {printable(believed.source) if believed else ''}")
