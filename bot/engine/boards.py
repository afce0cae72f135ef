"""
What the card of a group of alerts shows, and when it is painted: at most every few seconds, however much comes.

Whoever changes what it shows has it painted in the same transaction. A note about it waits as a row until its time, and
joins the one that waits already, so that a storm is few updates of one card.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.domain.alerts.grouping import Group
from bot.domain.suggestions import Board, Look, Mute, Suggestion
from bot.domain.suggestions.looks import differs, marked, paint_at, urgency
from bot.domain.suggestions.shaping import withdrawn
from bot.engine.context import Context
from bot.ports import Note, Transaction

KIND = "board"
OLD = timedelta(minutes=3)
"""What was looked at so long ago is looked at anew when somebody asks about it."""


async def board(context: Context, group_id: str) -> Board | None:
    """Return one group as its card shows it; ``None`` where there is none of that id."""
    async with context.store.begin() as tx:
        group = await tx.alerts.group(group_id)
        if group is None:
            return None
        muted = await tx.suggestions.muted((group.told_by,))
        return await _board(tx, group, muted.get(group.told_by))


async def boards(context: Context, since: datetime, most: int) -> tuple[Board, ...]:
    """Return the groups that were told of since then, the latest first."""
    async with context.store.begin() as tx:
        groups = await tx.alerts.recent(since, most)
        muted = await tx.suggestions.muted(group.told_by for group in groups)
        return tuple([await _board(tx, group, muted.get(group.told_by)) for group in groups])


async def _board(tx: Transaction, group: Group, muted: Mute | None) -> Board:
    look = await tx.suggestions.look(group.id) or Look(group.id)
    made = await tx.suggestions.of(group.id)
    return Board(
        group=group,
        resolved=look.resolved,
        looked_at=look.looked_at,
        suggestions=shown(look, made),
        passed=look.passed,
        left=look.left,
        muted=muted,
    )


def shown(look: Look, made: tuple[Suggestion, ...]) -> tuple[Suggestion, ...]:
    """Return what is suggested now, in order, then what was dismissed or taken before."""
    by_id = {each.id: each for each in made}
    now = [by_id[each] for each in look.current if each in by_id]
    former = [
        withdrawn(each) for each in made if each.id not in look.current and (not each.open or each.requests)
    ]
    return (*now, *sorted(former, key=lambda each: each.made_at))


async def counted(tx: Transaction, before: Group, after: Group) -> None:
    """More is known of a group: its card is painted, and looked at anew where it is another one for playbooks."""
    look = replace(await tx.suggestions.hold(after.id), urgency=urgency(after.severity))
    if differs(before, after):
        look = marked(look, tx.now)
    await painted(tx, look)


async def repainted(tx: Transaction, group_id: str) -> None:
    """Have a group's card painted."""
    await painted(tx, await tx.suggestions.hold(group_id))


async def renewed(tx: Transaction, group_id: str) -> None:
    """Somebody looks at a group: what is suggested is made again at once, unless it was made lately."""
    look = await tx.suggestions.look(group_id, lock=True) if group_id else None
    if look is not None and look.looked_at is not None and tx.now - look.looked_at >= OLD:
        await tx.suggestions.put_look(marked(look, tx.now, at_once=True))


async def painted(tx: Transaction, look: Look) -> None:
    """Save a look that this transaction holds, and have the card painted."""
    note = Note(topic=f"alert:{look.group_id}", kind=KIND, document=look.group_id)
    await tx.suggestions.put_look(replace(look, noted_at=await tx.outbox.paced(note, paint_at(look, tx.now))))
