"""
The rows of forms: opened, switched to another action, looked at as a plan, asked for.

A trigger lives three seconds (docs.slack.dev/interactivity), so opening comes before everything else: the form
shows nothing that whoever opened it did not give. Who they are, and whether they may, is asked while they read it.
"""

import asyncio
import logging
from typing import Final

import msgspec

from bot.actions import CATALOGUE, WORDS
from bot.adapters.slack import answers
from bot.adapters.slack.answers import Inbound
from bot.adapters.slack.board.causes import cause_of
from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.carrying import carry_out, tell
from bot.adapters.slack.commands import Contain, Propose
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.form import ids
from bot.adapters.slack.form.confirming import break_modal
from bot.adapters.slack.form.drawing import ask_form
from bot.adapters.slack.form.hints import hints
from bot.adapters.slack.form.judging import asked, carried, chosen
from bot.adapters.slack.form.marked import bearing, marked, unmarked
from bot.adapters.slack.form.spelling import Spelt, Values, values_of
from bot.adapters.slack.form.windows import over, planned, refused, waiting_id
from bot.adapters.slack.grammar import Known, parse
from bot.domain.actions import SlotKind
from bot.domain.errors import DeniedError, OutsideError
from bot.domain.findings import Done, Refusal
from bot.domain.people import Principal
from bot.domain.policy.durations import told as duration
from bot.domain.requests import Mode
from bot.engine.asking import person_refusal
from bot.engine.look import look, looked
from bot.engine.propose import Proposal
from bot.engine.saying import refuse, refuse_shown
from bot.engine.ways import ways

log = logging.getLogger("firebreak.slack.form")

FORGED: Final = "forged-form"
NOT_THERE: Final = "not_found"
AGAIN_AFTER: Final = (0.3, 1.0)
"""Seconds before a view is looked for again: the acknowledgement that shows it may still be on its way."""


def opens(inbound: Inbound, clusters: tuple[str, ...]) -> bool:
    """Whether a row asks for a form."""
    if inbound.kind == answers.COMMAND:
        return isinstance(parse(inbound.text, Known(clusters)), Contain)
    return inbound.kind == answers.SHORTCUT and inbound.name in ids.SHORTCUTS


async def open_form(desk: Desk, inbound: Inbound) -> str:
    """Open the form and return its view's id, empty when that was no longer possible. Asks nothing else before."""
    word, values = _start(inbound, desk.context.clusters)
    view = ask_form(word, values, len(desk.context.clusters))
    try:
        opened = await desk.slack.post("views.open", trigger_id=inbound.trigger_id, view=view)
    except OutsideError as error:
        log.info("slack_form_not_opened", extra={"code": error.code})
        return ""
    shown = opened.get("view")
    return str(shown.get("id", "")) if isinstance(shown, dict) else ""


async def opened(desk: Desk, key: str, inbound: Inbound, person: Principal, view: str) -> None:
    """Find out whether this person may have the form that was opened (``view``, empty for none)."""
    refusal = await person_refusal(desk.context, person)
    if refusal is not None:
        await turned_away(desk, key, person, view, refusal)
    elif not view:
        await tell(desk.context, key, by_hand(inbound, desk.context.clusters))
    else:
        desk.names.wanted(person)
        async with desk.context.store.begin() as tx:
            await tx.inbox.finish(key)


async def turned_away(desk: Desk, key: str, person: Principal, view: str, refusal: Refusal) -> None:
    """Refuse somebody a form that is open before them already."""
    say = refuse_shown if await taken_back(desk, view, refusal) else refuse
    await say(desk.context, key, person, refusal)


async def taken_back(desk: Desk, view: str, refusal: Refusal) -> bool:
    """Show why not in the place of the form; False when there is none."""
    return bool(view) and await _shown(desk, over(refusal), view_id=view)


def by_hand(inbound: Inbound, clusters: tuple[str, ...]) -> str:
    """Say what to type where no form could be opened in time."""
    word, _ = _start(inbound, clusters)
    lines = [
        f"/ir {name} …   (/ir help {name} shows how)" for name in ((word,) if _named(inbound) else WORDS)
    ]
    return "The form could not be opened in time. Try again, or type:\n" + "\n".join(lines)


def _named(inbound: Inbound) -> bool:
    return inbound.kind == answers.COMMAND


def _start(inbound: Inbound, clusters: tuple[str, ...]) -> tuple[str, Values]:
    """Return the action to begin with and what to fill in."""
    if inbound.kind == answers.COMMAND:
        typed = parse(inbound.text, Known(clusters))
        word = typed.action if isinstance(typed, Contain) else ""
        return word or next(iter(WORDS)), {}
    found = hints(inbound.text, clusters)
    for kind, given in ((SlotKind.PODS, found.pods), (SlotKind.ADDRESSES, found.addresses)):
        for word, action in WORDS.items():
            slot = next((slot for slot in action.slots if slot.kind is kind), None)
            if given and slot is not None:
                field = ids.typed(slot.field) if kind is SlotKind.PODS else ids.chosen(slot.field)
                return word, {field: (", ".join(given),)}
    return _preferred(), {}


