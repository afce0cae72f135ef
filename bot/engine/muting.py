"""
Mute the cards of a rule of one source for a while, and end it: by a person, or by itself.

What must hold to mute: (1) the policy names a group of theirs, asked now; (2) a reason, and a time of at most a day;
(3) the rule has alerted lately, so that a slip of the pen does not look like silence. It holds back cards and calls.
Whatever comes is counted and recorded as ever, and shown once it has ended. Whoever may read here may end it.
"""

from datetime import timedelta
from typing import Final

import msgspec

from bot.domain import policy as rules
from bot.domain.alerts.alert import digest
from bot.domain.alerts.grouping import SILENCE, Group
from bot.domain.audit.events import Event as EventName
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.people import Principal
from bot.domain.policy.acting_alone import visible
from bot.domain.reading import cut
from bot.domain.suggestions import Mute
from bot.engine.asking import frozen_refusal, membership
from bot.engine.boards import repainted
from bot.engine.context import Context
from bot.engine.meaning import Rule, meant
from bot.engine.reading import may_read
from bot.engine.recording import Entry, append
from bot.engine.saying import answer, refuse
from bot.ports import Transaction

LONGEST: Final = 24 * 60 * 60
"""Seconds."""
LONGEST_REASON: Final = 1000
LATELY: Final = timedelta(days=7)
SOURCES: Final = 50  # whose rules of one name are told apart
PORTION: Final = 50  # groups that a record names, and whose cards one transaction has painted
PORTIONS: Final = 10  # that are painted in a row, before others have their turn


class Muting(msgspec.Struct, frozen=True):
    """Who mutes the cards of which rule, as they named it, for how long, and why; ``source`` where they named that too."""

    person: Principal
    rule: str
    seconds: int
    reason: str
    source: str = ""


class Unmuting(msgspec.Struct, frozen=True):
    """Who ends the mute of which rule, as they named it; ``source`` where they named that too."""

    person: Principal
    rule: str
    reason: str = ""
    source: str = ""


async def mute(context: Context, asked: Muting, origin: str) -> Reply:
    """Mute a rule, or refuse with the reason. One that is muted is muted anew."""
    refusal = await _barred(context, asked.person) or _sound(asked)
    if refusal is None:
        async with context.store.begin() as tx:
            reply = await frozen_refusal(tx, asked.person) or await _muted(context, tx, asked, origin)
        if isinstance(reply, Done):
            return reply
        refusal = reply
    return await refuse(context, origin, asked.person, refusal, target="mute")


async def unmute(context: Context, asked: Unmuting, origin: str) -> Reply:
    """End a mute before its time, or refuse with the reason."""
    refusal = await may_read(context, asked.person)
    if refusal is None:
        async with context.store.begin() as tx:
            reply = await frozen_refusal(tx, asked.person) or await _unmuted(context, tx, asked, origin)
        if isinstance(reply, Done):
            return reply
        refusal = reply
    return await refuse(context, origin, asked.person, refusal, target="unmute")


async def end_mutes(context: Context) -> int:
    """
    End the mutes whose time is over: recorded, and what came meanwhile is shown, portion by portion.

    Return how many portions that were; what is left then is known in the mute's row.
    """
    count = 0
    while count < PORTIONS and await _ended(context):
        count += 1
    return count


async def _ended(context: Context) -> bool:
    """One in a transaction: those who hold several looks take them by their ids, so that nobody waits in a circle."""
    async with context.store.begin() as tx:
        for each in await tx.suggestions.ended(1):
            groups = await _shown(tx, each)
            if not each.told:
                await append(context, tx, _entry(each, "ended", groups, None))
            return True
    return False


async def _shown(tx: Transaction, ended: Mute) -> tuple[Group, ...]:
    """Have the next cards painted that it held back, or that say that they are muted; the last portion removes it."""
    groups = await tx.alerts.told_by(ended.told_by, ended.since - SILENCE, PORTION, after=ended.shown)
    await _repainted(tx, groups)
    if len(groups) < PORTION:
        await tx.suggestions.unmute(ended.told_by)
    else:
        await tx.suggestions.mute(msgspec.structs.replace(ended, shown=groups[-1].id, told=True))
    return groups


