"""Commands as people type them: the inverse of ``grammar``, for hints and for cards."""

from bot.adapters.slack.commands import Alerts, Command, Mute, Propose, Undo, Unmute
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
    words = ["plan"] if asked.preview else []
    words.append(spelled(asked.action))
    if asked.mode is not Mode.QUORUM:
        words.append(asked.mode.value)
    if asked.lease is not None:
        words += ["for", told(asked.lease)]
    return " ".join(words) + (f" because {asked.reason}" if asked.reason else "")
