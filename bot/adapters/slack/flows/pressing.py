"""
What is clicked on an answer about flows.

What must hold, in this order: (1) it came from an answer for one person's eyes, or in a direct conversation; (2) its value
reads as one of ours; (3) the answer is stored, and the seal names the row that it answers, which only Slack and we know;
(4) who clicks is who was answered; (5) the answer has this button at this place; (6) who clicks may still see these flows.
What it is about is read from the stored answer, never from the click. All else is judged by the use case, as if it had been typed.
"""

from typing import Final

import msgspec

from bot.actions.block_address import BlockAddress
from bot.actions.contain import Single, one_request
from bot.actions.quarantine_pod import QuarantinePod
from bot.adapters.slack import answers
from bot.adapters.slack.answers import Inbound, MalformedError
from bot.adapters.slack.carrying import carry_out
from bot.adapters.slack.clicks import FORGED
from bot.adapters.slack.commands import Explain, Propose
from bot.adapters.slack.conversations import DIRECT
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.flows.aims import Aim, Answer, aim_at
from bot.adapters.slack.flows.marks import BLOCK, CONTAIN, EXPLAIN, KEEP, QUARANTINE, Mark
from bot.adapters.slack.modals import ask_for
from bot.domain.findings import Refusal
from bot.domain.flows.chosen import Chosen
from bot.domain.flows.telling import Seen, places
from bot.domain.letters import Flows, Sweeping, Tracing, decoded
from bot.domain.people import Principal
from bot.engine.flowing import may_still
from bot.engine.flowkeeping import Keeping, keep
from bot.engine.propose import Proposal, barred_from
from bot.engine.saying import refuse
from bot.ports import InboxRow, Note

GONE: Final = Refusal(
    "answer-gone",
    "This answer is too old: what it showed is not stored any more.",
    "Ask the same question again.",
)
STRANGE: Final = Refusal(
    FORGED, "This button belongs to no answer that Firebreak gave you.", "Ask the same question again."
)


async def pressed(desk: Desk, key: str, click: Inbound, person: Principal) -> None:
    """Do what a button of an answer stands for, or refuse it."""
    found = await _meant(desk, click)
    if isinstance(found, Refusal):
        await refuse(desk.context, key, person, found)
        return
    answer, aim = found
    withdrawn = await may_still(desk.context, person, places(answer))  # (6)
    if withdrawn is not None:
        await refuse(desk.context, key, person, withdrawn, target=aim.title)
        return
    if click.name == KEEP and isinstance(answer, Seen):
        await keep(desk.context, Keeping(person, answer, aim.peer, click.channel), key)
    elif click.name == EXPLAIN and aim.wish is not None:
        await carry_out(desk.context, Explain(aim.wish), person, key, click.channel)
    elif click.name == CONTAIN and aim.chosen is not None:
        await _ask_for_all(desk, key, click, person, aim)
    elif (wish := _wish(click.name, aim)) is not None:
        await ask_for(desk, key, click, person, wish)
    else:  # (5)
        await refuse(desk.context, key, person, STRANGE, target=aim.title)


async def _ask_for_all(desk: Desk, key: str, click: Inbound, person: Principal, aim: Aim) -> None:
    """Open one form for the set, without what this person may not ask for; where nothing is left, say why."""
    barred: list[Refusal] = []
    kept: list[Single] = []
    for step in _steps(aim):
        refusal = await barred_from(desk.context, Proposal(person, step))
        if refusal is None:
            kept.append(step)
        else:
            barred.append(refusal)
    if kept:
        await ask_for(desk, key, click, person, Propose(one_request(kept)))
    else:
        await refuse(desk.context, key, person, (*barred, STRANGE)[0], target=aim.title)


def _steps(aim: Aim) -> tuple[Single, ...]:
    found = aim.chosen or Chosen()
    try:
        pods = tuple(QuarantinePod(aim.cluster, space, names) for space, names in found.pods)
        return (*pods, *((BlockAddress(aim.cluster, found.addresses),) if found.addresses else ()))
    except ValueError:
        return ()


async def _meant(desk: Desk, click: Inbound) -> tuple[Answer, Aim] | Refusal:
    private = not click.view and (click.ephemeral or click.channel.startswith(DIRECT))  # (1)
    mark = Mark.of(click.value)  # (2)
    if mark is None or not private:
        return STRANGE
    note = await desk.sending.note(mark.note)  # (3)
    if note is None:
        return GONE
    row = await desk.doorway.get(note.answer_to) if mark.answers(note.answer_to) else None
    answer = _stored(note, row, click.user) if row else None
    aim = aim_at(answer, mark.place) if answer else None
    return STRANGE if answer is None or aim is None else (answer, aim)


def _stored(note: Note, row: InboxRow, user: str) -> Answer | None:
    """Return the answer that was given to this user; ``None`` for anything else."""
    try:
        asked, letter = answers.decoded(row.payload), decoded(note.document)
    except (MalformedError, msgspec.DecodeError):
        return None
    if asked.user != user:  # (4)
        return None
    match letter:
        case Flows(answer) | Tracing(answer) | Sweeping(answer):
            return answer
        case _:
            return None


def _wish(button: str, aim: Aim) -> Propose | None:
    """Return what the form is filled with; names of sources that no action takes have none."""
    try:
        if button == BLOCK and aim.addresses:
            return Propose(BlockAddress(aim.cluster, aim.addresses))
        if button == QUARANTINE and aim.pods:
            return Propose(QuarantinePod(aim.cluster, aim.namespace, aim.pods))
    except ValueError:
        return None
    return None
