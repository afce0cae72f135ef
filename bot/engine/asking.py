"""Who is asking, and what the policy must know of it: people and groups are asked live, at the moment it counts."""

import asyncio
from collections.abc import Iterable

from bot.actions import revive
from bot.domain import policy as rules
from bot.domain.actions import Action
from bot.domain.findings import Refusal
from bot.domain.people import Principal, standing
from bot.domain.policy.governing import governing
from bot.domain.queries import Unavailable
from bot.domain.requests import Decision, Request, Vote
from bot.engine.context import Context


async def person_refusal(context: Context, person: Principal) -> Refusal | None:
    """Return why this person may not act at all, asked now. No answer means no."""
    answer = await context.directory.person(person)
    if isinstance(answer, Unavailable):
        why = f"Slack could not say who you are ({answer.why}), so the answer is no."
        return Refusal(
            "person-unknown", why, "Try again; if Slack is down, use the commands on the card by hand."
        )
    if answer.principal != person:
        return Refusal("person-mismatch", "Slack answered about somebody else.", "Report this.")
    return standing(answer, context.home_teams())


async def membership(context: Context, ask: rules.Ask | None) -> rules.Membership:
    """Ask who is in the groups that matter for this, concurrently. What Slack does not say is unknown: no."""
    asked = rules.usergroups(context.policy, _groups(context, ask))
    answers = await asyncio.gather(*(context.directory.members(group) for group in asked))
    known = {
        group: rules.Unknown(a.why) if isinstance(a, Unavailable) else a
        for group, a in zip(asked, answers, strict=True)
    }
    return rules.membership(context.policy, known)


def _groups(context: Context, ask: rules.Ask | None) -> Iterable[str]:
    if ask is None:
        return context.policy.reads
    found = governing(context.policy, ask)
    if isinstance(found, Refusal):
        return ()
    named = [group for rule in found for group in (*rule.request, *rule.approve, *rule.release)]
    return dict.fromkeys([*named, *context.policy.adds_approver.estate])


def ask_of(action: Action, lease: int | None) -> rules.Ask:
    """Return what the policy judges of an action."""
    targets = tuple((namespace or None, name) for namespace, name in action.places)
    return rules.Ask(action.name, action.at_cluster, targets, action.at_scope, lease)


def ask_again(request: Request) -> rules.Ask:
    """Return what the policy judges of a stored request."""
    return ask_of(revive(request.action, request.parameters), request.terms.lease)


def counted(votes: tuple[Vote, ...]) -> tuple[rules.Vote, ...]:
    """Return the approvals, as the policy counts them."""
    return tuple(rules.Vote(v.voter, v.groups) for v in votes if v.decision is Decision.APPROVE)
