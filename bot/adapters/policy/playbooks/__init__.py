"""playbooks/*.yaml: read, checked against the types and the catalogue, their conditions compiled within bounds."""

from bot.adapters.policy.playbooks.conditions import ConditionError, Conditions
from bot.adapters.policy.playbooks.files import Known, Library, PlaybookError, load, parse
from bot.adapters.policy.playbooks.judging import Judged, judged

__all__ = [
    "ConditionError",
    "Conditions",
    "Judged",
    "Known",
    "Library",
    "PlaybookError",
    "judged",
    "load",
    "parse",
]
