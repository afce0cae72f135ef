"""By whose word it goes, where that is no quorum's, and whether somebody has looked at it since."""

from typing import Final

from bot.adapters.slack.card.kit import native, section
from bot.adapters.slack.card.painted import Block, Page
from bot.adapters.slack.text import escape
from bot.domain.requests import Mode, Review
from bot.domain.states import FINAL, PartState

WORDS: Final = {
    Mode.SOLO: ("👤", "SOLO", "on one person's word, without an approver"),
    Mode.BREAK_GLASS: ("🚨", "BREAK-GLASS", "on one person's word, past the approvers"),
    Mode.AUTO: ("🤖", "AUTO", "done by a playbook without a person"),
}

UNCONFIRMED: Final = ("⏳", "NOT CONFIRMED YET", "who asked must confirm it; nothing has been changed")


def alone(page: Page) -> list[Block]:
    """Return the mark of what goes without a quorum, with its review; nothing for anything else."""
    words = WORDS.get(page.request.mode)
    if words is None:
        return []
    sign, name, meaning = words
    cause = page.request.cause
    if page.request.mode is Mode.AUTO and cause is not None:
        meaning = f"done by playbook `{escape(cause.playbook, 70)}` without a person"
    return [section(f"{sign} *{name}*: {meaning}{_undo(page)}{_review(page)}")]


def _undo(page: Page) -> str:
    """Whoever reads that nobody asked for it is told at once how it ends."""
    if page.request.mode is not Mode.AUTO or page.shown.state in FINAL:
        return ""
    return f". Not right? Roll it back below, or type /ir rollback {escape(page.request.id, 40)}"


def mark(page: Page) -> str:
    """Return the word that stands before the state, empty for a quorum's."""
    words = WORDS.get(page.request.mode)
    return words[1] if words else ""


def unasked(page: Page) -> str:
    """Return, instead of who may approve, what it waits for."""
    request = page.request
    if request.mode is Mode.SOLO:
        return "*Needs* nobody else: asked for in this way it starts at once"
    if request.requester is None:
        return "*Needs* nobody: the policy lets this playbook act by itself"
    wanted = f"*Waits for* <@{request.requester.user}> to confirm it by typing. Approvers can deny it"
    return wanted if page.preview else f"{wanted} · *open until* {native(page.request.expires_at)}"


def review_open(page: Page) -> bool:
    """Whether it can be signed off."""
    review = page.request.review
    return review is not None and review.open


def _review(page: Page) -> str:
    review = page.request.review
    if review is None:
        return ""
    if review.by is not None:
        first = "".join(f"<@{each.by.user}> and " for each in review.before)
        return f" · ✅ *reviewed* by {first}<@{review.by.user}>{_at(review)}: {escape(review.note, page.room(300))}"
    due = f", reviewers are called {native(review.due_at)}" if review.due_at else ""
    done = ", ".join(f"<@{each.by.user}>" for each in review.before)
    so_far = f", {done} signed, one more has to" if done else ""
    return f" · 🔎 *REVIEW OPEN*{so_far}{due}"


def _at(review: Review) -> str:
    return f" {native(review.at)}" if review.at else ""


def proposed(page: Page) -> bool:
    """Whether it waits for its confirmation."""
    return page.request.mode is Mode.BREAK_GLASS and page.shown.state is PartState.PROPOSED
