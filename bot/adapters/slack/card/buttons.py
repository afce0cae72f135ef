"""What can be clicked: only what the state allows. Who may click is decided anew with each click."""

from typing import Final

from bot.adapters.slack.card.alone import proposed, review_open
from bot.adapters.slack.card.kit import button, confirm
from bot.adapters.slack.card.painted import Block, Page, value_of
from bot.domain.confirmations import confirmation
from bot.domain.states import Event, PartState, allows
from bot.engine.recheck import open_to_doubt

BREAK: Final = "ir_break"


def confirming(page: Page) -> list[Block]:
    """Return the button for who asked to break the glass: on the answer to them alone, never on the card."""
    if not proposed(page):
        return []
    press = button(BREAK, "Confirm…", value_of(page.request), style="danger")
    return [{"type": "actions", "elements": [press]}]


def buttons(page: Page) -> list[Block]:
    """Return the row of buttons; none on a preview, which is not stored."""
    if page.preview:
        return []
    found = [*_decide(page), *_review(page), *_release(page), *_drift(page), *_again(page)]
    return [
        {"type": "actions", "elements": [*found, button("ir_details", "Details", value_of(page.request))]}
    ]


def _decide(page: Page) -> list[Block]:
    if page.shown.state is not PartState.PROPOSED:
        return []
    request, value = page.request, value_of(page.request)
    if proposed(page):
        return [button("ir_deny", "Deny…", value, style="danger")]
    # A plan that is safe asks nothing more; one without a way back, or for the whole estate, opens a form for its name.
    name = "Approve…" if confirmation(request.plan) else "Approve"
    return [
        button("ir_approve", name, value, style="primary"),
        button("ir_deny", "Deny…", value, style="danger"),
    ]


def _review(page: Page) -> list[Block]:
    return [button("ir_review", "Sign off…", value_of(page.request))] if review_open(page) else []


def _release(page: Page) -> list[Block]:
    request, rows, value = page.request, page.shown.rows, value_of(page.request)
    found: list[Block] = []
    if any(allows(row.state, Event.RELEASE) for row in rows):
        asked = confirm("Roll it back?", f"Undo exactly: {request.plan.summary}", "Roll back")
        found.append(button("ir_rollback", "Roll back", value, style="danger", confirm=asked))
    elif any(row.state is PartState.APPROVED for row in rows):
        asked = confirm("Cancel it?", f"Do not do this: {request.plan.summary}", "Cancel it")
        found.append(button("ir_rollback", "Cancel", value, style="danger", confirm=asked))
    if any(row.active for row in rows) and request.lease_until and request.release is None:
        found.append(button("ir_extend", "Extend 1 h", value))
    return found


def _drift(page: Page) -> list[Block]:
    drifted = [row for row in page.shown.rows if row.drift]
    if not drifted:
        return []
    value, found = value_of(page.request), []
    if any(allows(row.state, Event.REAPPLY) for row in drifted):
        asked = confirm(
            "Write ours again?", "What others changed is overwritten by what we wrote.", "Re-apply"
        )
        found.append(button("ir_reapply", "Re-apply", value, confirm=asked))
    asked = confirm(
        "Let theirs stand?", "We leave what others changed, now and when it is rolled back.", "Adopt"
    )
    return [*found, button("ir_adopt", "Adopt", value, confirm=asked)]


def _again(page: Page) -> list[Block]:
    doubted = any(open_to_doubt(row) for row in page.shown.rows)
    return [button("ir_recheck", "Check again", value_of(page.request))] if doubted else []
