"""
One row of the inbox, understood: who acts, what it means, and the use case that does it.

A slash command says only the host's team, so Slack is asked where its sender is at home before anybody acts.
"""

from bot.adapters.slack import answers, privately
from bot.adapters.slack.answers import Inbound
from bot.adapters.slack.board import marks as boarding
from bot.adapters.slack.board import pressing as pressing_board
from bot.adapters.slack.carrying import carry_out, tell
from bot.adapters.slack.clicks import (
    APPROVE,
    CLOSING,
    DENY,
    DETAILS,
    FORGED,
    REVIEW,
    Pressed,
    meaning,
    verified,
)
from bot.adapters.slack.commands import Approve, Confirm, Deny, Review
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.flows import marks, pressing
from bot.adapters.slack.form import confirming, ids, steps
from bot.adapters.slack.grammar import Known, Mistake, parse, told
from bot.adapters.slack.home.publishing import opened
from bot.adapters.slack.letters import LETTERS
from bot.adapters.slack.modals import ask_name, ask_reason, ask_review, ask_to_close, show_details
from bot.adapters.slack.personal import answered
from bot.adapters.slack.text import incoming
from bot.domain.confirmations import confirmation
from bot.domain.errors import OutsideError
from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.queries import Unavailable
from bot.engine.asking import person_refusal
from bot.engine.saying import refuse, refuse_unnamed
from bot.engine.slips import slipped
from bot.ports import InboxRow

STRANGE_FORM = Refusal(FORGED, "This form did not come from Firebreak.", "Start from the card: /ir list")


async def act(desk: Desk, row: InboxRow) -> None:
    """Do what a row asks for; it is finished when this returns. Raises ``MalformedError`` for a row that is none."""
    inbound = answers.decoded(row.payload)
    if steps.opens(inbound, desk.context.clusters):
        await _opening(desk, row.key, inbound)
        return
    person = await _who(desk, inbound)
    if isinstance(person, Refusal):
        await refuse_unnamed(desk.context, row.key, inbound.user, person)
        return
    match inbound.kind:
        case answers.COMMAND:
            await _command(desk, row.key, inbound, person)
        case answers.CLICK:
            await _click(desk, row.key, inbound, person)
        case answers.FORM:
            await _form(desk, row.key, inbound, person)
        case answers.SLIP:
            await _slipped(desk, row.key, inbound, person)
        case answers.HOME:
            await opened(desk, row.key, person)
        case _:
            await _refused(
                desk,
                row.key,
                person,
                Refusal(FORGED, "Firebreak has no such shortcut.", "What there is: /ir help"),
            )


async def _opening(desk: Desk, key: str, inbound: Inbound) -> None:
    view = await steps.open_form(desk, inbound)  # before anything is asked: its trigger lives three seconds
    person = await _who(desk, inbound)
    if isinstance(person, Refusal):
        await steps.taken_back(desk, view, person)
        await refuse_unnamed(desk.context, key, inbound.user, person)
        return
    unfit = await _unfit_place(desk, inbound) if inbound.channel else None
    if unfit is not None and await person_refusal(desk.context, person) is None:
        await steps.turned_away(desk, key, person, view, unfit)
        return
    await steps.opened(desk, key, inbound, person, view)  # which refuses strangers as such


async def _who(desk: Desk, inbound: Inbound) -> Principal | Refusal:
    """Return who acts: what the payload says of the acting user, or, where it says no team, what Slack says now."""
    if inbound.team:
        try:
            return Principal(inbound.team, inbound.user)
        except ValueError:
            return Refusal(
                "person-unknown",
                "Slack did not say who you are.",
                "Try again; if it stays, tell whoever runs Firebreak.",
            )
    person = await desk.directory.of_user(inbound.user)
    if isinstance(person, Unavailable):
        why = f"Slack could not say who you are ({person.why}), so the answer is no."
        return Refusal("person-unknown", why, "Try again in a moment.")
    return person.principal


async def _command(desk: Desk, key: str, inbound: Inbound, person: Principal) -> None:
    command = parse(inbound.text, Known(desk.context.clusters))
    if isinstance(command, Mistake):
        await tell(desk.context, key, told(command))
        return
    refusal = await _unfit_place(desk, inbound)
    if refusal is None or await person_refusal(desk.context, person) is not None:
        await carry_out(
            desk.context, command, person, key, inbound.channel
        )  # which refuses strangers as such
        return
    await _refused(desk, key, person, refusal)


