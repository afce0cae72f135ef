"""
When a playbook's step is taken without a person: never, unless playbook and policy both say so, and then hardly ever.

Pure rules. Whoever acts by them MUST ask the policy as for any request, give what is protected, counted and known as learnt
for this very decision, announce it with a way to undo it, and have it reviewed. What is not known means no.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from bot.domain.alerts import Alert, SubjectKind
from bot.domain.findings import Forecast, Refusal
from bot.domain.plans import Plan, Target
from bot.domain.playbooks.playbook import Playbook
from bot.domain.policy.guards import NEXT, Decision, Permit, Verdict, decide
from bot.domain.policy.protection import Protected, Subject, protected_hits
from bot.domain.policy.requirements import Requirements
from bot.domain.policy.unattended import KNOWN, Unattended

POD: Final = "Pod"
ADDRESS: Final = "Address"
BY_HAND: Final = "Decide yourself: the suggestion stands, with its plan."
STALE: Final = timedelta(minutes=10)
AHEAD: Final = timedelta(minutes=1)
"""So far may a sender's clock be ahead of ours."""
PEOPLE: Final = 2
"""So many must be there who could sign it off."""


class Call(msgspec.Struct, frozen=True):
    """
    An alert for which a playbook that is in force would act, before anything is planned.

    ``sha256`` is that of the playbook as it is in force; ``source`` the intake whose proof was checked, empty for none.
    ``muted``: somebody wants to hear nothing of the rule; ``dismissed``: nor of the suggestion.
    """

    playbook: Playbook
    sha256: str
    unattended: Unattended | None
    alert: Alert
    source: str
    now: datetime
    muted: bool = False
    dismissed: bool = False


class Lately(msgspec.Struct, frozen=True):
    """
    What playbooks did by themselves: this one and all of them within the hour, whatever became of it.

    ``repeated``: the same for the same alerts already. ``undone``: a person let go of something that this playbook did within
    a day. ``reviewers`` counts the people who could be called and may act.
    """

    acted: int
    together: int
    reviewers: int
    repeated: bool = False
    undone: bool = False


class Occasion(msgspec.Struct, frozen=True):
    """A plan that would be carried out, with what the policy asks of it and protects, and what was done lately."""

    call: Call
    plan: Plan
    needs: Requirements
    protected: Protected
    lately: Lately


def may_begin(call: Call) -> Decision:
    """Whether it is worth a plan at all."""
    return decide(call, [*_EARLY, lambda _: Permit("a plan may be made")])


def may_act(occasion: Occasion) -> Decision:
    """Whether one step's plan may be carried out without a person."""
    begin = may_begin(occasion.call)
    if isinstance(begin, Refusal):
        return begin
    guards: list[Callable[[Occasion], Verdict]] = [
        _one,
        _covered,
        _named,
        _same_pod,
        _within_cluster,
        _reversible,
        _enforced,
        _unprotected,
        _asks_no_more,
        _reviewable,
        *(partial(_paced, guard) for guard in _PACE),
        _acts,
    ]
    return decide(occasion, guards)


def may_try(call: Call, lately: Lately) -> Decision:
    """Whether it is worth a plan after all that was done lately; who could review it is asked only with a plan."""
    begin = may_begin(call)
    if isinstance(begin, Refusal):
        return begin
    return decide((call, lately), [*_PACE, lambda _: Permit("a plan may be made")])


def names(alert: Alert, target: Target) -> bool:
    """Whether an alert names just this pod or address, and in no other cluster."""
    if target.kind == ADDRESS:
        found = [each for each in alert.of(SubjectKind.ADDRESS) if each.name == target.name]
    else:
        place = (target.namespace, target.name)
        found = [each for each in alert.of(SubjectKind.POD) if (each.namespace, each.name) == place]
    return any(each.cluster in {"", target.cluster} for each in found)


def _on(call: Call) -> Verdict:
    name, policy = call.playbook.name, call.unattended
    if call.playbook.auto is not None and policy is not None and name in policy.playbooks:
        return NEXT
    return Refusal("auto-off", f"{name} does not act by itself", BY_HAND)


def _pinned(call: Call) -> Verdict:
    named = call.unattended.playbooks.get(call.playbook.name) if call.unattended else None
    if named and named == call.sha256:
        return NEXT
    text = f"{call.playbook.name} is not the one that the policy names: its hash is {call.sha256[:12] or 'not known'}"
    return Refusal("auto-changed", text, "Ask whoever owns policy.yaml to look at the playbook as it is now.")


def _still(call: Call) -> Verdict:
    return NEXT if call.alert.firing else Refusal("auto-resolved", "the alert is resolved", BY_HAND)


