"""What can be clicked on a board: only what stands on it. Each opens a form; none of them does anything by itself."""

from collections.abc import Mapping

from bot.actions import CATALOGUE
from bot.adapters.slack.board.marks import DISMISS, PREPARE, WHOLE, dismissal_of, value_of
from bot.adapters.slack.board.page import Leaf
from bot.adapters.slack.card.kit import button
from bot.adapters.slack.card.painted import Block
from bot.domain.states import FINAL
from bot.domain.suggestions import Suggested, Suggestion
from bot.engine.takings import Taken


def asking(leaf: Leaf, one: Suggestion) -> list[Block]:
    """Return the row of buttons of a suggestion; none once it is dismissed, or over."""
    if leaf.over or not one.open:
        return []
    group = leaf.group.id
    found: list[Block] = []
    for number, step in enumerate(one.steps[: leaf.steps]):
        if offered(leaf.taken, step):
            text = f"Prepare {number + 1}: {_word(step)}…"
            style = {"style": "primary"} if not found else {}
            found.append(button(f"{PREPARE}{number}", text, value_of(group, one, number), **style))
    if one.whole is not None and offered(leaf.taken, one.whole):
        found.append(button(WHOLE, "Prepare all in one…", value_of(group, one, -1)))
    found.append(button(DISMISS, "Dismiss…", dismissal_of(group, one)))
    return [{"type": "actions", "elements": found}]


def offered(taken: Mapping[str, Taken], step: Suggested) -> bool:
    """Whether a step can be asked for: it has a plan, and what came of it before is not under way."""
    return step.plan is not None and not under_way(taken, step)


def under_way(taken: Mapping[str, Taken], step: Suggested) -> bool:
    """Whether the request that came of a step is known, and not at its end."""
    before = taken.get(step.request_id) if step.request_id else None
    return before is not None and before.state not in FINAL


def _word(step: Suggested) -> str:
    kind = CATALOGUE.get(step.action)
    return kind.word if kind else "this"
