"""
What is one click away and needs no bot to be read: the whole plan, what has happened, the way by hand.

It stands in the message itself, so that it can be read on the day that the bot is dead.
"""

from bot.adapters.slack.card.byhand import byhand
from bot.adapters.slack.card.kit import fold
from bot.adapters.slack.card.painted import Block, Page
from bot.adapters.slack.card.parts import parts
from bot.adapters.slack.card.plan import changes, consequences, open_whole, targets
from bot.domain.states import FINAL, PartState


def folded(page: Page) -> list[Block]:
    """Return the collapsed rest of the card."""
    plan = page.request.plan
    if page.shown.state in FINAL:
        return fold("What was asked, and what happened", [*parts(page), *targets(page), *changes(page)])
    count, targeted = sum(len(part.changes) for part in plan.parts), len(plan.parts)
    wide = f"{targeted} target" if targeted == 1 else f"{targeted} targets"
    title = f"The whole plan: {count} {'change' if count == 1 else 'changes'}, {wide}, and the way by hand"
    if page.shown.state is not PartState.PROPOSED:
        title = "What has happened, the whole plan, and the way by hand"
    told = [*parts(page), *targets(page), *changes(page), *consequences(page), *open_whole(page)]
    return fold(title, [*told, *byhand(page)])
