"""
Who may do what, under which conditions, and what is never touched.

``policies`` is the value that policy.yaml becomes; ``authority`` answers the use cases' questions about it with
the guards of ``guards``; ``requirements`` counts approvals; ``protection`` holds what nobody may contain;
``lints`` and ``explain`` are for the policy's author. Everything is pure, and whatever is missing, empty,
unknown or broken is a refusal.
"""

from bot.domain.policy.acting_alone import (
    AskAlone,
    Prospect,
    may_ask_alone,
    may_extend_alone,
    may_review,
    may_run_alone,
)
from bot.domain.policy.alerting import may_mute
from bot.domain.policy.alone import Alone, BreakGlass, Solo
from bot.domain.policy.asks import Active, Ask, Ballot, PlanFacts, Vote
from bot.domain.policy.authority import (
    UNDO_WINDOW,
    Release,
    may_deny,
    may_extend,
    may_read,
    may_release,
    may_request,
    may_vote,
    within_caps,
)
from bot.domain.policy.durations import Duration
from bot.domain.policy.explain import explain
from bot.domain.policy.flood import Crowd, Share, flooding
from bot.domain.policy.guards import Decision, Permit
from bot.domain.policy.lints import lints
from bot.domain.policy.membership import Members, Membership, Unknown, groups_of, membership, usergroups
from bot.domain.policy.policies import Policy, policy_hash, with_own_namespace
from bot.domain.policy.protection import Subject, protected_hits
from bot.domain.policy.requirements import Need, Requirements, missing, requirements, satisfied, told
from bot.domain.policy.rules import OnExpiry, Scope
from bot.domain.policy.seeing import groups_for, may_see
from bot.domain.policy.tightening import stricter, tightened
from bot.domain.policy.unattended import Reviewed, Unattended, review_wait

__all__ = [
    "UNDO_WINDOW",
    "Active",
    "Alone",
    "Ask",
    "AskAlone",
    "Ballot",
    "BreakGlass",
    "Crowd",
    "Decision",
    "Duration",
    "Members",
    "Membership",
    "Need",
    "OnExpiry",
    "Permit",
    "PlanFacts",
    "Policy",
    "Prospect",
    "Release",
    "Requirements",
    "Reviewed",
    "Scope",
    "Share",
    "Solo",
    "Subject",
    "Unattended",
    "Unknown",
    "Vote",
    "explain",
    "flooding",
    "groups_for",
    "groups_of",
    "lints",
    "may_ask_alone",
    "may_deny",
    "may_extend",
    "may_extend_alone",
    "may_mute",
    "may_read",
    "may_release",
    "may_request",
    "may_review",
    "may_run_alone",
    "may_see",
    "may_vote",
    "membership",
    "missing",
    "policy_hash",
    "protected_hits",
    "requirements",
    "review_wait",
    "satisfied",
    "stricter",
    "tightened",
    "told",
    "usergroups",
    "with_own_namespace",
    "within_caps",
]
