"""What of this world may be typed, and the tour's lines with the real names in them."""

from typing import Final

from bot.sandbox.page.given import Known
from bot.sandbox.page.tour import cause_of, request_of
from bot.sandbox.page.watching import Watch
from bot.sandbox.scene import CHANNEL
from bot.sandbox.slack import Message
from bot.sandbox.slack.payloads import message_controls

APPROVE: Final = "ir_approve"
UNDO_ALL: Final = "ir_rollback_incident"
"""The button of the answer that shows what would be undone together."""


def known(watch: Watch) -> Known:
    """Return the names that commands may take."""
    seen, incident = watch.seen, watch.scene.incident
    pods = tuple(f"{incident.cluster}/{pod.namespace}/{pod.name}" for pod in (*seen.pods, *seen.callers))
    requests = dict.fromkeys(
        line.request for line in reversed(watch.lines) if line.event == "command" and line.request
    )
    return Known(pods, (seen.beacon,), tuple((request, digest_of(watch, request)) for request in requests))


def card_of(watch: Watch, request: str) -> Message | None:
    """Return the message with this request's buttons."""
    for each in reversed(watch.scene.workspace.messages(CHANNEL)):
        values = [str(control.element.get("value", "")) for control in message_controls(each)]
        if any(value.startswith(f"{request}:") for value in values):
            return each
    return None


def digest_of(watch: Watch, request: str) -> str:
    """Return the short digest that a request's buttons carry, or nothing."""
    card = card_of(watch, request)
    values = [str(c.element.get("value", "")) for c in message_controls(card)] if card else []
    return next((value.split(":")[2] for value in values if value.count(":") == 2), "")


def filled_in(line: str, watch: Watch) -> str:
    """Return a line of the tour with the request that it is about."""
    request = request_of(watch.told)
    if "{undo}" in line:
        return _undoing(watch, request)
    if "{id}" not in line:
        return line
    return line.replace("{id}", request or "FB-…").replace("{digest}", digest_of(watch, request))


def _undoing(watch: Watch, request: str) -> str:
    """What came of the alert is shown before it is confirmed; what somebody typed is undone by its own id."""
    cause = cause_of(watch.told)
    if not cause:
        return f"/ir rollback {request or 'FB-…'} because the tour is over"
    digest = confirming(watch, cause)
    return f"/ir rollback alert {cause}" + (f" confirm {digest} because the tour is over" if digest else "")


def confirming(watch: Watch, cause: str) -> str:
    """Return the digest of what would be undone, as it was told last in this round; empty before that."""
    card = card_of(watch, request_of(watch.told))
    for each in reversed(watch.scene.workspace.messages(CHANNEL, ephemeral=True)):
        values = [str(c.element.get("value", "")) for c in message_controls(each) if c.action_id == UNDO_ALL]
        found = next((value for value in values if value.startswith(f"{cause}:")), "")
        if found and card is not None and each.ts > card.ts:
            return found.split(":")[1]
    return ""
