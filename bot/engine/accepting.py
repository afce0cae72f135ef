"""An operator lets the program go on with a database that is older than, or another than, what was anchored."""

from collections.abc import Sequence

import msgspec

from bot.domain.audit.acceptance import Acceptance
from bot.domain.audit.disclosure import conceal
from bot.domain.audit.events import ActorType
from bot.domain.audit.events import Event as EventName
from bot.domain.audit.record import Actor, Draft
from bot.domain.errors import AuditError
from bot.engine.anchoring import hash_of
from bot.engine.checkpointing import Seal
from bot.engine.growth import check_growth
from bot.ports import Anchor, Anchored, Entropy, History, Store


class Word(msgspec.Struct, frozen=True):
    """Who, at the command line of the bot's own machine, and why."""

    operator: str
    reason: str


async def accept(
    log: tuple[Store, History, Seal], places: Sequence[Anchor], entropy: Entropy, word: Word
) -> tuple[Anchored, ...]:
    """
    Record, for each place whose newest checkpoint this log does not continue, that it is accepted; return them.

    Raises ``OutsideError`` when a place cannot be asked, ``AuditError`` when what it keeps is not signed by our key.
    """
    return tuple(
        [one for anchor in places if (one := await _accepted(log, anchor, entropy, word)) is not None]
    )


async def _accepted(
    log: tuple[Store, History, Seal], anchor: Anchor, entropy: Entropy, word: Word
) -> Anchored | None:
    store, history, seal = log
    note = await anchor.newest()
    if not note:
        return None
    signed, head = seal.opened(note), await history.tree()
    try:
        await check_growth(history, head, signed)
    except AuditError:
        sealed, disclosure = conceal("reason", word.reason, entropy.salt())
    else:
        return None
    details = {"place": anchor.place, "size": signed.size, "checkpoint": hash_of(note), "records": head.size}
    draft = Draft(
        event=EventName.REGRESSION,
        actor=Actor(type=ActorType.OPERATOR, id=word.operator, idp="os"),
        outcome="accepted",
        details=details,
        sd=(sealed,),
    )
    async with store.begin() as tx:
        there = await tx.anchors.newest(anchor.place)
        seq = await tx.log.append(draft, (disclosure,))
    (leaf,) = await history.leaves(seq, seq + 1)
    word_of = Acceptance(seal.origin, hash_of(note), seq, leaf).signed(seal.signer)
    where = there.where if there else ""
    row = Anchored(anchor.place, signed.size, hash_of(note), where, tx.now, seq, word_of)
    async with store.begin() as tx:  # a row without the record accepts nothing, so the record comes first
        await tx.anchors.put(row)
    return row
