"""What is suggested when something is alerted: which playbooks fit, and the actions that they name."""

from bot.domain.playbooks.auto import Call, Lately, Occasion, may_act, may_begin, may_try, names
from bot.domain.playbooks.choosing import Chosen, Outcome, Passed, chosen
from bot.domain.playbooks.filling import Filled, Impossible, Manual, Ready, filled
from bot.domain.playbooks.going_on import Meanwhile, may_go_on
from bot.domain.playbooks.playbook import Auto, ByHand, Match, Playbook, Step, Take, Taken, playbook_hash
from bot.domain.playbooks.references import problems

__all__ = [
    "Auto",
    "ByHand",
    "Call",
    "Chosen",
    "Filled",
    "Impossible",
    "Lately",
    "Manual",
    "Match",
    "Meanwhile",
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
    "may_begin",
    "may_go_on",
    "may_try",
    "names",
    "playbook_hash",
    "problems",
]
