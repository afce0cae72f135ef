"""A log of one containment as the bot writes it, with hostile words where people and systems put theirs."""

import hashlib
import json
from typing import Any

from bot.domain.audit.disclosure import conceal
from bot.domain.audit.events import ActorType, Event
from bot.domain.audit.merkle import Prover, leaf_hash
from bot.domain.audit.record import Actor, Draft, canonical
from bot.domain.report import Source, Taken
from tests.domain.values import NOW

ALICE = Actor(ActorType.PERSON, "T0HOST:U0ALICE", "slack")
BOB = Actor(ActorType.PERSON, "T0HOST:U0BOB", "slack")
BOT = Actor(ActorType.BOT, "firebreak", "firebreak")
NEED = "1 of security: rule 1 (any pod)"
SEEN = "L0 read back exactly as written"
BACK = "L0 the inverse was read back: as before"
ASKED = "*Asked by* <@U0ALICE> <!date^1740830400^{date_short_pretty} {time_secs}|2025-03-01 12:00:00 UTC>"
ASKED += "\n*May approve:* <!subteam^S0SECURITY>; never who asked &amp; `FB-TEST`"


def source(
    text: str = "beaconing", *, erased: bool = False, mode: str = "", whole: bool = True, idle: int = 0
) -> Source:
    """Return a source in which ``text`` stands wherever something from outside can; ``idle`` parts never began."""
    told = {"mode": mode} if mode else {}
    blobs = kept(text, 1 + idle)
    plan_hash, card_hash = blobs
    on = {"request": "FB-TEST", "incident": "IN-TEST", "target": text[:500], "digest": "d" * 64}
    part = {**on, "part": "FB-TEST.0"}
    over = {"state": "rolled_back", "verdict": "INCONCLUSIVE", "evidence": [SEEN, BACK]}
    steps: list[tuple[dict[str, Any], str]] = [
        (_made(Event.INCIDENT_OPENED, ALICE, "by-request", incident="IN-TEST", request="FB-TEST"), text),
        (_made(Event.COMMAND, ALICE, "", {"action": "quarantine-pod", **told}, **on), text),
        (_made(Event.PLAN_SHOWN, BOT, "", {"kept": {"plan": plan_hash}}, **on), ""),
        (_made(Event.PLAN_SHOWN, BOT, "card-shown", {"kept": {"card": card_hash}}, **on), ""),
        (_made(Event.REFUSAL, ALICE, "own-vote", {"note": text[:500], "tried": "approve"}, **on), ""),
        (_made(Event.VOTE, BOB, "approve", {"groups": ["security"]}, **on), text),
        (_made(Event.DECIDED, BOT, mode or "approve", {"needs": [NEED]}, **on), ""),
        (_made(Event.RESULT, BOT, "accepted", {"state": "accepted"}, **part), ""),
        (
            _made(
                Event.EVIDENCE,
                BOT,
                "read-back",
                {"state": "applied", "verdict": "INCONCLUSIVE", "evidence": [SEEN]},
                **part,
            ),
            "",
        ),
    ]
    if whole:
        steps += [
            (_made(Event.ROLLBACK, BOB, "rollback-asked", **on), text),
            (_made(Event.ROLLBACK, BOT, "rolled-back", over, **part), ""),
        ]
    return _source(steps, text, blobs, erased=erased)


def _made(
    event: Event, actor: Actor, outcome: str, details: dict[str, Any] | None = None, /, **on: str
) -> dict[str, Any]:
    return {"event": event, "actor": actor, "outcome": outcome, "details": details or {}, **on}


def kept(text: str, parts: int = 1) -> dict[str, str]:
    """Return a plan and a card in which ``text`` stands, by the hash of each."""
    part = {"target": {"kind": "Pod"}}
    plan = {
        "summary": text,
        "forecast": "PARTIAL",
        "residual": [{"code": "x", "subject": "y", "text": text}],
        "parts": [part] * parts,
    }
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": said}} for said in (text, ASKED)]
    written = (json.dumps(plan), json.dumps({"text": text, "blocks": blocks}))
    return {hashlib.sha256(one.encode()).hexdigest(): one for one in written}


def _source(
    steps: list[tuple[dict[str, Any], str]], text: str, blobs: dict[str, str], *, erased: bool
) -> Source:
    rows: list[tuple[bytes, tuple[str, ...]]] = []
    for seq, (fields, said) in enumerate(steps):
        sealed = [conceal("reason", said, bytes(16))] if said else []
        draft = Draft(**fields, sd=tuple(digest for digest, _ in sealed))
        words = () if erased else tuple(word.encoded for _, word in sealed)
        rows.append((canonical(draft.complete(seq, NOW)), words))
    leaves = [leaf_hash(body) for body, _ in rows]
    prover = Prover(leaves)
    records = tuple(
        Taken(seq, body, leaves[seq], words, prover.inclusion(seq)) for seq, (body, words) in enumerate(rows)
    )
    return Source(
        subject="IN-TEST",
        records=records,
        blobs=blobs,
        origin="firebreak.example/test",
        key="firebreak.example/test+00000000+AA==",
        note="firebreak.example/test\n9\nAAAA\n",
        size=len(rows),
        made_at="2026-03-04 02:14:09 UTC",
        names={"T0HOST:U0ALICE": text},
    )