def _preferred() -> str:
    """The action about pods stands first: it is what most who open an empty form are after."""
    return next(
        (w for w, a in WORDS.items() if any(s.kind is SlotKind.PODS for s in a.slots)), next(iter(WORDS))
    )


async def pressed(desk: Desk, key: str, inbound: Inbound, person: Principal) -> None:
    """Show the form again: for another action, or from a plan back to what was asked."""
    view = _other(desk, inbound) if inbound.name == ids.CHOOSE else _back(desk, inbound)
    if view is None:
        await refuse(
            desk.context,
            key,
            person,
            Refusal(FORGED, "This form did not come from Firebreak.", "Open a new one: /ir contain"),
        )
        return
    desk.names.wanted(person)
    view = bearing(view, unmarked(inbound.carried)[1])
    await _shown(desk, view, view_id=inbound.view, hash=inbound.hash)
    async with desk.context.store.begin() as tx:
        await tx.inbox.finish(key)


def _other(desk: Desk, inbound: Inbound) -> Block | None:
    if inbound.value not in WORDS:
        return None
    kept = {name: values for name, values in inbound.filled if name != ids.ACTION}
    return ask_form(inbound.value, kept, len(desk.context.clusters))


def _back(desk: Desk, inbound: Inbound) -> Block | None:
    found = carried(inbound.carried, Known(desk.context.clusters))
    if found is None:
        return None
    lease = "" if found.lease is None else duration(found.lease)
    return ask_form(CATALOGUE[found.action.name].word, values_of(found, lease), len(desk.context.clusters))


async def filled(desk: Desk, key: str, inbound: Inbound, person: Principal) -> None:
    """Make the plan of a form that was sent, and show it to the one who sent it."""
    known = Known(desk.context.clusters)
    found = asked(inbound, known)
    if not isinstance(found, Spelt):  # the front lets none through, unless the clusters changed since
        text = "; ".join(found.values())
        refusal = Refusal("form-wrong", text, "Open the form again: /ir contain")
        say = refuse_shown if await _shown(desk, over(refusal), external_id=waiting_id(key)) else refuse
        await say(desk.context, key, person, refusal)
        return
    proposal = proposal_of(found.asked, person)
    made = await look(desk.context, proposal)
    offered = () if isinstance(made, Refusal) else await ways(desk.context, proposal, made)
    line = marked(found.line, unmarked(inbound.value)[1])
    view = refused(made, line) if isinstance(made, Refusal) else planned(made, line, offered)
    shown = await _shown(desk, view, external_id=waiting_id(key))
    await looked(desk.context, proposal, made, key, shown=shown)


async def confirmed(desk: Desk, key: str, inbound: Inbound, person: Principal) -> None:
    """Ask for what was looked at. What the view carries was in the client's hands: it is judged as if typed."""
    found = chosen(inbound, Known(desk.context.clusters))
    if found is None:
        refusal = Refusal(FORGED, "This form did not come from Firebreak.", "Open a new one: /ir contain")
        await _shown(desk, over(refusal), external_id=waiting_id(key))
        await refuse(desk.context, key, person, refusal)
        return
    cause = await cause_of(desk, unmarked(inbound.value)[1], found.action.name)
    if isinstance(cause, Refusal):
        await _shown(desk, over(cause), external_id=waiting_id(key))
        await refuse(desk.context, key, person, cause)
        return
    found = msgspec.structs.replace(found, cause=cause)
    reply = await carry_out(desk.context, found, person, key)
    if isinstance(reply, Refusal):
        view = refused(reply, inbound.value)
    else:
        view = await _to_confirm(desk, reply) or over(reply)
    await _shown(desk, view, external_id=waiting_id(key))


async def _to_confirm(desk: Desk, reply: Done) -> Block | None:
    """What breaks the glass goes on with the form that asks for the name."""
    async with desk.context.store.begin() as tx:
        request = await tx.requests.get(reply.request_id)
    return break_modal(request) if request is not None and request.mode is Mode.BREAK_GLASS else None


def proposal_of(asked_for: Propose, person: Principal) -> Proposal:
    """Return what a person asks for."""
    return Proposal(person, asked_for.action, asked_for.lease, asked_for.reason, asked_for.mode)


async def _shown(desk: Desk, view: Block, **where: str) -> bool:
    """Show another view; False when the one to be replaced is gone, or Slack does not answer."""
    for wait in (*AGAIN_AFTER, None):
        try:
            await desk.slack.put("views.update", view=view, **where)
        except DeniedError as error:
            if error.code == NOT_THERE and wait is not None and "external_id" in where:
                await asyncio.sleep(wait)
                continue
            log.info("slack_view_not_updated", extra={"code": error.code})
            return False
        except OutsideError as error:
            log.info("slack_view_not_updated", extra={"code": error.code})
            return False
        return True
    return False
