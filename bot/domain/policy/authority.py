"""
Who may do what: the questions that the use cases ask, each answered by a short row of guards.

Two things the caller MUST do beside: ask ``people.standing`` for everyone who acts, and give a membership that
was learnt from Slack for this very decision.
"""

from typing import Final

import msgspec

from bot.domain.findings import Refusal
from bot.domain.people import Principal, same_human
from bot.domain.policy.asks import Active, Ask, Ballot, PlanFacts
from bot.domain.policy.durations import told
from bot.domain.policy.governing import governing
from bot.domain.policy.guards import NEXT, Decision, Permit, Verdict, decide
from bot.domain.policy.limits import REQUEST_WINDOW
from bot.domain.policy.membership import Membership, named
from bot.domain.policy.policies import Policy
from bot.domain.policy.requirements import requirements
from bot.domain.policy.rules import OnExpiry, Rule

UNDO_WINDOW: Final = 15 * 60
# Letting go of a quarantined pod sets an intruder free again, so it always takes an approver.
TAKES_APPROVER: Final = "quarantine-"


class _Case(msgspec.Struct, frozen=True, kw_only=True):
    """One question with all that its guards look at. ``elapsed`` is since the first accepted write, in seconds."""

    policy: Policy
    person: Principal
    known: Membership
    ask: Ask
    requester: Principal | None = None
    holder: Principal | None = None
    ballot: Ballot | None = None
    now: float = 0
    elapsed: float = 0
    lease: int | None = None


def may_read(policy: Policy, person: Principal, known: Membership) -> Decision:
    """Whether the person may use the commands that only show: plan, status, list."""
    return decide(policy.reads, [lambda groups: named(groups, person, known, "read")])


def may_request(policy: Policy, ask: Ask, person: Principal, known: Membership) -> Decision:
    """Whether the person may ask for this. Protection and caps are asked beside (``protected_hits``, ``within_caps``)."""
    case = _Case(policy=policy, person=person, known=known, ask=ask, lease=ask.lease)
    return decide(case, [_not_too_many, _governed, _lease_within, _may_request])


def may_vote(policy: Policy, ballot: Ballot, person: Principal, known: Membership, now: float) -> Decision:
    """Whether the person may approve this now. Whether their card showed the plan in force is the caller's check."""
    case = _Case(policy=policy, person=person, known=known, ask=ballot.ask, ballot=ballot, now=now)
    return decide(case, [_not_own, _not_twice, _in_time, _still_possible, _may_approve])


def may_deny(policy: Policy, ballot: Ballot, person: Principal, known: Membership, now: float) -> Decision:
    """Whether the person may stop this now: the requester may, and whoever may approve."""
    case = _Case(policy=policy, person=person, known=known, ask=ballot.ask, ballot=ballot, now=now)
    return decide(case, [_in_time, _withdraws, _still_possible, _may_deny])


class Release(msgspec.Struct, frozen=True):
    """
    A wish to let go of what is contained; ``elapsed`` is in seconds since the first accepted write.

    ``holder`` answers for it once it was handed over. ``requester`` is ``None`` for what a playbook did by itself.
    """

    ask: Ask
    requester: Principal | None
    elapsed: float
    holder: Principal | None = None


def may_release(policy: Policy, wish: Release, person: Principal, known: Membership) -> Decision:
    """
    Whether the person may roll this back.

    (1) Who answers for it (the requester, until it is handed over) alone within 15 minutes: a mistake is undone at
    once. Later (2) a quarantine, or whatever is held at its lease's end, takes someone who may approve it, did not
    ask for it and does not hold it, and (3) in any case someone whom every governing rule names under ``release``. What
    a playbook did by itself has nobody for (1), nor has it once somebody holds it: within the same time (3) alone lets
    it go.
    """
    case = _Case(
        policy=policy,
        person=person,
        known=known,
        ask=wish.ask,
        requester=wish.requester,
        holder=wish.holder,
        elapsed=wish.elapsed,
    )
    return decide(case, [_undoes_own, _governed, _takes_approver, _may_release])


def may_extend(policy: Policy, ask: Ask, total: int, person: Principal, known: Membership) -> Decision:
    """
    Whether the person may let it last ``total`` seconds from its start without a vote.

    Whoever may request or approve may, up to the policy's maximum; beyond it a new request is needed.
    """
    case = _Case(policy=policy, person=person, known=known, ask=ask, lease=total)
    return decide(case, [_governed, _lease_within, _may_extend])


def within_caps(policy: Policy, ask: Ask, active: Active) -> Decision:
    """Whether there is room for this beside what is active. A target counts one each."""
    caps = policy.caps
    full = _fuller(active.total + len(ask.targets), caps.active_total, "all clusters")
    full = full or _fuller(
        active.in_cluster + len(ask.targets), caps.active_per_cluster, f"cluster {ask.cluster}"
    )
    for space in sorted({namespace for namespace, _ in ask.targets if namespace}):
        wanted = sum(namespace == space for namespace, _ in ask.targets)
        held = active.in_namespaces.get(space, 0)
        full = full or _fuller(held + wanted, caps.active_per_namespace, f"namespace {space}")
    if full:
        return full
    if active.asked_lately >= caps.requests_per_person:
        words = f"you asked {active.asked_lately} times within {told(REQUEST_WINDOW)}; the policy allows that many"
        return Refusal("too-many-requests", words, "Wait a few minutes, or have a colleague ask for it.")
    return Permit("within the caps")


