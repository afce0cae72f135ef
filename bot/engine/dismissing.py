"""
Say that a suggestion is not wanted, and why.

What must hold: (1) whoever dismisses may read here, and gives a reason; (2) it is there, and nobody has dismissed it;
(3) it would still do what whoever dismisses has seen.
A dismissal is for what was suggested: the same playbook is suggested again once its steps would be others.
"""

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.people import Principal
from bot.domain.policy.acting_alone import visible
from bot.domain.reading import cut
from bot.domain.suggestions import Suggestion
from bot.domain.suggestions.shaping import seal
from bot.engine.asking import frozen_refusal
from bot.engine.boards import repainted
from bot.engine.context import Context
from bot.engine.reading import may_read
from bot.engine.recording import Entry, append
from bot.engine.saying import answer, refuse
from bot.ports import Transaction

LONGEST = 1000
STALE = "stale-card"
GONE = Refusal(
    "no-such-suggestion", "There is no such suggestion.", "See what is alerted and suggested: /ir alerts"
)


class Dismissing(msgspec.Struct, frozen=True):
    """Who dismisses which suggestion of which group, and why; ``seen`` is the ``seal`` of what they looked at."""

    person: Principal
    suggestion_id: str
    reason: str
    group_id: str
    seen: str


async def dismiss(context: Context, asked: Dismissing, origin: str) -> Reply:
    """Dismiss a suggestion, or refuse with the reason."""
    refusal = await may_read(context, asked.person) or _reasoned(asked.reason)
    if refusal is None:
        async with context.store.begin() as tx:
            reply = await frozen_refusal(tx, asked.person) or await _dismissed(context, tx, asked, origin)
        if isinstance(reply, Done):
            return reply
        refusal = reply
    return await refuse(context, origin, asked.person, refusal, target=asked.suggestion_id[:40])


def _reasoned(reason: str) -> Refusal | None:
    if visible(reason):
        return None
    text = "Dismissing a suggestion needs a reason."
    return Refusal("reason-needed", text, "Say why it is not wanted: others will read it on the card.")


async def _dismissed(context: Context, tx: Transaction, asked: Dismissing, origin: str) -> Reply:
    found = await held(tx, asked.suggestion_id)
    if found is None or found.group_id != asked.group_id:
        return GONE
    if not found.open:
        return dismissed_already(found)
    if seal(found) != asked.seen:
        return changed(found.group_id)
    reply = Done(f"Dismissed: {found.title}. It stays on the card, with your reason.")
    if not await answer(tx, origin, reply):
        return reply
    reason = cut(asked.reason, LONGEST)
    fresh = msgspec.structs.replace(found, dismissed_by=asked.person, dismissed_at=tx.now, reason=reason)
    await tx.suggestions.put(fresh)
    await repainted(tx, found.group_id)
    details = {"group": found.group_id, **by_playbook(found)}
    entry = Entry(EventName.DISMISSED, asked.person, target=found.id, reason=reason, details=details)
    await append(context, tx, entry)
    return reply


async def held(tx: Transaction, suggestion_id: str) -> Suggestion | None:
    """Return a suggestion with its row, and that of its group's look, locked in this transaction."""
    found = await tx.suggestions.get(suggestion_id)
    if found is None:
        return None
    await tx.suggestions.look(found.group_id, lock=True)
    return await tx.suggestions.get(suggestion_id, lock=True)


def changed(group_id: str, more: str = "") -> Refusal:
    """Say that something else is suggested by now than what somebody looked at."""
    text = f"This is not what the card of {group_id} offers now.{more}"
    return Refusal(STALE, text, f"Look at the card, or at /ir alerts {group_id}")


def dismissed_already(found: Suggestion) -> Refusal:
    """Say who dismissed it."""
    who = found.dismissed_by.key if found.dismissed_by else "somebody"
    at = f" at {found.dismissed_at:%Y-%m-%d %H:%M} UTC" if found.dismissed_at else ""
    return Refusal(
        "suggestion-dismissed", f"{who} dismissed it{at}.", "If it is needed after all, ask for it yourself."
    )


def by_playbook(found: Suggestion) -> dict[str, str | int]:
    """Return what a record says of the playbook behind a suggestion."""
    return {
        "suggestion": found.id,
        "playbook": found.playbook,
        "version": found.version,
        "sha256": found.sha256,
    }
