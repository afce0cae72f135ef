"""What is suggested when something is alerted: which playbooks fit, and the actions that they name."""

from bot.domain.playbooks.auto import Occasion, may_act
from bot.domain.playbooks.choosing import Chosen, Outcome, Passed, chosen
from bot.domain.playbooks.filling import Filled, Impossible, Manual, Ready, filled
from bot.domain.playbooks.playbook import Auto, ByHand, Match, Playbook, Step, Take, Taken, playbook_hash
from bot.domain.playbooks.references import problems

__all__ = [
    "Auto",
    "ByHand",
    "Chosen",
    "Filled",
    "Impossible",
    "Manual",
    "Match",
    "Occasion",
    "Outcome",
    "Passed",
    "Playbook",
    "Ready",
    "Step",
    "Take",
    "Taken",
    "chosen",
    "filled",
    "may_act",
    "playbook_hash",
    "problems",
]
