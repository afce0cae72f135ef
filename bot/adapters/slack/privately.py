"""
What is clicked on an answer that one person alone was given: *Confirm…* of a break-glass, *Roll back all* of a root.

What must hold, in this order: (1) it came from such an answer: for one person's eyes, or in a direct conversation;
(2) its value reads as one of ours; (3) who clicks is who was answered. Whoever holds the bot's token can post such an
answer too, with any words around the button: so *Roll back all* names the row of the command that it answers, which only
Slack and we know, and that command must be this person's and about just that. *Confirm…* decides nothing: it opens
the form, painted from the rows, that asks to type the name. All else is judged by the use case, as if it had been typed.
"""

import re
from typing import Final

from bot.adapters.slack import answers
from bot.adapters.slack.answers import Inbound
from bot.adapters.slack.card.buttons import BREAK
from bot.adapters.slack.carrying import carry_out
from bot.adapters.slack.clicks import FORGED, Pressed
from bot.adapters.slack.commands import Undo
from bot.adapters.slack.conversations import DIRECT
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.grammar import Known, parse
from bot.adapters.slack.letters import SWEEP
from bot.adapters.slack.modals import ask_to_break
from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.roots import Kind, Root, read
from bot.engine.confirm import Confirmation, may_confirm
from bot.engine.saying import Attempt, refuse, refuse_attempt

PRIVATE: Final = frozenset({BREAK, SWEEP})
_SWEEP: Final = re.compile(r"(?a)([!-9;-~]{1,80}):([0-9a-f]{12}):([!-~]{1,250})")


async def pressed(desk: Desk, key: str, click: Inbound, person: Principal) -> None:
    """Do what a button of a private answer stands for, or refuse it."""
    if click.view or not (click.ephemeral or click.channel.startswith(DIRECT)):  # (1)
        await refuse(desk.context, key, person, _strange())
    elif click.name == BREAK:
        await _breaking(desk, key, click, person)
    else:
        await _sweeping(desk, key, click, person)


async def _breaking(desk: Desk, key: str, click: Inbound, person: Principal) -> None:
    value = Pressed.of(click.value)  # (2)
    if value is None:
        await refuse(desk.context, key, person, _strange())
        return
    said = Confirmation(person, value.request_id, value.digest, "")
    request, refusal = await may_confirm(desk.context, said)  # (3)
    if request is None or refusal is not None:
        attempt = Attempt("confirm", request, value.request_id)
        await refuse_attempt(desk.context, key, person, refusal or _strange(), attempt)
        return
    await ask_to_break(desk, key, click, request)


async def _sweeping(desk: Desk, key: str, click: Inbound, person: Principal) -> None:
    found = _SWEEP.fullmatch(click.value)  # (2)
    root = read(found[1]) if found else None
    if found is None or root is None or not await _answers(desk, found[3], click.user, root):  # (3)
        await refuse(desk.context, key, person, _strange(), target=root.typed if root else "")
        return
    await carry_out(desk.context, Undo(root, found[2]), person, key, click.channel)


async def _answers(desk: Desk, origin: str, user: str, root: Root) -> bool:
    """Whether this row is a command of this user that asked to see what of it could be undone."""
    row = await desk.doorway.get(origin)
    if row is None:
        return False
    asked = answers.decoded(row.payload)
    if asked.kind != answers.COMMAND or asked.user != user:
        return False
    typed = parse(asked.text, Known(desk.context.clusters))
    return (
        isinstance(typed, Undo)
        and not typed.digest
        and (typed.root == root or (typed.root == Root() and root.kind is Kind.INCIDENT))
    )


def _strange() -> Refusal:
    return Refusal(
        FORGED, "This button belongs to no answer that Firebreak gave you.", "See what is open: /ir list"
    )
