"""
Hand over what one answers for: leases, waiting requests, open reviews.

An offer moves nothing. When the other accepts, everything that the giver still answers for at that moment moves, all
of it or nothing. Who asked stays the requester for four-eyes for ever, and whoever holds counts as the requester does.

What must hold to accept, in this order: (1) the offer is there and was made to just this person; (2) it is open and
not older than 8 hours; (3) the taker is of good standing, asked now, and the giver is not frozen; (4) the taker may
request each of the things, whose groups are asked now; (5) all of it still holds inside the transaction that moves.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from bot.actions import revive
from bot.domain import policy as rules
from bot.domain.audit.events import Event as EventName
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.handovers import OFFER_LASTS, Handover, HandoverState, burden
from bot.domain.letters import Offer
from bot.domain.people import Principal, same_human, standing
from bot.domain.queries import Unavailable
from bot.domain.requests import PartRow, Request
from bot.engine.asking import ask_of, frozen_refusal, membership, person_refusal
from bot.engine.context import Context
from bot.engine.reading import may_read
from bot.engine.recording import Entry, append
from bot.engine.saying import answer, call, direct, refuse
from bot.engine.steps import save
from bot.ports import Transaction

MOST: Final = 50  # things in one handover: each is a row and a record of one transaction
SHOWN: Final = 10
FORGED: Final = "forged-click"
Held = Sequence[tuple[Request, tuple[PartRow, ...]]]

NOTHING: Final = Refusal(
    "nothing-to-hand-over",
    "You have nothing to hand over: nothing active, nothing that waits, no review.",
    "See what is open: /ir list",
)
NOT_YOURS: Final = Refusal(FORGED, "This offer was made to somebody else.", "See what is open: /ir list")
OVER: Final = Refusal(
    "offer-over",
    "This offer is over: answered, replaced by a newer one, or older than 8 hours.",
    "Ask them to offer it again.",
)


async def held(context: Context, person: Principal, origin: str) -> Reply:
    """Tell a person what they would hand over."""
    refusal = await person_refusal(context, person)
    if refusal is not None:
        return await refuse(context, origin, person, refusal)
    async with context.store.begin() as tx:
        mine = await _mine(tx, person)
        lines = (
            "\n".join(_lines(mine)) or "nothing: you hold no lease, wait for no approval and owe no review"
        )
        reply = Done(f"You would hand over:\n{lines}\n\nOffer it to somebody: /ir handover @person")
        if await answer(tx, origin, reply):
            await append(context, tx, Entry(EventName.COMMAND, person, outcome="read", target="handover"))
    return reply


async def offer(context: Context, giver: Principal, user: str, origin: str) -> Reply:
    """Offer everything to the person with this user id. An earlier offer is replaced."""
    refusal = await person_refusal(context, giver)
    if refusal is not None:
        return await refuse(context, origin, giver, refusal, target=user[:40])
    taker = await _taker(context, giver, user)
    if isinstance(taker, Principal):
        reads = await may_read(context, taker) is None
        async with context.store.begin() as tx:
            reply = await _offered(context, tx, (giver, taker), origin, reads=reads)
        if isinstance(reply, Done):
            return reply
        taker = reply
    return await refuse(context, origin, giver, taker, target=user[:40])


async def accept(context: Context, taker: Principal, token: str, origin: str) -> Reply:
    """Take over what the giver answers for, or be told why not; refused attempts are recorded."""
    found = await _open_offer(context, taker, token)  # (1), (2)
    refusal = found if isinstance(found, Refusal) else await person_refusal(context, taker)  # (3)
    if refusal is None and isinstance(found, Handover):
        async with context.store.begin() as tx:
            mine = await _mine(tx, found.giver)
        reads = await may_read(context, taker) is None
        known = {request.id: await membership(context, _ask(request)) for request, _ in mine}
        async with context.store.begin() as tx:
            reply = await _moved(context, tx, (found, reads), known, origin)
        if isinstance(reply, Done):
            return reply
        refusal = reply
    assert refusal is not None
    return await refuse(context, origin, taker, refusal)


async def decline(context: Context, taker: Principal, token: str, origin: str) -> Reply:
    """Say no to an offer; nothing moves, and the giver is told."""
    found = await _open_offer(context, taker, token)
    if isinstance(found, Refusal):
        return await refuse(context, origin, taker, found)
    async with context.store.begin() as tx:
        offered = await tx.handovers.get(token, lock=True)
        frozen = await frozen_refusal(tx, taker)
        reply = Done("You declined; nothing was handed over.")
        if frozen is not None or offered is None or not offered.open(tx.now):
            reply = Done(OVER.text)
        elif await answer(tx, origin, reply):
            await tx.handovers.put(msgspec.structs.replace(offered, state=HandoverState.DECLINED))
            text = "They declined your handover: you still answer for everything."
            await direct(tx, offered.giver, text, mention=(taker.key,))
            await append(context, tx, _entry(taker, offered, "declined"))
            return reply
    return await refuse(context, origin, taker, frozen or OVER)


async def _taker(context: Context, giver: Principal, user: str) -> Principal | Refusal:
    """Who that is, asked now: one of ours, of good standing, and somebody else."""
    try:
        asked = Principal(giver.team, user)
    except ValueError:
        return Refusal(
            "no-such-person",
            f"{user[:40]!r} is not the member id of a person.",
            "Type @ and pick the person from the list.",
        )
    found = await context.directory.person(asked)
    if isinstance(found, Unavailable):
        why = f"Slack could not say who {user} is ({found.why}), so the answer is no."
        return Refusal(
            "person-unknown", why, "Pick the person from the list that opens after @, or try again."
        )
    if same_human(found.principal, giver):
        return Refusal("own-handover", "You hold it already.", "Name the person who is to take over.")
    bad = standing(found, context.home_teams())
    if bad is not None:
        return Refusal(bad.code, f"{user} cannot take over: {bad.text}", "Name somebody else.")
    return found.principal


async def _offered(
    context: Context, tx: Transaction, between: tuple[Principal, Principal], origin: str, *, reads: bool
) -> Reply:
    giver, taker = between
    mine = await _mine(tx, giver)
    frozen = await frozen_refusal(tx, giver) or await frozen_refusal(tx, taker)
    if frozen is not None or not mine:
        return frozen or NOTHING
    until = tx.now + OFFER_LASTS
    reply = Done(
        f"Offered to {taker.key} until {until:%Y-%m-%d %H:%M} UTC. Until they accept you answer for it:\n"
        + "\n".join(_lines(mine))
    )
    if not await answer(tx, origin, reply):
        return reply
    replaced = await tx.handovers.offered_by(giver)
    for old in replaced:
        await tx.handovers.put(msgspec.structs.replace(old, state=HandoverState.REPLACED))
        if old.taker != taker:
            text = "They offered it to somebody else: the earlier offer is over."
            await direct(tx, old.taker, text, mention=(giver.key,))
    made = Handover(context.entropy.operation_id(), giver, taker, tx.now)
    await tx.handovers.add(made)
    shown = tuple(_lines(mine) if reads else _bare(mine))
    letter = Offer(giver=giver, items=shown, until=until, token=made.id)
    await direct(tx, taker, "Somebody wants to hand over to you.", letter=letter)
    for old in replaced:
        await append(context, tx, _entry(giver, old, "replaced"))
    await append(context, tx, _entry(giver, made, "offered", [request.id for request, _ in mine]))
    return reply


async def _open_offer(context: Context, taker: Principal, token: str) -> Handover | Refusal:
    async with context.store.begin() as tx:
        found, now = await tx.handovers.get(token), tx.now
    if found is None or found.taker != taker:
        return NOT_YOURS
    return found if found.open(now) else OVER


async def _moved(
    context: Context,
    tx: Transaction,
    of: tuple[Handover, bool],
    known: dict[str, rules.Membership],
    origin: str,
) -> Reply:
    offered, reads = of
    mine = await _mine(tx, offered.giver, lock=True)
    fresh = await tx.handovers.get(offered.id, lock=True)
    if fresh is None or not fresh.open(tx.now):  # (5)
        return OVER
    refusal = await _untakeable(context, tx, fresh, mine, known)
    if refusal is not None:
        return refusal
    ids = [request.id for request, _ in mine]
    shown = _lines(mine) if reads else _bare(mine)
    reply = Done("You answer for this from now on:\n" + "\n".join(shown))
    if not await answer(tx, origin, reply):
        return reply
    for request, rows in mine:
        moved = await save(tx, msgspec.structs.replace(request, holder=fresh.taker), rows)
        text = f"{moved.id} changed hands: the first named here answers for it now, the second no longer."
        await call(tx, moved, text, (fresh.taker.key, fresh.giver.key))
    await tx.handovers.put(msgspec.structs.replace(fresh, state=HandoverState.ACCEPTED))
    text = f"They took over: {', '.join(ids)}. You answer for none of it now."
    await direct(tx, fresh.giver, text, mention=(fresh.taker.key,))
    for request, _ in mine:
        await append(context, tx, _entry(fresh.taker, fresh, "accepted", request=request))
    return reply


async def _untakeable(
    context: Context, tx: Transaction, offered: Handover, mine: Held, known: dict[str, rules.Membership]
) -> Refusal | None:
    """All or nothing: what one person may not take, and another might, is for the giver to sort out."""
    frozen = await frozen_refusal(tx, offered.giver) or await frozen_refusal(tx, offered.taker)
    if frozen is not None or not mine:
        return frozen or Refusal(
            "nothing-to-hand-over", "There is nothing left to take over.", "Nothing more to do."
        )
    for request, _ in mine:
        if request.id not in known:
            return Refusal(
                "changed-meanwhile", "More was added to this offer just now.", "Press Accept again."
            )
        decision = rules.may_request(context.policy, _ask(request), offered.taker, known[request.id])
        if isinstance(decision, Refusal):
            text = f"You may not take over {request.id}: {decision.text}"
            return Refusal(decision.code, text, "Nothing was handed over; have them name somebody else.")
    return None


async def _mine(tx: Transaction, person: Principal, *, lock: bool = False) -> Held:
    """Return what a person answers for; locked in one order, and looked at again behind the lock."""
    found: list[tuple[Request, tuple[PartRow, ...]]] = []
    for listed in sorted(await tx.requests.held(person, MOST), key=lambda each: each.id):
        request = await tx.requests.get(listed.id, lock=True) if lock else listed
        rows = await tx.parts.of(listed.id)
        if request is not None and request.held_by == person and burden(request, rows):
            found.append((request, rows))
    return found


def _ask(request: Request) -> rules.Ask:
    """Whether the taker may ask for such a thing. For how long was decided when it was approved."""
    return ask_of(revive(request.action, request.parameters), None)


def _lines(mine: Held) -> list[str]:
    lines = [_line(request, rows) for request, rows in mine[:SHOWN]]
    return [*lines, *([f"and {len(mine) - SHOWN} more"] if len(mine) > SHOWN else [])]


def _bare(mine: Held) -> list[str]:
    """Say to whom the policy lets read nothing how much there is and what to ask about, and nothing of what it is."""
    ids = [request.id for request, _ in mine[:SHOWN]]
    more = f" and {len(mine) - SHOWN} more" if len(mine) > SHOWN else ""
    return [f"{len(mine)} in all: {', '.join(ids)}{more}", "You may not read here, so no more is shown."]


def _line(request: Request, rows: tuple[PartRow, ...]) -> str:
    what = " and ".join(burden(request, rows))
    until = f" until {_at(request.lease_until)}" if request.lease_until else ""
    return f"{request.id} ({what}{until}): {request.plan.summary}"


def _at(time: datetime) -> str:
    return f"{time:%m-%d %H:%M} UTC"


def _entry(
    actor: Principal,
    offered: Handover,
    outcome: str,
    ids: Sequence[str] = (),
    request: Request | None = None,
) -> Entry:
    details: dict[str, object] = {"giver": offered.giver.key, "taker": offered.taker.key, "offer": offered.id}
    if ids:
        details["requests"] = list(ids)
    return Entry(
        EventName.HANDOVER,
        actor,
        request,
        outcome=outcome,
        target="" if request else offered.taker.key,
        details=details,
    )
