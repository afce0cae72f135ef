"""A log of one containment as the bot writes it, with hostile words where people and systems put theirs."""

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
PLAN = "a" * 64
CARD = "c" * 64


def source(text: str = "beaconing", *, erased: bool = False, mode: str = "", whole: bool = True) -> Source:
    """Return a source in which ``text`` stands wherever something from outside can."""
    told = {"mode": mode} if mode else {}
    on = {"request": "FB-TEST", "incident": "IN-TEST", "target": text[:500], "digest": "d" * 64}
    part = {**on, "part": "FB-TEST.0"}
    steps: list[tuple[dict[str, Any], str]] = [
        (_made(Event.INCIDENT_OPENED, ALICE, "by-request", incident="IN-TEST", request="FB-TEST"), text),
        (_made(Event.COMMAND, ALICE, "", {"action": "quarantine-pod", **told}, **on), text),
        (_made(Event.PLAN_SHOWN, BOT, "", {"kept": {"plan": PLAN}}, **on), ""),
        (_made(Event.PLAN_SHOWN, BOT, "card-shown", {"kept": {"card": CARD}}, **on), ""),
        (_made(Event.REFUSAL, ALICE, "own-vote", {"note": text[:500]}, **on), ""),
        (_made(Event.VOTE, BOB, "approve", **on), text),
        (_made(Event.DECIDED, BOT, mode or "approve", **on), ""),
        (_made(Event.RESULT, BOT, "accepted", {"state": "accepted"}, **part), ""),
        (
            _made(Event.EVIDENCE, BOT, "read-back", {"state": "applied", "verdict": "INCONCLUSIVE"}, **part),
            "",
        ),
    ]
    if whole:
        steps += [
            (_made(Event.ROLLBACK, BOB, "rollback-asked", **on), text),
            (_made(Event.ROLLBACK, BOT, "rolled-back", {"state": "rolled_back"}, **part), ""),
        ]
    return _source(steps, text, erased=erased)


def _made(
    event: Event, actor: Actor, outcome: str, details: dict[str, Any] | None = None, /, **on: str
) -> dict[str, Any]:
    return {"event": event, "actor": actor, "outcome": outcome, "details": details or {}, **on}


def _source(steps: list[tuple[dict[str, Any], str]], text: str, *, erased: bool) -> Source:
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
    plan = {"summary": text, "forecast": "PARTIAL", "residual": [{"code": "x", "subject": "y", "text": text}]}
    card = {"text": text, "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]}
    return Source(
        subject="IN-TEST",
        records=records,
        blobs={PLAN: json.dumps(plan), CARD: json.dumps(card)},
        origin="firebreak.example/test",
        key="firebreak.example/test+00000000+AA==",
        note="firebreak.example/test\n9\nAAAA\n",
        size=len(rows),
        made_at="2026-03-04 02:14:09 UTC",
        names={"T0HOST:U0ALICE": text},
    )
