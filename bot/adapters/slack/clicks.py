"""
What a pressed button means, if it is one of ours, pressed on the card that stands.

A payload is truly Slack's and may still be forged: whoever can post as our app, or tampers with a client, chooses
what it says. What must hold, in this order: (1) the button is one that cards have; (2) its value reads as
``<request id>:<revision>:<short digest>``; (3) the message is where that request's card is now, or it is the person's
Home and a button that Homes have; (4) the request
exists and has come to that revision; (5) for anything but a vote, the value names the newest plan (the use case
that counts votes judges theirs).
"""

import asyncio
import re
from typing import Final

import msgspec

from bot.adapters.slack import commands
from bot.adapters.slack.answers import Inbound
from bot.adapters.slack.card.staying import CLOSE
from bot.adapters.slack.commands import Command
from bot.adapters.slack.desk import Desk
from bot.domain.digests import names
from bot.domain.findings import Refusal
from bot.domain.quarantine.closing import MOST
from bot.domain.requests import Request
from bot.ports import Painted

LOOKS, LOOK = 40, 0.05  # at most two seconds: a form must open within the three that Slack allows
EXTENSION: Final = 3600  # seconds that the button adds
FORGED: Final = "forged-click"
STALE: Final = "stale-card"
_VALUE: Final = re.compile(r"(?a)([A-Z]{2}-[0-9A-Z]{4,20}):([1-9][0-9]{0,8}):([0-9a-f]{12,64})")

APPROVE: Final = "ir_approve"
DENY: Final = "ir_deny"
DETAILS: Final = "ir_details"
REVIEW: Final = "ir_review"
CLOSING: Final = tuple(f"{CLOSE}{n}" for n in range(1, MOST + 1))
"""Each opens the form that asks for what would close an opening, in the order of the card."""

VOTES: Final = frozenset({APPROVE, DENY})
BUTTONS: Final = frozenset(
    {APPROVE, DENY, DETAILS, "ir_rollback", "ir_extend", "ir_reapply", "ir_adopt", "ir_recheck", REVIEW}
    | set(CLOSING)
)


HOME: Final = "home"
AT_HOME: Final = frozenset({DENY, DETAILS, REVIEW, "ir_rollback", "ir_extend"})
"""What a person's Home offers: nothing that is said to a plan that it does not show."""


class Pressed(msgspec.Struct, frozen=True):
    """A button's or form's value: which request, which revision of its plan, the short digest."""

    request_id: str
    revision: int
    digest: str

    @classmethod
    def of(cls, value: str) -> "Pressed | None":
        """Read a value; ``None`` for anything that no card carries."""
        found = _VALUE.fullmatch(value)
        return cls(found[1], int(found[2]), found[3]) if found else None


class Verified(msgspec.Struct, frozen=True):
    """A click that may go on, with its request as it stood."""

    pressed: Pressed
    request: Request


async def verified(desk: Desk, click: Inbound) -> Verified | Refusal:
    """Hold a click against the stored card and request."""
    if click.name not in BUTTONS:  # (1)
        return _forged("There is no such button.")
    pressed = Pressed.of(click.value)  # (2)
    if pressed is None:
        return _forged("This button belongs to no card that Firebreak posted.")
    at_home = click.place == HOME and click.name in AT_HOME
    refusal = None if at_home else await _misplaced(desk, click, pressed)  # (3)
    if refusal is not None:
        return refusal
    async with desk.context.store.begin() as tx:
        request = await tx.requests.get(pressed.request_id)
    if request is None or pressed.revision > request.revision:  # (4)
        return _forged("This button belongs to no card that Firebreak posted.")
    newest = pressed.revision == request.revision and names(pressed.digest, request.digest)
    if click.name not in VOTES and not newest:  # (5)
        return _stale(pressed)
    return Verified(pressed, request)


async def _misplaced(desk: Desk, click: Inbound, pressed: Pressed) -> Refusal | None:
    card = await desk.cards.get(pressed.request_id) or await _kept_soon(desk, click, pressed.request_id)
    if card is None or click.ephemeral or click.channel != card.channel:
        return _forged(f"This is not the card of {pressed.request_id}.")
    return None if click.message_ts == card.ts else _stale(pressed)


async def _kept_soon(desk: Desk, click: Inbound, request_id: str) -> Painted | None:
    async with desk.context.store.begin() as tx:
        request = await tx.requests.get(request_id)
    if request is None or click.channel != request.channel:
        return None
    return await card_soon(desk, request_id)


async def card_soon(desk: Desk, key: str) -> Painted | None:
    """Return where a card is that people see already, while Slack's answer or our note of it is still on its way."""
    for _ in range(LOOKS):
        await asyncio.sleep(LOOK)
        if (card := await desk.cards.get(key)) is not None:
            return card
    return None


def meaning(button: str, pressed: Pressed) -> Command:
    """Return the command that a verified button stands for; those that open a view stand for none."""
    match button:
        case "ir_approve":
            return commands.Approve(pressed.request_id, pressed.digest)
        case "ir_rollback":
            return commands.Rollback(pressed.request_id)
        case "ir_extend":
            return commands.Extend(pressed.request_id, EXTENSION)
        case "ir_reapply":
            return commands.Reapply(pressed.request_id)
        case "ir_recheck":
            return commands.Recheck(pressed.request_id)
        case "ir_adopt":
            return commands.Adopt(pressed.request_id)
        case _:
            raise ValueError(f"{button} stands for no command")


def _forged(text: str) -> Refusal:
    return Refusal(FORGED, text, "Use the buttons on the request's own card. To find it: /ir list")


def _stale(pressed: Pressed) -> Refusal:
    text = f"This is not the newest card of {pressed.request_id}."
    return Refusal(STALE, text, f"Look at /ir status {pressed.request_id}.")