def _fresh(call: Call) -> Verdict:
    age = call.now - call.alert.started
    if -AHEAD <= age <= STALE:
        return NEXT
    text = "the alert began more than ten minutes ago" if age > STALE else "the alert lies in the future"
    return Refusal("auto-stale", text, BY_HAND)


def _proved(call: Call) -> Verdict:
    auto, source = call.playbook.auto, call.source
    if auto is not None and source and source == call.alert.source and source in auto.sources:
        return NEXT
    text = "the alert did not come from a proved source that the playbook trusts"
    return Refusal("auto-source", text, BY_HAND)


def _wanted(call: Call) -> Verdict:
    if call.dismissed:
        return Refusal("auto-dismissed", "somebody said that it is not wanted", BY_HAND)
    if call.muted:
        return Refusal("auto-muted", "the rule is muted: nobody looks at its cards", BY_HAND)
    return NEXT


_EARLY: Final = (_on, _pinned, _still, _fresh, _proved, _wanted)


def _one(occasion: Occasion) -> Verdict:
    plan = occasion.plan
    single = len(plan.parts) == 1 and not plan.also and not plan.steps
    if plan.action in KNOWN and single and plan.parts[0].target.kind in {POD, ADDRESS}:
        return NEXT
    return Refusal("auto-one", "it is for exactly one pod or one address", BY_HAND)


def _covered(occasion: Occasion) -> Verdict:
    plan, policy = occasion.plan, occasion.call.unattended
    target = plan.parts[0].target
    if policy is not None and policy.covers(plan.action, plan.cluster, target.namespace):
        return NEXT
    return Refusal("auto-not-here", f"the policy does not allow auto for {plan.action} there", BY_HAND)


def _named(occasion: Occasion) -> Verdict:
    """Only what this very alert names, whatever else its group does."""
    if names(occasion.call.alert, occasion.plan.parts[0].target):
        return NEXT
    return Refusal("auto-not-named", "the newest alert does not name it", BY_HAND)


def _same_pod(occasion: Occasion) -> Verdict:
    """A pod can be replaced under its name: what was made since is not what was alerted."""
    target = occasion.plan.parts[0].target
    if target.kind != POD or made_before(target, occasion.call.alert):
        return NEXT
    text = "the pod was made after the alert began, or it is not known when: another may have taken its place"
    return Refusal("auto-replaced", text, BY_HAND)


def made_before(target: Target, alert: Alert) -> bool:
    """Whether a pod is known to have been there when an alert began, as far as the clocks agree."""
    return target.created is not None and target.created <= alert.started + AHEAD


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


def _asks_no_more(occasion: Occasion) -> Verdict:
    """What would call for another approver surprises somebody, so it is not for nobody."""
    because = list(occasion.needs.because)
    pod = occasion.plan.parts[0].target.kind == POD
    if pod and occasion.plan.blast_radius.last_ready_replica is not False and not because:
        because = ["the pod is, or may be, the last Ready replica of its workload"]
    if not because:
        return NEXT
    return Refusal("auto-asks-more", f"it asks for more than one approver: {'; '.join(because)}", BY_HAND)


def _reviewable(occasion: Occasion) -> Verdict:
    if occasion.lately.reviewers >= PEOPLE:
        return NEXT
    return Refusal("auto-nobody", "fewer than two people could be called to review it", BY_HAND)


_Paced = tuple[Call, Lately]


def _not_repeated(case: _Paced) -> Verdict:
    if not case[1].repeated:
        return NEXT
    return Refusal("auto-already", "this was done for these alerts already", BY_HAND)


def _not_undone(case: _Paced) -> Verdict:
    """Whoever undoes one act has stopped the playbook: it would only do the same again."""
    call, lately = case
    return undone(call.playbook.name) if lately.undone else NEXT


def undone(playbook: str) -> Refusal:
    """Say that a person undid what the playbook had done."""
    text = f"within the last day a person undid what {playbook} had done by itself"
    return Refusal("auto-undone", text, BY_HAND)


def _seldom(case: _Paced) -> Verdict:
    call, lately = case
    auto, policy = call.playbook.auto, call.unattended
    own = auto is not None and 0 <= lately.acted < auto.per_hour
    if own and policy is not None and 0 <= lately.together < policy.per_hour:
        return NEXT
    text = f"it has acted {lately.acted} times within the hour, and all playbooks together {lately.together}"
    return Refusal("auto-rate", text, BY_HAND)


_PACE: Final = (_not_repeated, _not_undone, _seldom)


def _paced(guard: Callable[[_Paced], Verdict], occasion: Occasion) -> Verdict:
    return guard((occasion.call, occasion.lately))


def _acts(occasion: Occasion) -> Verdict:
    playbook = occasion.call.playbook
    return Permit(f"playbook {playbook.name}, version {playbook.version}, acts by itself")