def _fuller(would_be: int, cap: int, where: str) -> Refusal | None:
    if would_be <= cap:
        return None
    words = f"{would_be} targets would be contained in {where}; the policy's cap is {cap}"
    return Refusal(
        "cap-reached", words, "Roll something back first, or ask whoever owns policy.yaml to raise the cap."
    )


def _not_too_many(case: _Case) -> Verdict:
    cap = case.policy.caps.targets_per_request
    if len(case.ask.targets) <= cap:
        return NEXT
    return Refusal(
        "too-many-targets",
        f"{len(case.ask.targets)} targets, at most {cap} in one request",
        "Split it into several requests.",
    )


def _governed(case: _Case) -> Verdict:
    rules = governing(case.policy, case.ask)
    return rules if isinstance(rules, Refusal) else NEXT


def _lease_within(case: _Case) -> Verdict:
    maximum = min(rule.lease.maximum for rule in _rules(case))
    if case.lease is None or 0 < case.lease <= maximum:
        return NEXT
    words = f"this may last at most {maximum}" if case.lease > 0 else "that would be no time at all"
    return Refusal(
        "lease-too-long" if case.lease > 0 else "lease-empty",
        words,
        "Ask for a shorter time." if case.lease > 0 else "Give a length of time, like 30m or 4h.",
    )


def _not_own(case: _Case) -> Verdict:
    holder = case.ballot.holder if case.ballot is not None else None
    if holder is not None and same_human(case.person, holder):
        text = "you hold this since it was handed over to you, so someone else approves it"
        return Refusal("own-request", text, "Ask one of the approvers.")
    asker = case.ballot.requester if case.ballot is not None else None
    if case.ballot is not None and (asker is None or not same_human(case.person, asker)):
        return NEXT
    return Refusal(
        "own-request", "you asked for this, so someone else approves it", "Ask one of the approvers."
    )


def _not_twice(case: _Case) -> Verdict:
    votes = case.ballot.votes if case.ballot else ()
    if any(same_human(vote.voter, case.person) for vote in votes):
        return Refusal(
            "voted-already", "you approved this already; one person is one vote", "Nothing more to do."
        )
    return NEXT


def _in_time(case: _Case) -> Verdict:
    assert case.ballot is not None
    needed = requirements(case.policy, case.ask, case.ballot.facts)
    if isinstance(needed, Refusal):
        return NEXT  # `_still_possible` says why; a requester may withdraw even then
    if case.ballot.asked_at <= case.now < case.ballot.asked_at + needed.approval_expiry:
        return NEXT
    words = f"this request waited for {told(needed.approval_expiry)} and is over"
    return Refusal("approval-expired", words, "Ask again: a new plan shows how things stand now.")


def _withdraws(case: _Case) -> Verdict:
    own = case.ballot is not None and case.person == (case.ballot.holder or case.ballot.requester)
    return Permit("withdraws the own request") if own else NEXT


def _still_possible(case: _Case) -> Verdict:
    needed = requirements(case.policy, case.ask, _facts(case))
    return needed if isinstance(needed, Refusal) else NEXT


def _undoes_own(case: _Case) -> Verdict:
    if case.requester is None:
        return NEXT  # nobody's own mistake: to hold what a playbook did is no right to let it go
    if case.person == (case.holder or case.requester) and 0 <= case.elapsed <= UNDO_WINDOW:
        return Permit(f"undoes the own request within {told(UNDO_WINDOW)}")
    return NEXT


def _takes_approver(case: _Case) -> Verdict:
    held = any(rule.lease.on_expiry == OnExpiry.HOLD for rule in _rules(case))
    cuts = any(one.action.startswith(TAKES_APPROVER) for one in case.ask.each)
    if not (held or cuts or case.ask.steps):
        return NEXT
    if case.requester is None and 0 <= case.elapsed <= UNDO_WINDOW:
        return NEXT  # nobody asked for it: whoever may release it undoes the mistake of a playbook at once
    own = [one for one in (case.requester, case.holder) if one is not None]
    if any(same_human(case.person, one) for one in own):
        words = f"{told(UNDO_WINDOW)} have passed since it was applied, so someone else who may approve it releases it"
        return Refusal("own-release", words, "Ask one of the approvers to roll it back.")
    verdict = _each(case, "approve", "release")
    return verdict if isinstance(verdict, Refusal) else NEXT


def _may_request(case: _Case) -> Verdict:
    return _each(case, "request", "request")


def _may_release(case: _Case) -> Verdict:
    return _each(case, "release", "release")


def _may_extend(case: _Case) -> Verdict:
    verdicts = [named(r.request + r.approve, case.person, case.known, "extend") for r in _rules(case)]
    return _all(verdicts)


def _may_approve(case: _Case) -> Verdict:
    return _of_approvers(case, "approve")


def _may_deny(case: _Case) -> Verdict:
    return _of_approvers(case, "deny")


def _of_approvers(case: _Case, verb: str) -> Verdict:
    needed = requirements(case.policy, case.ask, _facts(case))
    if isinstance(needed, Refusal):
        return needed
    return named(needed.mention, case.person, case.known, verb)


def _each(case: _Case, field: str, verb: str) -> Verdict:
    return _all([named(getattr(rule, field), case.person, case.known, verb) for rule in _rules(case)])


def _all(verdicts: list[Permit | Refusal]) -> Verdict:
    refusals = [verdict for verdict in verdicts if isinstance(verdict, Refusal)]
    return next(iter(refusals + verdicts), NEXT)


def _rules(case: _Case) -> tuple[Rule, ...]:
    rules = governing(case.policy, case.ask)
    return () if isinstance(rules, Refusal) else rules


def _facts(case: _Case) -> PlanFacts:
    assert case.ballot is not None
    return case.ballot.facts
