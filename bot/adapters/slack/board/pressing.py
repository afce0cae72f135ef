"""
What is clicked on a board, and the forms that it opens.

What must hold, in this order: (1) its value reads as one of ours; (2) the message is where that group's card stands now;
(3) the suggestion is on that board, not dismissed, and the alert is not over; (4) the button fits the step, which can be
asked for; (5) what the button showed is what is suggested now: its plan, and for a dismissal all of it. What it is about is read from the stored
suggestion, never from the click. A click asks for nothing: it opens a form, and whoever sends it asks, with their own rights.
"""

from typing import Final

import msgspec

from bot.actions import revive
from bot.adapters.slack.answers import Inbound
from bot.adapters.slack.board.buttons import offered
from bot.adapters.slack.board.causes import STRANGE_FORM
from bot.adapters.slack.board.links import BARE
from bot.adapters.slack.board.marks import DISMISS, PREPARE, WHOLE, Mark
from bot.adapters.slack.card.explaining import explaining
from bot.adapters.slack.card.kit import modal
from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.card.rich import line, rich, say
from bot.adapters.slack.clicks import FORGED, card_soon
from bot.adapters.slack.commands import Propose
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.form import ids
from bot.adapters.slack.modals import ask_for, ask_why
from bot.adapters.slack.text import incoming
from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.suggestions import Board, Suggested, Suggestion
from bot.domain.suggestions.shaping import seal
from bot.engine.boards import board as read
from bot.engine.causing import OVER
from bot.engine.dismissing import GONE, Dismissing, changed, dismiss, dismissed_already
from bot.engine.saying import refuse
from bot.engine.takings import takings
from bot.ports import Painted

STRANGE: Final = Refusal(
    FORGED, "This button belongs to no alert's card that stands.", "See them: /ir alerts"
)


class Meant(msgspec.Struct, frozen=True):
    """A click that may go on: the board as it stands, the suggestion, and the step, none for the suggestion itself."""

    mark: Mark
    board: Board
    suggestion: Suggestion
    step: Suggested | None


async def pressed(desk: Desk, key: str, click: Inbound, person: Principal) -> None:
    """Open the form that a button of a board stands for, or refuse it."""
    found = await _meant(desk, click)
    if isinstance(found, Refusal):
        mark = Mark.of(click.value)
        await refuse(desk.context, key, person, found, target=mark.suggestion if mark else "")
    elif found.step is None:
        by_hand = f"The form could not be opened. Press again, or look: /ir alerts {found.mark.group}"
        await ask_why(desk, key, click, _why(found.suggestion, found.mark), by_hand)
    else:
        wish = _wish(found.board, found.suggestion, found.step)
        if wish is None:
            await refuse(desk.context, key, person, STRANGE, target=found.suggestion.id)
        else:
            await ask_for(desk, key, click, person, wish, found.mark.value)


async def _meant(desk: Desk, click: Inbound) -> Meant | Refusal:
    mark = Mark.of(click.value)  # (1)
    if mark is None or click.view or click.ephemeral:
        return STRANGE
    misplaced = await _misplaced(desk, click, mark)  # (2)
    if misplaced is not None:
        return misplaced
    board = await read(desk.context, mark.group)
    one = _named(board, mark)
    if board is None or one is None:  # (3)
        return GONE
    closed = dismissed_already(one) if not one.open else OVER if board.group.firing <= 0 else None
    return closed or await _step(desk, click, Meant(mark, board, one, None))


async def _misplaced(desk: Desk, click: Inbound, mark: Mark) -> Refusal | None:
    card = await desk.cards.get(mark.group) or await _kept_soon(desk, mark.group)
    if card is None or click.channel != card.channel:
        return STRANGE
    return None if click.message_ts == card.ts else changed(mark.group)


async def _step(desk: Desk, click: Inbound, meant: Meant) -> Meant | Refusal:
    if click.name == DISMISS:
        return meant if meant.mark.digest == seal(meant.suggestion) else changed(meant.mark.group)
    mark, board = meant.mark, meant.board
    fits = click.name == (WHOLE if mark.step == -1 else f"{PREPARE}{mark.step}")
    step = meant.suggestion.step(mark.step) if fits else None
    if step is None:  # (4)
        return STRANGE
    if not offered(await takings(desk.context, board), step):
        return changed(
            mark.group, f" That step was asked for as {step.request_id}." if step.request_id else ""
        )
    if mark.digest != step.digest:  # (5)
        return changed(mark.group)
    return msgspec.structs.replace(meant, step=step)


async def _kept_soon(desk: Desk, group_id: str) -> Painted | None:
    async with desk.context.store.begin() as tx:
        group = await tx.alerts.group(group_id)
    return await card_soon(desk, group_id) if group is not None else None


def _named(board: Board | None, mark: Mark) -> Suggestion | None:
    return next((one for one in board.suggestions if one.id == mark.suggestion), None) if board else None


def _wish(board: Board, one: Suggestion, step: Suggested) -> Propose | None:
    """Return what the form is filled with; what this program cannot read any more has none."""
    if step.parameters is None:
        return None
    try:
        action = revive(step.action, step.parameters)
    except (KeyError, msgspec.ValidationError):
        return None
    rule = f"{board.group.rule}, " if BARE.fullmatch(board.group.rule) else ""
    return Propose(action, reason=f"{rule}alert {board.group.id}, playbook {one.playbook}")


def _why(one: Suggestion, mark: Mark) -> Block:
    """Return the view that asks why a suggestion is not wanted; what it carries is the value of the button."""
    asked = "Why is it not wanted? Everybody who sees the alert reads this."
    blocks = [rich(line(say(one.title, 300, bold=True))), explaining(asked)]
    return modal(ids.DISMISS, "Dismiss", blocks, mark.value, submit="Dismiss", close="Back")


async def dismissed(desk: Desk, key: str, form: Inbound, person: Principal) -> None:
    """Dismiss what a form names: what it carries was in the client's hands, and is judged as if it had been typed."""
    mark = Mark.of(form.value)
    if mark is None:
        await refuse(desk.context, key, person, STRANGE_FORM)
        return
    reason = incoming(form.reason)
    asked = Dismissing(person, mark.suggestion, reason, mark.group, mark.digest)
    await dismiss(desk.context, asked, key)
