"""
Undo all of an incident, of an alert or of a playbook: one command, looked at first, then confirmed, then done at once.

What must hold: (1) the policy lets this person release each containment by itself, asked now; (2) what is confirmed
is what was shown: a digest over the containments and their plans; (3) all that may be released is, in one transaction
and recorded under one id, or nothing is; (4) what may not be is named, with whom it needs, and recorded as refused.
"""

import hashlib
from datetime import datetime
from typing import Final

import msgspec

from bot.domain import policy as rules
from bot.domain.audit.events import Event as EventName
from bot.domain.digests import SHORT
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.letters import Sweep, encoded
from bot.domain.people import Principal
from bot.domain.policy.governing import governing
from bot.domain.requests import PartRow, Request
from bot.domain.roots import Kind, Root
from bot.domain.states import PartState
from bot.engine.asking import ask_again, frozen_refusal, membership
from bot.engine.context import Context
from bot.engine.incidents import named
from bot.engine.reading import may_read
from bot.engine.recording import Entry, append
from bot.engine.release import Ask, Wish, moved, not_permitted, start
from bot.engine.saying import answer, refuse
from bot.ports import Transaction

Held = tuple[Request, tuple[PartRow, ...]]
Known = dict[str, rules.Membership]
NOTHING: Final = "nothing-active"
WHOLE: Final = 25  # of those released, and of those that stay, told with what they are; of more the ids
ROOM: Final = 1600  # characters for what they are: an answer has 6000
SHORTEST: Final = 60
_BEGINNING: Final = frozenset({PartState.APPROVED, PartState.EXECUTING})


class Undoing(msgspec.Struct, frozen=True):
    """Who wants all of what undone. Without ``digest`` only to see what that is; ``place`` may mean an incident."""

    person: Principal
    root: Root
    digest: str
    reason: str
    place: str


async def undo(context: Context, asked: Undoing, origin: str) -> Reply:
    """Show what would be released and what not, or with the digest of just that release it."""
    reply = await may_read(context, asked.person) or await _answered(context, asked, origin)
    if isinstance(reply, Done):
        context.store.woke()
        return reply
    return await refuse(context, origin, asked.person, reply, target=asked.root.typed)


async def _answered(context: Context, asked: Undoing, origin: str) -> Reply:
    async with context.store.begin() as tx:
        found = await _found(tx, asked)
        seen = () if isinstance(found, Refusal) else await _active(tx, found)
    if isinstance(found, Refusal):
        return found
    if not seen:
        return Refusal(
            NOTHING,
            f"Nothing of {_headed(found)} is active.",
            "Nothing to undo. How things stand: /ir status",
        )
    known = {request.id: await membership(context, ask_again(request)) for request, _ in seen}
    if not asked.digest:
        return await _shown(context, asked, found, seen, known, origin)
    async with context.store.begin() as tx:
        return await _done(context, tx, asked, found, known, origin)


async def _found(tx: Transaction, asked: Undoing) -> Root | Refusal:
    """A playbook need not be in force any more: what it led to may still stand."""
    match asked.root.kind:
        case Kind.INCIDENT:
            incident = await named(tx, asked.root.name, asked.place)
            return incident if isinstance(incident, Refusal) else Root(Kind.INCIDENT, incident.id)
        case Kind.ALERT if await tx.alerts.group(asked.root.name) is None:
            text = f"There are no alerts {asked.root.name[:40]}."
            return Refusal("no-such-alerts", text, "Their card tells their id. See them: /ir alerts")
        case Kind.ALERT | Kind.PLAYBOOK:
            return asked.root


async def _active(tx: Transaction, root: Root, *, lock: bool = False) -> tuple[Held, ...]:
    """Return what a rollback moves, in one order, locked and looked at again behind the lock."""
    found: list[Held] = []
    for listed in await tx.requests.of_root(root):
        rows = await tx.parts.of(listed.id)
        if not _moves(rows):
            continue
        request = await tx.requests.get(listed.id, lock=True) if lock else listed
        rows = await tx.parts.of(listed.id)
        if request is not None and _moves(rows):
            found.append((request, rows))
    return tuple(found)


def _moves(rows: tuple[PartRow, ...]) -> bool:
    return any(row.active or row.state in _BEGINNING for row in rows)


def sealed(held: tuple[Held, ...]) -> str:
    """Return the digest over what is undone together: requests and their plans."""
    text = "\n".join(f"{request.id}:{request.digest}" for request, _ in held)
    return hashlib.sha256(text.encode()).hexdigest()


async def _shown(
    context: Context, asked: Undoing, root: Root, seen: tuple[Held, ...], known: Known, origin: str
) -> Reply:
    async with context.store.begin() as tx:
        free, kept = _sorted(context, asked.person, seen, known, tx.now)
        lines = [f"{_headed(root)}: what is active, and what you may release of it."]
        sweep = Sweep(root.key, sealed(seen)[:SHORT], len(free), origin) if free else None
        if sweep is not None:
            lines.append(f"Press the button, or type: /ir rollback {root.typed} confirm {sweep.digest}")
        lines += inventory("would be released", _going(root, free))
        lines += inventory("stays", _staying(context, kept))
        reply = Done("\n".join(lines))
        if await answer(tx, origin, reply, document=encoded(sweep) if sweep else ""):
            entry = Entry(EventName.COMMAND, asked.person, outcome="read", target=_target(root))
            incident = root.name if root.kind is Kind.INCIDENT else ""
            await append(context, tx, msgspec.structs.replace(entry, incident=incident))
    return reply


