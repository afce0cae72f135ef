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
from bot.ports import Transaction


async def person_refusal(context: Context, person: Principal) -> Refusal | None:
    """Return why this person may not act at all, asked now. No answer means no."""
    answer = await context.directory.person(person)
    if isinstance(answer, Unavailable):
        why = f"Slack could not say who you are ({answer.why}), so the answer is no."
        return Refusal(
            "person-unknown", why, "Try again; while Slack is down, run the commands on the card by hand."
        )
    if answer.principal != person:
        return Refusal(
            "person-mismatch",
            "Slack answered about somebody else.",
            "Try again; if it stays, tell whoever runs Firebreak.",
        )
    refusal = standing(answer, context.home_teams())
    if refusal is not None:
        return refusal
    async with context.store.begin() as tx:
        return await frozen_refusal(tx, person)


async def frozen_refusal(tx: Transaction, person: Principal) -> Refusal | None:
    """
    Return why this human may do nothing at all, under whatever team id.

    What changes anything asks this once more, in the transaction of the change.
    """
    frozen = await tx.frozen.of(person)
    if frozen is None:
        return None
    why = f"this account is frozen since {frozen.at:%Y-%m-%d %H:%M} UTC: its owner said that a vote was not theirs"
    return Refusal(
        "account-frozen", why, "Ask whoever runs Firebreak: they unfreeze it once the account is safe."
    )


async def requester_frozen(tx: Transaction, request: Request) -> Refusal | None:
    """Return why nobody can approve this: what a stolen account may have asked for waits until it is safe."""
    if request.requester is None or await tx.frozen.of(request.requester) is None:
        return None
    why = f"the account that asked for {request.id} is frozen: its owner said that a vote was not theirs"
    remedy = f"Ask for it yourself, or deny it: /ir deny {request.id} because <why>. Once unfrozen, it can be approved."
    return Refusal("requester-frozen", why, remedy)


async def not_frozen(tx: Transaction, votes: tuple[Vote, ...]) -> tuple[Vote, ...]:
    """Return the votes of accounts that are not frozen: one disowned vote puts all of an account's in doubt."""
    return tuple([vote for vote in votes if await tx.frozen.of(vote.voter) is None])


async def membership(context: Context, ask: rules.Ask | None, also: Iterable[str] = ()) -> rules.Membership:
    """
    Ask who is in the groups that matter for this, concurrently. What Slack does not say is unknown: no.

    ``also`` names more groups of the policy to ask about.
    """
    asked = rules.usergroups(context.policy, (*_groups(context, ask), *also))
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
    return dict.fromkeys([*named, *context.policy.adds_approver.estate, *context.policy.flood.approve])


def ask_of(action: Action, lease: int | None) -> rules.Ask:
    """Return what the policy judges of an action; of one that is made of several it judges each."""
    targets = tuple((namespace or None, name) for namespace, name in action.places)
    steps = tuple(ask_of(one, lease) for one in action.each) if action.composes else ()
    return rules.Ask(action.name, action.at_cluster, targets, action.at_scope, lease, steps)


def ask_again(request: Request) -> rules.Ask:
    """Return what the policy judges of a stored request."""
    return ask_of(revive(request.action, request.parameters), request.terms.lease)


def counted(votes: tuple[Vote, ...]) -> tuple[rules.Vote, ...]:
    """Return the approvals that are not void, as the policy counts them."""
    return tuple(
        rules.Vote(v.voter, v.groups) for v in votes if v.decision is Decision.APPROVE and not v.void
    )
