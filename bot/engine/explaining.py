"""
What a person asks to have looked at: the world is read, nothing is changed, and only they are told.

What a message is too small for comes as a file by direct message, in the transaction that records the question.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.explain import Wish, explanation
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.letters import Account, encoded
from bot.domain.people import Principal
from bot.domain.posture.asking import posture
from bot.domain.posture.scope import Scope
from bot.domain.queries import Rounds
from bot.domain.telling import Attached, Told
from bot.engine.asking import frozen_refusal
from bot.engine.context import Context
from bot.engine.planning import drive
from bot.engine.reading import may_read
from bot.engine.recording import Entry, append
from bot.engine.saying import answer, refuse
from bot.ports import Note, Transaction

KIND: Final = "attached"


class Question(msgspec.Struct, frozen=True):
    """``asked`` is what the record calls it, ``target`` what it is about."""

    person: Principal
    asked: str
    target: str


async def explain(context: Context, person: Principal, wish: Wish, origin: str) -> Reply:
    """Tell who can talk to whom and why."""
    return await _told(context, Question(person, "explain", wish.target), lambda: explanation(wish), origin)


async def survey(context: Context, person: Principal, scope: Scope, origin: str) -> Reply:
    """Tell what a cluster's policies leave out."""
    return await _told(context, Question(person, "posture", scope.target), lambda: posture(scope), origin)


async def _told(
    context: Context, question: Question, ask: Callable[[], Rounds[Told | Refusal]], origin: str
) -> Reply:
    found: Told | Refusal | None = await may_read(context, question.person)
    if found is None:
        found = await drive(ask(), context.world, context.limits.call)
    said = found if isinstance(found, Refusal) else await given(context, question, found, origin)
    if isinstance(said, Done):
        return said
    return await refuse(context, origin, question.person, said, target=question.target)


async def given(
    context: Context,
    question: Question,
    found: Told,
    origin: str,
    also: Callable[[Transaction], Awaitable[None]] | None = None,
) -> Reply:
    """Give what was found to whoever asked, once, and ``also`` in the transaction that records it."""
    said = Done(_headline(found))
    document = encoded(Account(found.sections))
    async with context.store.begin() as tx:
        refusal = await frozen_refusal(tx, question.person)
        if refusal is None and await answer(tx, origin, said, document=document):
            if found.file is not None:
                await tx.outbox.put(attached(question, found.file))
            if also is not None:
                await also(tx)
            person, target = question.person, question.target[:500]
            await append(context, tx, Entry(EventName.COMMAND, person, outcome=question.asked, target=target))
    return refusal or said


def _headline(found: Told) -> str:
    return f"{found.headline} All of it comes as a file by direct message." if found.file else found.headline


def attached(question: Question, file: Attached) -> Note:
    """Return the note that brings a file to whoever asked."""
    return Note(
        topic=f"{KIND}:{question.person.key}",
        kind=KIND,
        text=f"/ir {question.asked} {question.target}",
        document=msgspec.json.encode(file).decode(),
        to=question.person.key,
    )
