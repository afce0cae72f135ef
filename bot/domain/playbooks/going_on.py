"""Whether what was decided without a person is still begun: minutes, or a restart, may lie between."""

from datetime import datetime

import msgspec

from bot.domain.findings import Refusal
from bot.domain.plans import Plan
from bot.domain.playbooks.auto import BY_HAND, STALE, undone
from bot.domain.policy.unattended import Unattended
from bot.domain.suggestions.causes import Cause


class Meanwhile(msgspec.Struct, frozen=True):
    """
    What is so now, read in the transaction that lets the first write go.

    ``decided`` is when it was. ``firing``: an alert of the group that names the target still is. ``dismissed``: its suggestion
    is not open any more. ``undone``: a person let go of something else that the playbook did, within a day.
    """

    decided: datetime
    now: datetime
    firing: bool
    muted: bool
    dismissed: bool
    undone: bool


def may_go_on(
    unattended: Unattended | None, cause: Cause, plan: Plan, meanwhile: Meanwhile
) -> Refusal | None:
    """Return why what was decided is not begun any more."""
    return (
        _let(unattended, cause, plan)
        or _in_time(meanwhile)
        or (None if not meanwhile.undone else undone(cause.playbook))
        or _wanted(meanwhile)
    )


def _let(unattended: Unattended | None, cause: Cause, plan: Plan) -> Refusal | None:
    """The policy that let it may have changed since."""
    if unattended is not None and unattended.playbooks.get(cause.playbook) == cause.sha256:
        target = plan.parts[0].target if plan.parts else None
        if target is not None and unattended.covers(plan.action, plan.cluster, target.namespace):
            return None
    return Refusal("auto-off", f"the policy no longer lets {cause.playbook} act by itself here", BY_HAND)


def _in_time(meanwhile: Meanwhile) -> Refusal | None:
    if meanwhile.now - meanwhile.decided <= STALE:
        return None
    return Refusal("auto-stale", "it was decided more than ten minutes ago and has not been begun", BY_HAND)


def _wanted(meanwhile: Meanwhile) -> Refusal | None:
    if not meanwhile.firing:
        return Refusal("auto-resolved", "no alert that names it fires any more", BY_HAND)
    if meanwhile.muted:
        return Refusal("auto-muted", "the rule was muted before it was begun", BY_HAND)
    if meanwhile.dismissed:
        return Refusal("auto-dismissed", "somebody said before it was begun that it is not wanted", BY_HAND)
    return None
