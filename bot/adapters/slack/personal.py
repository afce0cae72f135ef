"""
What is clicked in a direct conversation: *This wasn't me*, and the answers to an offer.

What must hold for a click, in this order: (1) it came from the direct conversation between the bot and just this
person, not from a message that only looks like one; (2) its value has the form of a token; (3) whether the token is
this person's is judged by the use case, against what is stored.
"""

import re
from typing import Final

from bot.adapters.slack.answers import Inbound
from bot.adapters.slack.conversations import DIRECT, conversation, reopened
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.letters import ACCEPT, DECLINE, NOT_ME
from bot.domain.errors import OutsideError
from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.engine.disown import disown
from bot.engine.handover import accept, decline
from bot.engine.saying import refuse

FORGED: Final = "forged-click"
_TOKEN: Final = re.compile(r"[0-9a-f-]{36}", re.ASCII)
_USES: Final = {NOT_ME: disown, ACCEPT: accept, DECLINE: decline}


async def answered(desk: Desk, key: str, click: Inbound, person: Principal) -> None:
    """Do what a button of a direct message stands for, or refuse it."""
    refusal = await _misplaced(desk, click, person)  # (1)
    if refusal is None and not _TOKEN.fullmatch(click.value):  # (2)
        refusal = Refusal(
            FORGED, "This button belongs to no message that Firebreak sent you.", "See what is open: /ir list"
        )
    if refusal is not None:
        await refuse(desk.context, key, person, refusal)
        return
    await _USES[click.name](desk.context, person, click.value, key)  # (3)


async def _misplaced(desk: Desk, click: Inbound, person: Principal) -> Refusal | None:
    elsewhere = Refusal(
        FORGED,
        "This button counts only in your own conversation with the bot.",
        "Open that conversation, and press it there.",
    )
    if click.ephemeral or not click.channel.startswith(DIRECT):
        return elsewhere
    try:
        own = await conversation(desk, person.user)
        if click.channel != own:  # what was remembered may be gone: nobody is refused by that alone
            own = await reopened(desk, person.user)
    except OutsideError as error:
        if click.name == NOT_ME:  # stopping never waits for Slack: the token and the voter decide
            return None
        text = f"Slack could not say which conversation is yours ({error.code}), so the answer is no."
        return Refusal("conversation-unknown", text, "Press again in a moment.")
    return None if click.channel == own else elsewhere
