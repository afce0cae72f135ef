"""
Views that a click opens. The click's trigger lives three seconds, so this is the first thing done for its row.

When the view cannot be opened any more, the person is told the command that does the same.
"""

import logging

from bot.adapters.slack.answers import Inbound
from bot.adapters.slack.card import deny_modal, details, review_modal
from bot.adapters.slack.carrying import tell
from bot.adapters.slack.clicks import CLOSING, Pressed, Verified
from bot.adapters.slack.commands import Approve, Confirm, Propose
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.form.closing import wish_form, wish_of
from bot.adapters.slack.form.confirming import break_modal, confirm_modal
from bot.adapters.slack.form.marked import bearing
from bot.adapters.slack.writing import written
from bot.domain.audit.events import Event as EventName
from bot.domain.confirmations import confirmation
from bot.domain.digests import short
from bot.domain.errors import OutsideError
from bot.domain.findings import Refusal, no_such_request
from bot.domain.people import Principal
from bot.domain.requests import Request
from bot.engine.alone import confirmed_by
from bot.engine.propose import Proposal, barred_from
from bot.engine.reading import may_read, show
from bot.engine.recording import Entry, append
from bot.engine.review import closed
from bot.engine.saying import Attempt, refuse, refuse_attempt

log = logging.getLogger("firebreak.slack.modals")


async def ask_reason(desk: Desk, key: str, click: Inbound, pressed: Pressed) -> None:
    """Open the form that asks why. It shows nothing and decides nothing: whoever submits it is judged then."""
    view = deny_modal(pressed.request_id, pressed.revision, pressed.digest)
    by_hand = f"The form could not be opened. Type: /ir deny {pressed.request_id} because <why>"
    await _open(desk, key, click, view, by_hand)


async def ask_review(desk: Desk, key: str, click: Inbound, person: Principal, found: Verified) -> None:
    """Open the form that asks what was looked at, if a review is open. Whoever submits it is judged then."""
    refusal = closed(found.request)
    if refusal is not None:
        attempt = Attempt("review", found.request)
        await refuse_attempt(desk.context, key, person, refusal, attempt)
        return
    pressed = found.pressed
    view = review_modal(pressed.request_id, pressed.revision, pressed.digest)
    by_hand = (
        f"The form could not be opened. Type: /ir review {pressed.request_id} because <what you looked at>"
    )
    await _open(desk, key, click, view, by_hand)


async def ask_name(desk: Desk, key: str, click: Inbound, request: Request) -> None:
    """Open the form that asks for the name before the vote. The click itself counts for nothing."""
    approve = Approve(request.id, short(request.digest), confirmation(request.plan))
    by_hand = f"Nothing was approved: the form could not be opened. Type: /ir {written(approve)}"
    await _open(desk, key, click, confirm_modal(request), by_hand)


async def ask_to_break(desk: Desk, key: str, click: Inbound, request: Request) -> None:
    """Open the form that asks who broke the glass for the name. The click itself starts nothing."""
    confirm = Confirm(request.id, short(request.digest), confirmed_by(request.plan))
    by_hand = f"Nothing is done yet: the form could not be opened. Type: /ir {written(confirm)}"
    await _open(desk, key, click, break_modal(request), by_hand)


async def ask_to_close(desk: Desk, key: str, click: Inbound, person: Principal, request: Request) -> None:
    """
    Open the form that asks for what would close an opening, filled in as the card offers it now.

    What it asks for is read from the stored plan, never from the click. Nothing is asked before it is sent.
    """
    shown = await show(desk.context.store, request.id)
    wish = wish_of(shown, CLOSING.index(click.name)) if shown is not None else None
    if wish is None:
        refusal = Refusal(
            "nothing-to-close",
            f"{request.id} offers no such thing any more.",
            f"Look at /ir status {request.id}.",
        )
        await refuse_attempt(desk.context, key, person, refusal, Attempt("close", request))
        return
    barred = await barred_from(desk.context, Proposal(person, wish.action, wish.lease, wish.reason))
    if barred is not None:
        await refuse_attempt(desk.context, key, person, barred, Attempt("close", request))
        return
    by_hand = f"Nothing was asked: the form could not be opened. Type: /ir {written(wish)}"
    await _open(desk, key, click, wish_form(wish, len(desk.context.clusters)), by_hand)


async def ask_why(desk: Desk, key: str, click: Inbound, view: dict[str, object], by_hand: str) -> None:
    """Open a form that asks for a reason. It decides nothing: whoever submits it is judged then."""
    await _open(desk, key, click, view, by_hand)


async def ask_for(
    desk: Desk, key: str, click: Inbound, person: Principal, wish: Propose, mark: str = ""
) -> None:
    """
    Open the form of a containment, filled in; that it was opened is recorded. Nothing is asked before it is sent.

    ``mark`` says of which suggestion it comes.
    """
    barred = await barred_from(desk.context, Proposal(person, wish.action, wish.lease, wish.reason))
    typed = written(wish)
    if barred is not None:
        await refuse_attempt(desk.context, key, person, barred, Attempt("ask", None, typed))
        return
    by_hand = f"Nothing was asked: the form could not be opened. Type: /ir {typed}"
    entry = Entry(EventName.COMMAND, person, outcome="form", target=typed[:500])
    view = bearing(wish_form(wish, len(desk.context.clusters)), mark)
    await _open(desk, key, click, view, by_hand, entry)


async def show_details(desk: Desk, key: str, click: Inbound, person: Principal, request_id: str) -> None:
    """Open everything about a request, for those who may read."""
    refusal = await may_read(desk.context, person)
    shown = await show(desk.context.store, request_id)
    if shown is None or refusal is not None:
        missing = no_such_request(request_id)
        await refuse(desk.context, key, person, refusal or missing, target=request_id)
        return
    by_hand = f"The details could not be opened in time. Press again, or type: /ir status {request_id}"
    await _open(desk, key, click, details(shown), by_hand)


async def _open(
    desk: Desk, key: str, click: Inbound, view: dict[str, object], by_hand: str, entry: Entry | None = None
) -> None:
    try:
        await desk.slack.post("views.open", trigger_id=click.trigger_id, view=view)
    except OutsideError as error:
        log.info("slack_view_not_opened", extra={"key": key, "code": error.code})
        await tell(desk.context, key, by_hand)
        return
    async with desk.context.store.begin() as tx:
        if await tx.inbox.finish(key) and entry is not None:
            await append(desk.context, tx, entry)
