"""By whose word it goes, where that is no quorum's, and whether somebody has looked at it since."""

from typing import Final

from bot.adapters.slack.card.kit import native, section
from bot.adapters.slack.card.painted import Block, Page
from bot.adapters.slack.text import escape
from bot.domain.requests import Mode, Review
from bot.domain.states import PartState

WORDS: Final = {
    Mode.SOLO: ("👤", "SOLO", "on one person's word, without an approver"),
    Mode.BREAK_GLASS: ("🚨", "BREAK-GLASS", "on one person's word, past the approvers"),
}

UNCONFIRMED: Final = ("⏳", "NOT CONFIRMED YET", "who asked must confirm it; nothing has been changed")


def alone(page: Page) -> list[Block]:
    """Return the mark of what goes without a quorum, with its review; nothing for anything else."""
    words = WORDS.get(page.request.mode)
    if words is None:
        return []
    sign, name, meaning = words
    return [section(f"{sign} *{name}*: {meaning}{_review(page)}")]


def mark(page: Page) -> str:
    """Return the word that stands before the state, empty for a quorum's."""
    words = WORDS.get(page.request.mode)
    return words[1] if words else ""


def unasked(page: Page) -> str:
    """Return, instead of who may approve, what it waits for."""
    request = page.request
    if request.mode is Mode.SOLO:
        return "*Needs* nobody else: asked for in this way it starts at once"
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
        return f" · ✅ *reviewed* by <@{review.by.user}>{_at(review)}: {escape(review.note, page.room(300))}"
    due = f", reviewers are called {native(review.due_at)}" if review.due_at else ""
    return f" · 🔎 *REVIEW OPEN*{due}"


def _at(review: Review) -> str:
    return f" {native(review.at)}" if review.at else ""


def proposed(page: Page) -> bool:
    """Whether it waits for its confirmation."""
    return page.request.mode is Mode.BREAK_GLASS and page.shown.state is PartState.PROPOSED
