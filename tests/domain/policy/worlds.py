"""A small workplace to ask the policy about: people, groups, rules and what they ask for."""

from typing import Any

from bot.domain.people import Principal
from bot.domain.policy import Ask, Ballot, Duration, Membership, PlanFacts, Policy, Vote, groups_of
from bot.domain.policy.limits import AddsApprover, Flood
from bot.domain.policy.rules import Group, Lease, Rule, Scope

ANN, BEN, CLEO, DAN, EVE = (Principal("T1", f"U{n}") for n in range(1, 6))
PEOPLE = (ANN, BEN, CLEO, DAN, EVE)
KNOWN: Membership = {
    "on-call": frozenset({ANN, BEN}),
    "leads": frozenset({BEN, CLEO, DAN}),
    "network": frozenset({DAN, EVE}),
}
GROUPS = {
    "on-call": Group(users=(ANN.key, BEN.key)),
    "leads": Group(usergroup="S1"),
    "network": Group(users=(DAN.key, EVE.key)),
}


def a_lease(**changes: Any) -> Lease:
    return Lease(**{"default": Duration(3600), "maximum": Duration(7200), **changes})


def a_rule(**changes: Any) -> Rule:
    whole = {
        "actions": ("*",),
        "clusters": ("*",),
        "request": ("on-call",),
        "approve": ("leads",),
        "release": ("leads",),
        "lease": a_lease(),
    }
    return Rule(**{**whole, **changes})


def a_policy(*rules: Rule, **changes: Any) -> Policy:
    whole: dict[str, Any] = {
        "version": 1,
        "groups": GROUPS,
        "reads": ("on-call",),
        "rules": rules or (a_rule(),),
    }
    around = {"adds_approver": AddsApprover(estate=("network",)), "flood": Flood(approve=("network",))}
    return Policy(**{**around, **whole, **changes})


def an_ask(*targets: tuple[str | None, str], **changes: Any) -> Ask:
    whole = {"action": "quarantine-pod", "cluster": "prod", "targets": targets or (("payments", "api-1"),)}
    return Ask(**{**whole, **changes})


def facts(**changes: Any) -> PlanFacts:
    return PlanFacts(**{"last_ready_replica": False, "targets": 1, "scope": Scope.CLUSTER, **changes})


def a_ballot(*votes: Vote, requester: Principal = ANN, **changes: Any) -> Ballot:
    whole: dict[str, Any] = {"ask": an_ask(), "facts": facts(), "asked_at": 1000.0}
    return Ballot(requester=requester, votes=votes, **{**whole, **changes})


def a_vote(voter: Principal, known: Membership = KNOWN) -> Vote:
    return Vote(voter, groups_of(known, voter, known))