async def _done(
    context: Context, tx: Transaction, asked: Undoing, root: Root, known: Known, origin: str
) -> Reply:
    if root.kind is Kind.INCIDENT:
        await tx.incidents.get(root.name, lock=True)  # so that none joins meanwhile
    held = await _active(tx, root, lock=True)
    frozen = await frozen_refusal(tx, asked.person)
    if frozen is not None:
        return frozen
    if not sealed(held).startswith(asked.digest) or any(
        request.id not in known for request, _ in held
    ):  # (2)
        remedy = f"Look again: /ir rollback {root.typed}"
        return Refusal("changed-meanwhile", "What is active is not what you were shown.", remedy)
    free, kept = _sorted(context, asked.person, held, known, tx.now)  # (1)
    if not free:
        told = "\n".join(f"{request.id}: {_needs(context, request, why)}" for (request, _), why in kept)
        look = f"/ir report {root.name}" if root.kind is Kind.INCIDENT else "/ir list"
        return Refusal(
            "none-yours",
            f"Nothing of {_headed(root)} is yours to release.\n{told}",
            f"\nAsk one of those named. How it stands: {look}",
        )
    together = context.entropy.operation_id()
    lines = [
        f"Rolling back {len(free)} of {len(held)} containments of {_headed(root)}, recorded as {together}."
    ]
    lines += inventory("released", _going(root, free))
    lines += inventory("stays", _staying(context, kept))
    reply = Done("\n".join(lines))
    if not await answer(tx, origin, reply):
        return reply
    for request, rows in free:  # (3)
        ask = Ask(asked.person, request.id, Wish.ROLLBACK, asked.reason, together)
        await start(context, tx, ask, (request, rows), moved(Wish.ROLLBACK, rows, tx.now))
    for (request, _), why in kept:  # (4)
        entry = Entry(EventName.REFUSAL, asked.person, request, outcome=why.code, note=why.text)
        details = {"tried": Wish.ROLLBACK.value, "together": together}
        await append(context, tx, msgspec.structs.replace(entry, details=details))
    return reply


def _sorted(
    context: Context, person: Principal, held: tuple[Held, ...], known: Known, now: datetime
) -> tuple[list[Held], list[tuple[Held, Refusal]]]:
    free: list[Held] = []
    kept: list[tuple[Held, Refusal]] = []
    for request, rows in held:
        why = not_permitted(context, request, person, known[request.id], now)
        if why is None and not moved(Wish.ROLLBACK, rows, now):
            why = Refusal("under-way", "its rollback is under way already", "Nothing more to do.")
        if why is None:
            free.append((request, rows))
        else:
            kept.append(((request, rows), why))
    return free, kept


def _headed(root: Root) -> str:
    return root.name if root.kind is Kind.INCIDENT else root.typed


def _target(root: Root) -> str:
    """As the record names what was looked at; an incident has a place of its own there."""
    return f"rollback {root.kind.value if root.kind is Kind.INCIDENT else root.typed}"


def _going(root: Root, free: list[Held]) -> list[tuple[str, str]]:
    each = ((request, root.told(request.cause)) for request, _ in free)
    return [
        (request.id, f"{version}: {request.plan.summary}" if version else request.plan.summary)
        for request, version in each
    ]


def _staying(context: Context, kept: list[tuple[Held, Refusal]]) -> list[tuple[str, str]]:
    return [
        (request.id, f"{_needs(context, request, why)} It is: {request.plan.summary}")
        for (request, _), why in kept
    ]


def inventory(what: str, each: list[tuple[str, str]]) -> list[str]:
    """List all by their ids whatever their number and length: nothing is confirmed that was cut off."""
    most = max(SHORTEST, ROOM // max(1, min(len(each), WHOLE)))
    lines = [
        f"{what}: {name} {said if len(said) <= most else f'{said[: most - 1]}…'}"
        for name, said in each[:WHOLE]
    ]
    rest = [name for name, _ in each[WHOLE:]]
    return [*lines, *(f"{what}: {', '.join(rest[at : at + WHOLE])}" for at in range(0, len(rest), WHOLE))]


def _needs(context: Context, request: Request, why: Refusal) -> str:
    """Say why it stays, and whose word lets it go."""
    found = governing(context.policy, ask_again(request))
    listed = () if isinstance(found, Refusal) else found
    groups = dict.fromkeys(group for rule in listed for group in rule.approve)
    whom = f" It needs one of {', '.join(groups)}: /ir rollback {request.id}" if groups else ""
    return f"{why.text}.{whom}" if why.code != "under-way" else f"{why.text}."
