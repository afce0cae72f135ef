"""An answer about flows, given: one at a time for each person, recorded with it, its rows as a file beside it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.flows.picturing import Sketch
from bot.domain.flows.rows import table
from bot.domain.flows.talks import Talk
from bot.domain.flows.telling import Seen, Swept, Traced, places
from bot.domain.letters import AnyLetter, encoded
from bot.domain.people import Principal
from bot.domain.telling import Attached
from bot.engine.asking import frozen_refusal
from bot.engine.context import Context
from bot.engine.recording import Entry, append
from bot.engine.saying import Attempt, answer, refuse_attempt
from bot.ports import Note, Transaction

ATTACHED: Final = "attached"


class Question(msgspec.Struct, frozen=True):
    """``verb`` is what the record calls it, ``target`` all that was asked, ``origin`` the key of the row that asks."""

    person: Principal
    verb: str
    target: str
    origin: str


class Told(msgspec.Struct, frozen=True):
    """What a question came to: one line, the letter with all of it, the rows of the file, and what is recorded."""

    headline: str
    letter: AnyLetter
    file: Attached | None
    details: Mapping[str, Any]


async def taking_turns(
    context: Context, question: Question, ask: Callable[[], Awaitable[Told | Refusal]]
) -> Reply:
    """Answer one question while this person has no other under way. ``ask`` returns what was `Told`, or a refusal."""
    with context.turns.take(question.person) as busy:
        found = busy or await ask()
        if isinstance(found, Refusal):
            return await refused(context, question, found)
        return await _given(context, question, found)


def attached(
    what: str, answer: Seen | Traced | Swept, talks: tuple[Talk, ...], sketch: Sketch | None = None
) -> Attached:
    """Return the rows of an answer as a file, and what its picture shows; its name is all ours."""
    subject = answer.address if isinstance(answer, Swept) else answer.asked.subject
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in str(subject))[:80]
    return Attached(f"{what}-{kept}.csv", table(talks), sketch, places(answer))


async def refused(context: Context, question: Question, refusal: Refusal) -> Refusal:
    """Record the refused question with all that was asked, and tell the person."""
    attempt = Attempt(question.verb, None, question.target)
    return await refuse_attempt(context, question.origin, question.person, refusal, attempt)


async def _given(context: Context, question: Question, found: Told) -> Reply:
    more = ""
    if found.file:
        drawn = ", with a picture" if found.file.sketch else ""
        more = f" All rows come as a CSV file by direct message{drawn}."
    said = Done(f"{found.headline}{more}")
    person, target = question.person, question.target[:500]
    letter, file = await asyncio.to_thread(_written, found)  # megabytes of rows: not on the loop
    async with context.store.begin() as tx:
        refusal = await frozen_refusal(tx, person)
        if refusal is None and await answer(tx, question.origin, said, document=letter):
            await _notes(tx, question, file)
            entry = Entry(
                EventName.COMMAND, person, outcome=question.verb, target=target, details=found.details
            )
            await append(context, tx, entry)
    return said if refusal is None else await refused(context, question, refusal)


def _written(found: Told) -> tuple[str, str]:
    """Return the letter and the file as documents of notes; an empty one for no file."""
    return encoded(found.letter), msgspec.json.encode(found.file).decode() if found.file else ""


async def _notes(tx: Transaction, question: Question, file: str) -> None:
    """What comes beside the answer, by direct message."""
    if not file:
        return
    note = Note(
        topic=f"{ATTACHED}:{question.person.key}",
        kind=ATTACHED,
        text=f"/ir {question.verb} {question.target}",
        document=file,
        to=question.person.key,
    )
    await tx.outbox.put(note)
