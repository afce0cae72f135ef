"""The record, after the bot has stopped: exported, verified offline, and a single flipped bit found."""

import argparse
import io
import json
from collections.abc import Awaitable, Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.bootstrap.exporting import export
from bot.bootstrap.rehearsal.narrator import Narrator, StepError
from bot.bootstrap.signing import signer
from bot.bootstrap.verifying import verify
from bot.domain.audit.events import Event
from bot.settings import Settings

REFUSALS: Final = 4  # the requester, the guest, the outsider, the partner's address
VOTES: Final = 3  # for the block, against the first quarantine, for the second
_FIRST: Final = "first bad record: "
_Verb = Callable[[argparse.Namespace], Awaitable[int]]


@dataclass(frozen=True)
class Evidence:
    """An export of the log, and the verifier key that is known from elsewhere."""

    file: Path
    key: str


async def exported(settings: Settings, file: Path) -> Evidence:
    """Write an export of the log; the same code as ``firebreak audit export``."""
    key = str(signer(settings.audit).verifier.key)
    given = argparse.Namespace(
        settings=None, database=settings.database, key=[key], checkpoint=[], request=None, output=file
    )
    code, said = await told_by(export, given)
    if code:
        raise StepError(f"the log could not be exported: {said}")
    return Evidence(file, key)


async def record(narrator: Narrator, evidence: Evidence, kept: Path) -> None:
    """Verify the export against a checkpoint kept outside, then show that the smallest change is found."""
    narrator.says("anyone", f"firebreak audit verify {evidence.file.name} --key … --checkpoint {kept.name}")
    code, said = await _verified(evidence.file, evidence.key, kept)
    for line in said.splitlines()[:2]:
        narrator.tell(line)
    narrator.hold("the log is sound, and goes on from the checkpoint that was kept outside", code == 0)
    lines = evidence.file.read_bytes().splitlines(keepends=True)
    events = [entry["body"]["event"] for entry in map(json.loads, lines) if "body" in entry]
    told = {name: events.count(name) for name in (Event.VOTE, Event.REFUSAL, Event.INTENT, Event.RESULT)}
    narrator.tell("in it: " + ", ".join(f"{count} x {name}" for name, count in told.items()))
    narrator.hold("every refused attempt is in it, as is every vote", _complete(told))
    await _one_bit(narrator, evidence, kept)


def _complete(told: dict[Event, int]) -> bool:
    return told[Event.REFUSAL] == REFUSALS and told[Event.VOTE] == VOTES


async def _one_bit(narrator: Narrator, evidence: Evidence, kept: Path) -> None:
    """Change, in a copy, who approved: one bit of one letter."""
    seq, forged = flipped(evidence.file.read_bytes())
    copy = evidence.file.with_name("forged-copy.jsonl")
    copy.write_bytes(forged)
    narrator.tell(f"In a copy one bit of the first vote is flipped (record {seq}).")
    code, said = await _verified(copy, evidence.key, kept)
    for line in said.splitlines()[:3]:
        narrator.tell(line)
    narrator.hold(
        f"it is found, and named: record {seq}", code == 1 and f"{_FIRST}{seq}" in said.splitlines()
    )


def flipped(raw: bytes) -> tuple[int, bytes]:
    """Return an export in which one bit of the first vote's person is another, and that record's number."""
    lines = raw.splitlines(keepends=True)
    index, entry = next((i, found) for i, found in enumerate(map(json.loads, lines)) if _is_vote(found))
    at = lines[index].index(entry["body"]["actor"]["id"].encode())
    line = bytearray(lines[index])
    line[at] ^= 1
    return int(entry["seq"]), b"".join([*lines[:index], bytes(line), *lines[index + 1 :]])


def _is_vote(entry: dict[str, Any]) -> bool:
    return bool(entry.get("body", {}).get("event") == Event.VOTE)


async def _verified(file: Path, key: str, kept: Path) -> tuple[int, str]:
    given = argparse.Namespace(settings=None, database=None, key=[key], checkpoint=[kept], export=file)
    return await told_by(verify, given)


async def told_by(verb: _Verb, given: argparse.Namespace) -> tuple[int, str]:
    """Run a verb of ``firebreak audit`` and return its exit code and what it printed."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        return await verb(given), said.getvalue()
