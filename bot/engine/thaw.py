"""What an operator does about frozen accounts, at the command line of the bot's own machine."""

import msgspec

from bot.domain.audit.disclosure import conceal
from bot.domain.audit.events import ActorType
from bot.domain.audit.events import Event as EventName
from bot.domain.audit.record import Actor, Draft
from bot.domain.people import Frozen, Principal
from bot.engine.saying import direct
from bot.ports import Entropy, Note, Store, Transaction


class Thaw(msgspec.Struct, frozen=True):
    """An operator (an account of the machine) lets a frozen account act again, and says why."""

    operator: str
    account: Principal
    reason: str


async def frozen_accounts(store: Store) -> tuple[Frozen, ...]:
    """Return who is frozen, oldest first."""
    async with store.begin() as tx:
        return await tx.frozen.every()


async def repainted(tx: Transaction, account: Principal) -> None:
    """Have the cards repainted on which this account's votes stand and still matter: they count, or count no more."""
    for request_id in await tx.votes.undecided(account):
        await tx.outbox.put(Note(topic=request_id, kind="card", request_id=request_id))


async def unfreeze(store: Store, entropy: Entropy, thaw: Thaw) -> bool:
    """Let the account act again, with its record; return False when it was not frozen."""
    sealed, disclosure = conceal("reason", thaw.reason, entropy.salt())
    draft = Draft(
        event=EventName.UNFREEZE,
        actor=Actor(type=ActorType.OPERATOR, id=thaw.operator, idp="os"),
        target=thaw.account.key,
        sd=(sealed,),
    )
    async with store.begin() as tx:
        if not await tx.frozen.drop(thaw.account):
            return False
        await direct(
            tx, thaw.account, "An operator of Firebreak unfroze your account: you may act here again."
        )
        await repainted(tx, thaw.account)
        await tx.log.append(draft, (disclosure,))
    store.woke()
    return True
