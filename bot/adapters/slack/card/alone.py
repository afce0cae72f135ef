"""By whose word it goes, where that is no quorum's, and whether somebody has looked at it since."""

from datetime import datetime
from typing import Final

from bot.adapters.slack.card.kit import plain, section
from bot.adapters.slack.card.painted import Block, Page
from bot.adapters.slack.card.rich import DAY, utc
from bot.adapters.slack.text import escape
from bot.domain.requests import Mode, Review
from bot.domain.states import PartState

CALLBACK_ID: Final = "ir_review_modal"
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
    return wanted if page.preview else f"{wanted} · *open until* {_native(page.request.expires_at)}"


def review_open(page: Page) -> bool:
    """Whether it can be signed off."""
    review = page.request.review
    return review is not None and review.open


def review_modal(request_id: str, revision: int, short_digest: str) -> Block:
    """Return the view that asks what was looked at; what it carries is the value of the button, read back as one."""
    asked = {
        "type": "input",
        "block_id": "reason",
        "label": plain("What did you look at? Everybody who sees the request reads this.", 2000),
        "element": {
            "type": "plain_text_input",
            "action_id": "text",
            "multiline": True,
            "min_length": 1,
            "max_length": 2000,
            "focus_on_load": True,
        },
    }
    return {
        "type": "modal",
        "callback_id": CALLBACK_ID,
        "title": plain(f"Review {request_id}", 24),
        "submit": plain("Sign off", 24),
        "close": plain("Back", 24),
        "private_metadata": f"{request_id}:{revision}:{short_digest}"[:3000],
        "blocks": [asked],
    }


def _review(page: Page) -> str:
    review = page.request.review
    if review is None:
        return ""
    if review.by is not None:
        return f" · ✅ *reviewed* by <@{review.by.user}>{_at(review)}: {escape(review.note, page.room(300))}"
    due = f", reviewers are called {_native(review.due_at)}" if review.due_at else ""
    return f" · 🔎 *REVIEW OPEN*{due}"


def _at(review: Review) -> str:
    return f" {_native(review.at)}" if review.at else ""


def _native(at: datetime) -> str:
    return f"<!date^{int(at.timestamp())}^{DAY}|{utc(at)}>"


def proposed(page: Page) -> bool:
    """Whether it waits for its confirmation."""
    return page.request.mode is Mode.BREAK_GLASS and page.shown.state is PartState.PROPOSED
