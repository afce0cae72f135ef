"""
Canaries: short-lived pods of ours that try connections, to show with packets whether a cut bites.

A canary is told its aims (``python -m bot.canary --connect NAME=ADDRESS:PORT ... --for SECONDS``), and answers by the
message with which its container ends.
"""

from bot.domain.canary.answers import Answered, Failed, Heard, Report, Result, Waiting, report
from bot.domain.canary.body import CANARY, COMMAND, CONTAINER, Aim, is_canary, pod
from bot.domain.canary.likeness import NEVER_OF_THE_POD, TOPOLOGY, unlike
from bot.domain.probes import LONGEST, Canary, Role

__all__ = [
    "CANARY",
    "COMMAND",
    "CONTAINER",
    "LONGEST",
    "NEVER_OF_THE_POD",
    "TOPOLOGY",
    "Aim",
    "Answered",
    "Canary",
    "Failed",
    "Heard",
    "Report",
    "Result",
    "Role",
    "Waiting",
    "is_canary",
    "pod",
    "report",
    "unlike",
]
