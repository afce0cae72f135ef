"""The exact commands that do and undo it by hand, for the day that the bot is dead: whole, or not here."""

import msgspec

from bot.actions import revive
from bot.adapters.slack.card.painted import Block, Page
from bot.adapters.slack.card.rich import code, line, rich, say
from bot.adapters.slack.commands import Propose
from bot.adapters.slack.text import block as code_text
from bot.adapters.slack.writing import written
from bot.domain.plans import Part
from bot.domain.states import FINAL


def byhand(page: Page) -> list[Block]:
    """
    Return the commands of as many parts as fit; a part's are never cut, nor shown without each other.

    Half a sequence run in an emergency would be worse than none.
    """
    if page.shown.state in FINAL:
        return []
    room, shown = page.room(3600), []
    every = [row.part for row in page.shown.rows]
    for part in every:
        room -= sum(len(command) for command in (*part.commands.do, *part.commands.undo))
        if room < 0:
            break
        shown.append(part)
    blocks = [of_parts(shown)] if shown else []
    left = len(every) - len(shown)
    if left:
        whose = (
            "The commands to do and undo it by hand" if not shown else f"The commands of {left} more parts"
        )
        blocks.append(rich(line(say(f"… {whose}: {page.more}"))))
    return blocks


def asking(page: Page) -> list[Block]:
    """Return, on a preview, the command that asks for just this; nothing for what is no longer known."""
    if not page.preview:
        return []
    request = page.request
    try:
        action = revive(request.action, request.parameters)
    except (KeyError, msgspec.ValidationError):
        return []
    typed = written(Propose(action, request.terms.lease, request.reason))
    if len(typed) > page.room(1500):
        return []
    return [rich(line(say("To ask for it:", bold=True)), code(f"/ir {typed}"))]


def of_parts(parts: list[Part]) -> Block:
    """Return the commands of these parts, those that do first."""
    do = "\n".join(command for part in parts for command in part.commands.do)
    undo = "\n".join(command for part in reversed(parts) for command in part.commands.undo)
    title = line(say("By hand, should the bot be dead: do", bold=True))
    hidden = [line(say("Hidden characters are spelt out as \\u…: do not copy these as they are."))]
    return rich(
        title,
        code(do or "(nothing)"),
        line(say("undo", bold=True)),
        code(undo or "(nothing)"),
        *(hidden if code_text(do + undo) != do + undo else []),
    )
