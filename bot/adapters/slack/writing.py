"""Commands as people type them: the inverse of ``grammar``, for hints and for cards."""

from bot.actions import CATALOGUE
from bot.adapters.slack.commands import Alerts, Command, Mute, Propose, Undo, Unmute
from bot.domain.actions import Action, Slot, SlotKind
from bot.domain.policy.durations import told
from bot.domain.requests import Mode
from bot.domain.spelling import spelled


def written(command: Command) -> str:
    """Return the text, without ``/ir``, that parses to this command again."""
    if isinstance(command, Propose):
        return _proposal(command)
    if isinstance(command, Undo):
        return _undoing(command)
    if isinstance(command, Alerts):
        return f"alerts {command.group_id or f'last {told(command.seconds)}'}"
    if isinstance(command, Mute | Unmute):
        return _quieting(command)
    typed = (_typed(name, getattr(command, name)) for name in command.__struct_fields__)
    return " ".join((type(command).__name__.lower(), *(word for word in typed if word)))


def _undoing(asked: Undo) -> str:
    words = ["rollback", asked.root.typed]
    words += ["confirm", asked.digest] if asked.digest else []
    words += ["because", asked.reason] if asked.reason else []
    return " ".join(word for word in words if word)


def _quieting(asked: Mute | Unmute) -> str:
    words = [type(asked).__name__.lower(), f'"{asked.rule}"']
    words += ["of", asked.source] if asked.source else []
    words += ["for", told(asked.seconds)] if isinstance(asked, Mute) else []
    return " ".join([*words, *(["because", asked.reason] if asked.reason else [])])


def _typed(field: str, value: str | int) -> str:
    if isinstance(value, bool):
        return field if value else ""
    if isinstance(value, int):
        return told(value)
    if field == "name" and value:
        return f"name {value}"
    return f"because {value}" if field == "reason" and value else value


def _proposal(asked: Propose) -> str:
    action = asked.action
    words = ["plan"] if asked.preview else []
    words += [spelled(action)] if action.composes else _alone(action)
    if asked.mode is not Mode.QUORUM:
        words.append(asked.mode.value)
    if asked.lease is not None:
        words += ["for", told(asked.lease)]
    return " ".join(words) + (f" because {asked.reason}" if asked.reason else "")


def _alone(action: Action) -> list[str]:
    words = [CATALOGUE[action.name].word]
    said = (slot for slot in action.slots if action.said(slot.field))
    for slot in sorted(said, key=lambda s: bool(s.keyword)):
        words += [slot.keyword] if slot.keyword else []
        words.append(_value(action, slot))
    return words


def _value(action: Action, slot: Slot) -> str:
    value = getattr(action, slot.field)
    if slot.kind is SlotKind.PODS:
        first, *rest = value
        place = (action.at_cluster, action.places[0][0], first)
        return ",".join(("/".join(place), *rest))
    return ",".join(value) if isinstance(value, tuple) else str(value)