async def _unfit_place(desk: Desk, inbound: Inbound) -> Refusal | None:
    """Return why nothing is done in this channel: other organisations see it, or may soon."""
    try:
        return await desk.directory.channel(inbound.channel)
    except OutsideError as error:
        text = f"Slack could not say who shares this channel ({error.code}), so the answer is no."
        return Refusal("channel-unknown", text, "Try again in a moment.")


async def _click(desk: Desk, key: str, inbound: Inbound, person: Principal) -> None:
    if inbound.name in LETTERS:
        await answered(desk, key, inbound, person)
    elif inbound.name in marks.BUTTONS:
        await pressing.pressed(desk, key, inbound, person)
    elif inbound.name in boarding.BUTTONS:
        await pressing_board.pressed(desk, key, inbound, person)
    elif inbound.name in privately.PRIVATE:
        await privately.pressed(desk, key, inbound, person)
    elif inbound.view and inbound.name in ids.PRESSED:
        await steps.pressed(desk, key, inbound, person)
    else:
        await _on_card(desk, key, inbound, person)


async def _on_card(desk: Desk, key: str, inbound: Inbound, person: Principal) -> None:
    found = await verified(desk, inbound)
    if isinstance(found, Refusal):
        await _refused(desk, key, person, found)
    elif inbound.name == DENY:
        await ask_reason(desk, key, inbound, found.pressed)
    elif inbound.name == REVIEW:
        await ask_review(desk, key, inbound, person, found)
    elif inbound.name == APPROVE and confirmation(found.request.plan):
        await ask_name(desk, key, inbound, found.request)
    elif inbound.name in CLOSING:
        await ask_to_close(desk, key, inbound, person, found.request)
    elif inbound.name == DETAILS:
        await show_details(desk, key, inbound, person, found.request.id)
    else:
        await carry_out(desk.context, meaning(inbound.name, found.pressed), person, key)


async def _form(desk: Desk, key: str, inbound: Inbound, person: Principal) -> None:
    match inbound.name:
        case ids.ASK:
            await steps.filled(desk, key, inbound, person)
        case ids.PLAN | ids.GLASS:
            await steps.confirmed(desk, key, inbound, person)
        case ids.DISMISS:
            await pressing_board.dismissed(desk, key, inbound, person)
        case ids.CONFIRM | ids.BREAK:
            await _confirmed(desk, key, inbound, person)
        case _:
            await _explained(desk, key, inbound, person)


async def _confirmed(desk: Desk, key: str, inbound: Inbound, person: Principal) -> None:
    """What was typed is compared where it is judged; the form carries only what a button does."""
    pressed = Pressed.of(confirming.carried(inbound.value))
    if pressed is None:
        await _refused(desk, key, person, STRANGE_FORM)
        return
    typed = incoming("".join(dict(inbound.filled).get(ids.NAME, ())))
    said = Confirm if inbound.name == ids.BREAK else Approve
    await carry_out(desk.context, said(pressed.request_id, pressed.digest, typed), person, key)


async def _slipped(desk: Desk, key: str, inbound: Inbound, person: Principal) -> None:
    pressed = Pressed.of(confirming.carried(inbound.value))
    if pressed is None:
        await _refused(desk, key, person, STRANGE_FORM)
        return
    tried = "confirm" if inbound.name == ids.BREAK else "approve"
    await slipped(desk.context, person, pressed.request_id, key, tried)


async def _explained(desk: Desk, key: str, inbound: Inbound, person: Principal) -> None:
    """A denial, or a review: a form with the words to it."""
    pressed = Pressed.of(inbound.value) if inbound.name in (ids.DENY, ids.REVIEW) else None
    if pressed is None:
        await _refused(desk, key, person, STRANGE_FORM)
        return
    reason = incoming(inbound.reason)  # as a typed one is: one line, and words that can be seen
    said: Deny | Review = Deny(pressed.request_id, pressed.digest, reason)
    if inbound.name == ids.REVIEW:
        said = Review(pressed.request_id, False, reason)
    await carry_out(desk.context, said, person, key)


async def _refused(desk: Desk, key: str, person: Principal, refusal: Refusal) -> None:
    await refuse(desk.context, key, person, refusal)
