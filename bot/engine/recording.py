"""Writes audit records: who, what, to which request, with which outcome. Free text becomes a salted disclosure."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from bot.domain.audit.disclosure import Disclosure, conceal
from bot.domain.audit.events import ActorType
from bot.domain.audit.events import Event as EventName
from bot.domain.audit.record import PROGRAM, Actor, Draft
from bot.domain.changes import Contribute
from bot.domain.ladder.rungs import Outcome
from bot.domain.people import Principal
from bot.domain.requests import Mode, PartRow, Request
from bot.engine.context import Context
from bot.ports import Transaction

LONGEST = 500
NEWEST = 10  # pieces of evidence that a record repeats


class Entry(msgspec.Struct, frozen=True):
    """
    One thing to record. ``actor`` is ``None`` for the bot by itself; where it is no person it says itself what it is.

    ``reason`` is a person's free text and goes to a disclosure; ``note`` is our own or a server's text, cut.
    ``blob`` is kept beside the log under its hash. ``incident`` is that of the request where nothing else is said.
    """

    event: EventName
    actor: Principal | Actor | None = None
    request: Request | None = None
    row: PartRow | None = None
    outcome: str = ""
    target: str = ""
    fence: int = 0
    reason: str = ""
    note: str = ""
    blob: bytes = b""
    blob_name: str = "plan"
    details: Mapping[str, Any] = {}
    incident: str = ""


async def append(context: Context, tx: Transaction, entry: Entry) -> int:
    """Append one record in this transaction; call it last. Raises ``AuditError``: then nothing may happen."""
    digests: list[str] = []
    disclosures: list[Disclosure] = []
    details = {**_details(entry), **entry.details}
    if entry.reason:
        sealed, disclosure = conceal("reason", entry.reason, context.entropy.salt())
        digests.append(sealed)
        disclosures.append(disclosure)
    if entry.blob:
        details["kept"] = {entry.blob_name: hashlib.sha256(entry.blob).hexdigest()}
    draft = Draft(
        event=entry.event,
        actor=_actor(entry.actor),
        request=entry.request.id if entry.request else "",
        part=entry.row.id if entry.row else "",
        incident=entry.incident or (entry.request.incident if entry.request else ""),
        target=entry.target or _target(entry),
        outcome=entry.outcome,
        digest=entry.request.digest if entry.request else "",
        policy=context.policy_hash,
        fence=entry.fence,
        details=details,
        sd=tuple(digests),
    )
    blobs = (entry.blob,) if entry.blob else ()
    return await tx.log.append(draft, tuple(disclosures), blobs)


def _actor(actor: Principal | Actor | None) -> Actor:
    if isinstance(actor, Principal):
        return Actor(type=ActorType.PERSON, id=actor.key, idp="slack")
    return actor or PROGRAM


def _target(entry: Entry) -> str:
    if entry.row is not None:
        return entry.row.part.target.title[:LONGEST]
    if entry.request is not None:
        return ", ".join(part.target.title for part in entry.request.plan.parts)[:LONGEST]
    return ""


def _details(entry: Entry) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if entry.note:
        details["note"] = entry.note[:LONGEST]
    if entry.request is not None:
        details["action"] = entry.request.action
        if entry.request.mode is not Mode.QUORUM:
            details["mode"] = entry.request.mode.value
    if entry.row is not None:
        details |= _of_row(entry.row)
    return details


def _of_row(row: PartRow) -> dict[str, Any]:
    told: dict[str, Any] = {"state": row.state.value, "uid": row.part.target.uid}
    told["changes"] = [_change(c) for c in row.part.changes]
    if row.canaries:
        told["canaries"] = [_change(c) for c in row.canaries]
    if row.written:
        told["written"] = [
            {"object": str(w.ref), "version": w.version, "adopted": w.adopted} for w in row.written
        ]
    if row.verdict is not None:
        told["verdict"] = row.verdict.value
    if row.evidence:
        told["evidence"] = [f"{proof.rung} {proof.text}"[:LONGEST] for proof in row.evidence[-NEWEST:]]
        reached = sorted({proof.rung for proof in row.evidence if proof.outcome == Outcome.HOLDS})
        told |= {"reached": reached} if reached else {}
    if row.trouble:
        told["trouble"] = row.trouble[:LONGEST]
    if row.drift:
        told["drift"] = [f"{d.ref} {d.field}"[:LONGEST] for d in row.drift]
    return told


def _change(change: Any) -> str:
    what = f"{change.thing} {change.entry}" if isinstance(change, Contribute) else str(change.ref)
    return f"{type(change).__name__.lower()} {what}"[:LONGEST]
