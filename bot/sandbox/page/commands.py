"""What of this world may be typed, and the tour's lines with the real names in them."""

from typing import Final

from bot.sandbox.page.given import Known
from bot.sandbox.page.tour import BLOCK, QUARANTINE, request_of
from bot.sandbox.page.watching import Watch
from bot.sandbox.scene import CHANNEL
from bot.sandbox.slack import Message
from bot.sandbox.slack.payloads import message_controls

APPROVE: Final = "ir_approve"


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
    """Return a line of the tour with the request that it is about; the block's once the pod is released."""
    if "{id}" not in line:
        return line
    request = request_of(watch.told, QUARANTINE)
    if "rollback" in line and not watch.seen.marked:
        request = request_of(watch.told, BLOCK) or request
    return line.replace("{id}", request or "FB-…").replace("{digest}", digest_of(watch, request))
