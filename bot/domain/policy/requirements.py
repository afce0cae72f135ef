"""What a request needs before it runs, and whether the votes so far are it."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from bot.domain.findings import Refusal
from bot.domain.people import Principal, same_human
from bot.domain.policy.asks import Ask, PlanFacts, Vote
from bot.domain.policy.governing import governing, label
from bot.domain.policy.policies import ESCALATE_AFTER, Policy
from bot.domain.policy.rules import OnExpiry, Rule, Scope

NO_SECOND_GROUP: Final = (
    "Wait, roll something back, or ask whoever owns policy.yaml to name a second group under `flood`."
)

MOST_TOLD: Final = 20
LONGEST_TOLD: Final = 300


class Need(msgspec.Struct, frozen=True):
    """So many different approvers out of any of these groups, and why. One approver may count for several needs."""

    count: int
    groups: tuple[str, ...]
    why: str


class Requirements(msgspec.Struct, frozen=True):
    """
    Everything that the policy asks of one request. Times are in seconds.

    ``quorum`` is the largest count asked of any need; ``mention`` are the groups that may approve, each once;
    ``because`` says for each approver beyond the rule's own quorum why; ``on_expiry`` is ``None`` where the
    action's own way holds. ``flood`` is the reason out of ``because`` that is the flood guard's.
    ``escalation`` are groups to mention once nobody has decided for ``escalate_after``.
    """

    needs: tuple[Need, ...]
    quorum: int
    mention: tuple[str, ...]
    because: tuple[str, ...]
    approval_expiry: int
    lease_default: int
    lease_maximum: int
    on_expiry: OnExpiry | None
    escalation: tuple[str, ...] = ()
    escalate_after: int = ESCALATE_AFTER
    flood: str = ""


def requirements(policy: Policy, ask: Ask, facts: PlanFacts) -> Requirements | Refusal:
    """
    Return what must be satisfied, or why nothing can.

    Where several rules govern the targets, every one of them must be satisfied, the shortest times hold, and
    one ``hold`` holds all. So it is with steps: whatever is enough for all of them is enough for each alone.
    """
    if facts.protected:
        return facts.protected[0]
    rules = governing(policy, ask)
    if isinstance(rules, Refusal):
        return rules
    extra = _extra(policy, ask, facts)
    more = sum(count for count, _ in extra)
    needs = [Need(max(1, r.quorum) + more, r.approve, label(policy, r)) for r in rules]
    because = [why for _, why in extra]
    if ask.wide or facts.scope == Scope.ESTATE:
        because.append("it reaches beyond one cluster")
        needs.append(Need(1, policy.adds_approver.estate, because[-1]))
    if facts.flood:
        if not policy.flood.approve:
            return Refusal("flood", facts.flood, NO_SECOND_GROUP)
        because.append(facts.flood)
        another = 0 if _many(policy, ask, facts) else 1
        for one in ask.each:  # people of the groups of one step are no second opinion on another
            own = governing(policy, one)
            if isinstance(own, Refusal):
                return own
            most = max(max(1, rule.quorum) for rule in own) + more + another
            needs += _second_group(own, most, policy.flood.approve, facts.flood)
    combined = _combined(rules, tuple(dict.fromkeys(needs)), tuple(because))
    return msgspec.structs.replace(combined, flood=facts.flood, **_escalation(policy, rules))


def _second_group(
    rules: tuple[Rule, ...], people: int, second: tuple[str, ...], why: str
) -> tuple[Need, ...]:
    """One out of the second group, and so many people in all: a member of both groups does not count as two."""
    both = tuple(dict.fromkeys([*(group for rule in rules for group in rule.approve), *second]))
    return (Need(1, second, why), Need(people, both, why))


def told(needed: Requirements) -> list[str]:
    """Return each need as the record keeps it: ``1 of security: rule 2 (payments)``; long ones are cut."""
    said = [f"{need.count} of {' or '.join(need.groups)}: {need.why}" for need in needed.needs[:MOST_TOLD]]
    return [f"{one[: LONGEST_TOLD - 1]}\u2026" if len(one) > LONGEST_TOLD else one for one in said]


def satisfied(
    needed: Requirements, requester: Principal | None, votes: Iterable[Vote], holder: Principal | None = None
) -> bool:
    """Whether every need has enough different approvers. Requester and holder never count, by whatever id."""
    return bool(needed.needs) and not missing(needed, requester, votes, holder)


def missing(
    needed: Requirements, requester: Principal | None, votes: Iterable[Vote], holder: Principal | None = None
) -> tuple[Need, ...]:
    """Return what is still needed, each need with the count that is left; empty means enough."""
    own = [one for one in (requester, holder) if one is not None]
    counted = tuple(v for v in votes if not any(same_human(v.voter, one) for one in own))
    left = [msgspec.structs.replace(n, count=n.count - _count(n, counted)) for n in needed.needs]
    return tuple(need for need in left if need.count > 0)


def _count(need: Need, votes: tuple[Vote, ...]) -> int:
    return len({v.voter.user for v in votes if set(v.groups) & set(need.groups)})


def _extra(policy: Policy, ask: Ask, facts: PlanFacts) -> list[tuple[int, str]]:
    adds, found = policy.adds_approver, []
    if facts.last_ready_replica is None:
        found.append(
            (adds.last_ready_replica, "it could not be seen whether a target is the last Ready replica")
        )
    elif facts.last_ready_replica:
        found.append((adds.last_ready_replica, "a target is the last Ready replica of its workload"))
    targets, limit = max(facts.targets, len(ask.targets)), adds.targets_over.targets
    if targets > limit:
        found.append((adds.targets_over.approvers, f"it has {targets} targets, more than {limit}"))
    return [(count, why) for count, why in found if count]


def _many(policy: Policy, ask: Ask, facts: PlanFacts) -> bool:
    """Whether one more is asked for already because of the many targets: a flood is the same worry, not a second."""
    over = policy.adds_approver.targets_over
    return bool(over.approvers) and max(facts.targets, len(ask.targets)) > over.targets


def _combined(rules: tuple[Rule, ...], needs: tuple[Need, ...], because: tuple[str, ...]) -> Requirements:
    maximum = min(r.lease.maximum for r in rules)
    return Requirements(
        needs=needs,
        quorum=max(n.count for n in needs),
        mention=tuple(dict.fromkeys(group for need in needs for group in need.groups)),
        because=because,
        approval_expiry=int(min(r.approval_expiry for r in rules)),
        lease_default=int(min(maximum, *(r.lease.default for r in rules))),
        lease_maximum=int(maximum),
        on_expiry=_on_expiry(rules),
    )


def _escalation(policy: Policy, rules: tuple[Rule, ...]) -> dict[str, Any]:
    named = [policy.escalation if r.escalation is None else r.escalation for r in rules]
    return {
        "escalation": tuple(dict.fromkeys(group for groups in named for group in groups)),
        "escalate_after": int(min(r.escalate_after or policy.escalate_after for r in rules)),
    }


def _on_expiry(rules: tuple[Rule, ...]) -> OnExpiry | None:
    ways = {r.lease.on_expiry for r in rules}
    if OnExpiry.HOLD in ways:
        return OnExpiry.HOLD
    return None if None in ways else OnExpiry.RELEASE
