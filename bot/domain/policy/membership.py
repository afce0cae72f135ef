"""Who is in which group, as Slack said just now; what it did not say is no."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.policy.guards import Permit
from bot.domain.policy.policies import Policy


class Unknown(msgspec.Struct, frozen=True):
    """Membership that could not be learnt, and why."""

    why: str


Members = frozenset[Principal] | Unknown
Membership = Mapping[str, Members]
NOT_ASKED: Final = Unknown("nobody asked who is in it")


def usergroups(policy: Policy, groups: Iterable[str]) -> tuple[str, ...]:
    """Return the Slack user groups to ask about for these groups, sorted, each once."""
    found = {policy.groups[name].usergroup for name in groups if name in policy.groups}
    return tuple(sorted(g for g in found if g))


def membership(policy: Policy, answers: Mapping[str, Members]) -> Membership:
    """Return who is in each group of the policy, given Slack's answer for each user group id."""
    return {name: _members(policy, name, answers) for name in policy.groups}


def groups_of(groups: Iterable[str], person: Principal, known: Membership) -> tuple[str, ...]:
    """Return which of these groups the person is certainly in, sorted: what a vote records."""
    return tuple(sorted({g for g in groups if _holds(known.get(g, NOT_ASKED), person)}))


def named(groups: tuple[str, ...], person: Principal, known: Membership, verb: str) -> Permit | Refusal:
    """Whether the person is in one of the groups. ``verb`` completes "may ... this"."""
    if not groups:
        return Refusal("nobody-named", f"the policy names nobody who may {verb} this", _change(verb))
    mine = groups_of(groups, person, known)
    if mine:
        return Permit(f"may {verb} as a member of {', '.join(mine)}")
    for group in groups:
        members = known.get(group, NOT_ASKED)
        if isinstance(members, Unknown):
            words = f"it could not be learnt who is in {group} ({members.why}), so the answer is no"
            return Refusal(
                "membership-unknown", words, "Try again in a moment, or ask someone of another group."
            )
    words = f"only members of {', '.join(groups)} may {verb} this"
    return Refusal("not-a-member", words, f"Ask one of them to {verb} it.")


def _members(policy: Policy, name: str, answers: Mapping[str, Members]) -> Members:
    group = policy.groups[name]
    if group.usergroup is None:
        return group.people
    answer = answers.get(group.usergroup, NOT_ASKED)
    return answer if isinstance(answer, Unknown) else answer | group.people


def _holds(members: Members, person: Principal) -> bool:
    return not isinstance(members, Unknown) and person in members


def _change(verb: str) -> str:
    return f"Ask whoever owns policy.yaml to name a group that may {verb} it."
