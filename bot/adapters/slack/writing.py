"""Commands as people type them: the inverse of ``grammar``, for hints and for cards."""

from bot.actions import CATALOGUE
from bot.adapters.slack import commands
from bot.adapters.slack.commands import Command, Propose
from bot.domain.actions import Action, Slot, SlotKind
from bot.domain.policy.durations import told


def written(command: Command) -> str:
    """Return the text, without ``/ir``, that parses to this command again."""
    match command:
        case Propose():
            return _proposal(command)
        case commands.Deny(request_id, digest, reason):
            return " ".join(p for p in ("deny", request_id, digest, "because", reason) if p)
        case commands.Extend(request_id, seconds):
            return f"extend {request_id} {told(seconds)}"
        case commands.Approve(request_id, digest):
            return f"approve {request_id} {digest}"
        case commands.Rollback(request_id, reason):
            return f"rollback {request_id}{_because(reason)}"
        case commands.Status(request_id) | commands.Help(request_id):
            return f"{_verb(command)} {request_id}".strip()
        case commands.Adopt(request_id) | commands.Reapply(request_id):
            return f"{_verb(command)} {request_id}"
        case commands.List() | commands.Whoami():
            return _verb(command)


def _verb(command: Command) -> str:
    return type(command).__name__.lower()


def _because(reason: str) -> str:
    return f" because {reason}" if reason else ""


def _proposal(asked: Propose) -> str:
    action = asked.action
    words = ["plan"] if asked.preview else []
    words.append(CATALOGUE[action.name].word)
    for slot in sorted(action.slots, key=lambda s: bool(s.keyword)):
        words += [slot.keyword] if slot.keyword else []
        words.append(_value(action, slot))
    if asked.lease is not None:
        words += ["for", told(asked.lease)]
    return " ".join(words) + _because(asked.reason)


def _value(action: Action, slot: Slot) -> str:
    value = getattr(action, slot.field)
    if slot.kind is SlotKind.PODS:
        first, *rest = value
        place = (action.at_cluster, action.places[0][0], first)
        return ",".join(("/".join(place), *rest))
    return ",".join(value) if isinstance(value, tuple) else str(value)
