"""
Self-tests: whether a cluster's engine enforces at all, tried with pods of our own in a namespace of their own.

Canaries on one node: two that listen and two that call, one of each pair under the policy that a quarantine writes. They
connect before that policy is written, so that what is cut afterwards was open, between the same pods.
"""

from bot.domain.selftests.bodies import callers, listeners, policy
from bot.domain.selftests.judging import Seen, judged
from bot.domain.selftests.nodes import chosen, unpoliced
from bot.domain.selftests.values import FRESH, SelfTest, Site, news, told
from bot.domain.tested import Outcome, Told

__all__ = [
    "FRESH",
    "Outcome",
    "Seen",
    "SelfTest",
    "Site",
    "Told",
    "callers",
    "chosen",
    "judged",
    "listeners",
    "news",
    "policy",
    "told",
    "unpoliced",
]
