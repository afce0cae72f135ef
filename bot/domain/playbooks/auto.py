"""
When a playbook's steps might be taken without a person: never, unless it says `auto`, and then hardly ever.

Pure rules: whoever acts by them MUST ask the policy as for any request, give what is protected and counted as learnt for
this very decision, announce it with a way to undo it, and have it reviewed. Nothing does yet.
"""

from typing import Final

import msgspec

from bot.domain.alerts import Alert
from bot.domain.findings import Forecast, Refusal
from bot.domain.plans import Plan
from bot.domain.playbooks.playbook import Playbook
from bot.domain.playbooks.references import ALONE
from bot.domain.policy.guards import NEXT, Decision, Permit, Verdict, decide
from bot.domain.policy.protection import Protected, Subject, protected_hits

POD: Final = "Pod"
ADDRESS: Final = "Address"
BY_HAND: Final = "Decide yourself: the suggestion stands, with its plan."


class Occasion(msgspec.Struct, frozen=True):
    """
    An alert for which a playbook would act. ``source`` is the intake whose proof was checked, empty for none.

    ``acted`` counts what this playbook did by itself in the last hour, whatever became of it.
    """

    playbook: Playbook
    alert: Alert
    source: str
    plan: Plan
    protected: Protected
    acted: int


def may_act(occasion: Occasion) -> Decision:
    """Whether one step's plan may be carried out without a person. What is not known means no."""
    guards = [
        _on,
        _still,
        _proved,
        _one,
        _within_cluster,
        _reversible,
        _enforced,
        _unprotected,
        _seldom,
        _acts,
    ]
    return decide(occasion, guards)


def _on(occasion: Occasion) -> Verdict:
    if occasion.playbook.auto is not None:
        return NEXT
    return Refusal("auto-off", f"{occasion.playbook.name} does not act by itself", BY_HAND)


def _still(occasion: Occasion) -> Verdict:
    return NEXT if occasion.alert.firing else Refusal("auto-resolved", "the alert is resolved", BY_HAND)


def _proved(occasion: Occasion) -> Verdict:
    auto, source = occasion.playbook.auto, occasion.source
    if auto is not None and source and source == occasion.alert.source and source in auto.sources:
        return NEXT
    text = "the alert did not come from a proved source that the playbook trusts"
    return Refusal("auto-source", text, BY_HAND)


def _one(occasion: Occasion) -> Verdict:
    plan = occasion.plan
    known = plan.action in ALONE
    if known and len(plan.parts) == 1 and not plan.also and plan.parts[0].target.kind in {POD, ADDRESS}:
        return NEXT
    return Refusal("auto-one", "it is for exactly one pod or one address", BY_HAND)


def _within_cluster(occasion: Occasion) -> Verdict:
    if occasion.plan.scope == "cluster":
        return NEXT
    return Refusal("auto-estate", "it never reaches beyond one cluster", BY_HAND)


def _reversible(occasion: Occasion) -> Verdict:
    if occasion.plan.reversible:
        return NEXT
    return Refusal("auto-irreversible", "this can't be undone exactly", BY_HAND)


def _enforced(occasion: Occasion) -> Verdict:
    """A cut that holds nothing only looks like one; of an address nobody can say it before."""
    if occasion.plan.forecast is Forecast.NOT_ENFORCED:
        return Refusal("auto-forecast", "nothing seems to enforce it", BY_HAND)
    if occasion.plan.unseen:
        return Refusal("auto-unseen", "not everything could be read that its plan asks about", BY_HAND)
    return NEXT


def _unprotected(occasion: Occasion) -> Verdict:
    target = occasion.plan.parts[0].target
    address = target.kind == ADDRESS
    subjects = () if address else (Subject.of(target),)
    hits = protected_hits(occasion.protected, subjects, (target.name,) if address else ())
    return hits[0] if hits else NEXT


def _seldom(occasion: Occasion) -> Verdict:
    auto = occasion.playbook.auto
    if auto is not None and 0 <= occasion.acted < auto.per_hour:
        return NEXT
    return Refusal("auto-rate", f"it has acted {occasion.acted} times within the hour", BY_HAND)


def _acts(occasion: Occasion) -> Verdict:
    return Permit(f"playbook {occasion.playbook.name}, version {occasion.playbook.version}, acts by itself")
