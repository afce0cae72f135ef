"""playbooks/*.yaml: read, checked against the types and the catalogue, their conditions compiled within bounds."""

from bot.adapters.policy.playbooks.conditions import ConditionError, Conditions
from bot.adapters.policy.playbooks.files import Known, Library, PlaybookError, load, parse

__all__ = ["ConditionError", "Conditions", "Known", "Library", "PlaybookError", "load", "parse"]
