"""
What is one click away and needs no bot to be read: the whole plan, what has happened, the way by hand.

It stands in the message itself, so that it can be read on the day that the bot is dead.
"""

from bot.adapters.slack.card.byhand import byhand
from bot.adapters.slack.card.kit import context, fold
from bot.adapters.slack.card.painted import Block, Page
from bot.adapters.slack.card.parts import parts
from bot.adapters.slack.card.plan import changes, consequences, open_whole, targets
from bot.adapters.slack.card.rich import line, rich, say, together
from bot.adapters.slack.text import visible
from bot.domain.states import FINAL, PartState


def folded(page: Page) -> list[Block]:
    """Return the collapsed rest of the card."""
    plan = page.request.plan
    if page.bare:
        return [context(f"The plan itself is too long for a message: {page.more}")]
    if page.shown.state in FINAL:
        return fold(
            "What was asked, and what happened", [*whole(page), *parts(page), *targets(page), *changes(page)]
        )
    count, targeted = sum(len(part.changes) for part in plan.parts), len(plan.parts)
    wide = f"{targeted} target" if targeted == 1 else f"{targeted} targets"
    title = f"The whole plan: {count} {'change' if count == 1 else 'changes'}, {wide}, and the way by hand"
    if page.shown.state is not PartState.PROPOSED:
        title = "What has happened, the whole plan, and the way by hand"
    told = [*parts(page), *targets(page), *changes(page), *together([*consequences(page), *open_whole(page)])]
    return fold(title, [*whole(page), *told, *byhand(page)])


def whole(page: Page) -> list[Block]:
    """Return what the top of the card had to cut: the summary, the reason."""
    request = page.request
    summary = line(say(visible(request.plan.summary), page.room(1500)))
    reason = line(say("Because: ", bold=True), say(request.reason, page.room(1500)))
    long = [
        *([summary] if len(request.plan.summary) > 100 else []),
        *([reason] if len(request.reason) > page.room(220) // 2 else []),
    ]
    return [rich(*long)] if long else []
