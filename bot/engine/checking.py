"""
The whole log, checked while people wait: all records, the checkpoints beside them, and what the anchors keep.

What must hold: (1) what is kept outside is read first, then the checkpoints, then the head, so that a log that grows
meanwhile never looks cut; (2) hashing runs in a thread; (3) whatever is wrong is said first, and aloud.
"""

import asyncio
import hashlib
import logging
from collections.abc import Sequence

from bot.domain.audit.check import BATCH, LogCheck, Row, Trust
from bot.domain.audit.events import Event as EventName
from bot.domain.audit.kept import kept_by
from bot.domain.audit.merkle import CompactRange
from bot.domain.audit.verdicts import Finding, Notebook, Problem, Reason
from bot.domain.errors import FirebreakError
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.people import Principal
from bot.engine.anchoring import Kept
from bot.engine.context import Context
from bot.engine.incidents import SAID
from bot.engine.notary import MOST, Notary
from bot.engine.reading import may_read
from bot.engine.recording import Entry, append
from bot.engine.saying import answer, refuse
from bot.engine.taking import NO_NOTARY
from bot.ports import Note

log = logging.getLogger("firebreak.audit")
OFFLINE = "Where the bot runs: firebreak audit verify --checkpoint <file from outside>"
SHOWN = 8  # problems told in one answer


async def check(context: Context, person: Principal, origin: str) -> Reply:
    """Check the log for one who may read here, and say in plain words what was found."""
    refusal = await may_read(context, person)
    notary = context.notary
    if refusal is None and notary is not None:
        kept = await notary.anchorer.kept()  # (1)
        notes = await notary.history.notes()
        head = await notary.history.tree()
        if head.size > MOST:
            refusal = Refusal(
                "too-much", f"The log has {head.size} records: too many to check from here.", OFFLINE
            )
        else:
            return await _told(
                context, notary, (kept, head, await _found(notary, kept, notes, head)), person, origin
            )
    return await refuse(context, origin, person, refusal or NO_NOTARY)


async def _found(notary: Notary, kept: Sequence[Kept], notes: Sequence[str], head: CompactRange) -> Finding:
    outside = tuple(one.signed for one in kept if one.signed is not None and not one.accepted)
    trust = Trust(notary.seal.verifiers, notary.seal.origin, outside)
    try:
        finding = await _pass(notary, trust, notes, head)
        return finding if finding.ok or finding.exact else await _pass(notary, trust, notes, head, deep=True)
    except FirebreakError as error:  # what the driver cannot even read is damage like any other
        text = f"the log cannot be read to its end: {error}"
        return Finding(0, 0, 0, (Problem(Reason.FORMAT, text),))


async def _pass(
    notary: Notary, trust: Trust, notes: Sequence[str], head: CompactRange, *, deep: bool = False
) -> Finding:
    found, notebook = LogCheck(trust, notes, deep=deep), Notebook()
    for start in range(0, head.size, BATCH):
        stop = min(start + BATCH, head.size)
        rows = await notary.history.rows(start, stop)
        words = await notary.history.words(start, stop)
        await asyncio.to_thread(found.feed, rows, words)  # (2)
        await _kept_beside(notary, rows, notebook)
    finding = found.finish(head)
    return Finding(
        finding.records, finding.signed, finding.checkpoints, (*finding.problems, *notebook.problems)
    )


async def _kept_beside(notary: Notary, rows: Sequence[Row], notebook: Notebook) -> None:
    for seq, body, _leaf in rows:
        names = kept_by(body)
        blobs = await notary.history.blobs(names)
        for name in names:
            if name not in blobs:
                notebook.record(Reason.BLOB, seq, "names a plan or card that is no longer kept")
            elif hashlib.sha256(blobs[name]).hexdigest() != name:
                notebook.record(Reason.BLOB, seq, "has a plan or card that is not the one recorded")


async def _told(
    context: Context,
    notary: Notary,
    seen: tuple[Sequence[Kept], CompactRange, Finding],
    person: Principal,
    origin: str,
) -> Reply:
    kept, head, finding = seen
    verdict = "SOUND" if finding.ok else "NOT SOUND: do not rely on this log before somebody has looked"
    lines = [verdict, *str(finding).split("\n")[:SHOWN]]
    if finding.first_bad is not None:
        lines.insert(1, f"First bad record: {finding.first_bad}")
    lines.append(f"Root of its {head.size} records: {head.root().hex()[:16]}…, key {notary.key}")
    lines += [_line(one, finding) for one in kept] or [
        "No checkpoint is kept outside (audit.anchor_file, audit.anchor_channel): a restored backup cannot be seen."
    ]
    reply = Done("\n".join(lines))
    outcome = "verify-sound" if finding.ok else "verify-not-sound"
    async with context.store.begin() as tx:
        if await answer(tx, origin, reply):
            if not finding.ok:  # (3)
                log.error("audit_log_not_sound", extra={"finding": str(finding)[:2000]})
                alarm = (
                    f"THE AUDIT LOG IS NOT SOUND, as /ir verify by {person.key} found. {str(finding)[:1000]}"
                )
                for channel in sorted(set(context.channels.values())):
                    await tx.outbox.put(Note(topic="audit", kind=SAID, text=alarm, to=channel))
            await append(context, tx, Entry(EventName.COMMAND, person, outcome=outcome, target="log"))
    return reply


def _line(one: Kept, finding: Finding) -> str:
    if one.signed is None:
        return f"Kept at {one.place}: NOTHING TO COMPARE: {one.why}"
    when = f", {one.row.at:%Y-%m-%d %H:%M} UTC at {one.row.where}" if one.row else ""
    how = "agrees" if finding.ok else "was compared"
    if one.accepted:
        how = "is longer than this log; an operator has recorded why"
    return f"Kept at {one.place}: the checkpoint of {one.signed.size} records{when} {how}"