async def _barred(context: Context, person: Principal) -> Refusal | None:
    refusal = await may_read(context, person)
    if refusal is not None:
        return refusal
    known = await membership(context, None, context.policy.alerts.mute)
    decision = rules.may_mute(context.policy, person, known)
    return decision if isinstance(decision, Refusal) else None


def _sound(asked: Muting) -> Refusal | None:
    example = "For example: /ir mute BeaconingPod for 2h because the scanner of the red team sets it off"
    if not visible(asked.reason):
        return Refusal("reason-needed", "Muting a rule needs a reason.", example)
    if not 0 < asked.seconds <= LONGEST:
        return Refusal("mute-too-long", "A rule is muted for at most 24 hours.", example)
    return None


async def _muted(context: Context, tx: Transaction, asked: Muting, origin: str) -> Reply:
    async def lately(name: str) -> tuple[str, ...]:
        return await tx.alerts.sources(name, tx.now - LATELY, SOURCES)

    rule = await meant(tx, asked.rule, asked.source, lately)
    if isinstance(rule, Refusal):
        return rule
    if rule is None:
        text = f"No rule of that name has alerted within the last {LATELY.days} days: {cut(asked.rule, 200)}"
        return Refusal("no-such-rule", text, "Names count as they are written. See them: /ir alerts last 7d")
    until = tx.now + timedelta(seconds=asked.seconds)
    text = f"Cards of {rule} are muted until {until:%Y-%m-%d %H:%M} UTC. What comes is counted and recorded."
    if not await answer(tx, origin, Done(text)):
        return Done(text)
    before = next(
        (each for each in await tx.suggestions.muters(rule.name) if each.source == rule.source), None
    )
    made = Mute(
        rule=rule.name,
        source=rule.source,
        until=until,
        by=asked.person,
        at=tx.now,
        since=before.since if before else tx.now,
        reason=cut(asked.reason, LONGEST_REASON),
    )
    await tx.suggestions.mute(made)
    groups = await _standing(tx, made)
    await _repainted(tx, groups)
    await append(context, tx, _entry(made, "muted", groups, asked.person))
    return Done(text)


async def _unmuted(context: Context, tx: Transaction, asked: Unmuting, origin: str) -> Reply:
    in_force: dict[Rule, Mute] = {}

    async def muting(name: str) -> tuple[str, ...]:
        found = [each for each in await tx.suggestions.muters(name) if each.until > tx.now]
        in_force.update({Rule(each.rule, each.source): each for each in found})
        return tuple(each.source for each in found)

    rule = await meant(tx, asked.rule, asked.source, muting)
    if isinstance(rule, Refusal):
        return rule
    if rule is None:
        text = f"No rule of that name is muted: {cut(asked.rule, 200)}"
        return Refusal("not-muted", text, "See what is muted: /ir alerts")
    reply = Done(f"Cards of {rule} are shown again.")
    if await answer(tx, origin, reply):
        ended = msgspec.structs.replace(in_force[rule], until=tx.now, told=True)
        await tx.suggestions.mute(ended)  # whoever ends mutes has what came meanwhile painted
        entry = _entry(ended, "unmuted", await _standing(tx, ended), asked.person)
        await append(context, tx, msgspec.structs.replace(entry, reason=asked.reason))
    return reply


async def _standing(tx: Transaction, made: Mute) -> tuple[Group, ...]:
    """Return groups whose cards may still change, as far as one transaction has them painted."""
    return await tx.alerts.told_by(made.told_by, tx.now - SILENCE, PORTION)


async def _repainted(tx: Transaction, groups: tuple[Group, ...]) -> None:
    for group in groups:
        await repainted(tx, group.id)


def _entry(made: Mute, outcome: str, groups: tuple[Group, ...], by: Principal | None) -> Entry:
    """The rule's name is from outside: the record has its hash, and groups that it can be read in, not more than some."""
    details = {
        "rule_sha256": digest(made.rule),
        "source": made.source,
        "until": made.until.isoformat(),
        "groups": [group.id for group in groups],
        "more": len(groups) == PORTION,
    }
    reason = made.reason if outcome == "muted" else ""
    return Entry(EventName.MUTED, by, outcome=outcome, reason=reason, details=details)
