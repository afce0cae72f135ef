"""
Who may act without a quorum, on what, and who looks at it afterwards.

Asked beside what every request is asked (``authority.may_request``, ``requirements``): these only narrow. The caller
MUST ask ``people.standing`` for everyone who acts, and give a membership that was learnt for this very decision.
"""

from typing import Final

import msgspec

from bot.domain.findings import Refusal
from bot.domain.people import Principal, same_human
from bot.domain.policy.alone import Alone, BreakGlass, Solo
from bot.domain.policy.asks import Ask, PlanFacts
from bot.domain.policy.governing import governing
from bot.domain.policy.guards import NEXT, Decision, Permit, Verdict, decide
from bot.domain.policy.membership import Membership, named
from bot.domain.policy.names import any_matches, covers
from bot.domain.policy.policies import Policy
from bot.domain.policy.requirements import Requirements
from bot.domain.policy.rules import Scope
from bot.domain.policy.unattended import Reviewed

REASON: Final = 10  # visible characters at least
UNHELD: Final = (
    "It stays as it is. Whoever extends it within what the policy allows for auto holds it from then on, and an approver who "
    "is somebody else may extend it further. Or ask for it anew: others approve it."
)
ORDINARILY: Final = "Ask again without solo or break-glass: then others approve it."


class AskAlone(msgspec.Struct, frozen=True):
    """Somebody's wish to act without a quorum. ``alone`` is the policy's section for it, ``None`` where it has none."""

    word: str
    alone: Alone | None
    ask: Ask
    reason: str
    person: Principal


class Prospect(msgspec.Struct, frozen=True):
    """What the plan promises: whether it can be undone, and whether it is known to hold nothing."""

    facts: PlanFacts
    needs: Requirements
    reversible: bool
    enforced: bool


def may_ask_alone(wish: AskAlone, known: Membership) -> Decision:
    """Whether this person may ask for it in this way at all, before anything is planned."""
    case = (wish, known)
    return decide(case, [_on, _covered, _within_cluster, _one_target, _short, _explained, _named])


def may_run_alone(wish: AskAlone, prospect: Prospect) -> Decision:
    """
    Whether this plan may run without a quorum.

    Solo is for what surprises nobody: reversible, enforced as far as is known, and nothing that calls for another
    approver. Break-glass goes past all that asks for approvers; what is protected never gets here.
    """
    return decide(
        (wish, prospect), [_planned_one, _planned_within, _reversible, _unsurprising, _nothing_added, _runs]
    )


def may_review(
    alone: Reviewed | None,
    own: tuple[Principal, ...],
    person: Principal,
    known: Membership,
    otherwise: tuple[str, ...] = (),
) -> Decision:
    """
    Whether this person may look at it afterwards and say so: one of the reviewers, and none of ``own``.

    ``own`` are who asked for it and who answers for it since. ``otherwise`` reviews what did not run alone.
    """
    reviewers = alone.reviewers if alone is not None else otherwise
    if not reviewers:
        text = "the policy no longer names anybody who reviews this"
        return Refusal(
            "nobody-named", text, "Ask whoever owns policy.yaml to put the section with its reviewers back."
        )
    if any(same_human(person, one) for one in own):
        text = "you asked for this or answer for it, so someone else looks at it"
        return Refusal("own-review", text, "Ask one of the reviewers.")
    return named(reviewers, person, known, "review")


def may_extend_alone(
    policy: Policy, ask: Ask, own: tuple[Principal, ...], person: Principal, known: Membership
) -> Decision:
    """
    Whether this person may let it last longer than one person alone could decide.

    That takes an approval: of someone else, whom every governing rule names, where one approver is enough. Where nobody
    answers for it yet, whoever agrees would be the only one.
    """
    rules = governing(policy, ask)
    if isinstance(rules, Refusal):
        return rules
    if not own:
        text = "one person alone cannot keep it for that long: nobody holds it yet, so here two must agree"
        return Refusal("quorum-needed", text, UNHELD)
    if any(same_human(person, one) for one in own):
        text = "one person alone cannot keep it for that long: somebody else must agree"
        return Refusal("own-extension", text, "Ask one of the approvers to extend it, or roll it back.")
    if any(rule.quorum > 1 for rule in rules):
        text = "one person alone cannot keep it for that long: here several must agree"
        return Refusal(
            "quorum-needed",
            text,
            "It stays as it is. For longer: roll it back, and ask again without solo or break-glass.",
        )
    verdicts = [named(rule.approve, person, known, "approve") for rule in rules]
    return next((v for v in verdicts if isinstance(v, Refusal)), verdicts[0])


def visible(text: str) -> int:
    """Return how many characters of a text can be seen."""
    return sum(c.isprintable() and not c.isspace() for c in text)


_Early = tuple[AskAlone, Membership]
_Late = tuple[AskAlone, Prospect]


def _on(case: _Early) -> Verdict:
    wish = case[0]
    if wish.alone is not None:
        return NEXT
    text = f"the policy does not allow {wish.word}: it is off until it is configured"
    return Refusal(f"{wish.word}-off", text, ORDINARILY)


def _covered(case: _Early) -> Verdict:
    wish = case[0]
    alone, ask = wish.alone, wish.ask
    assert alone is not None
    spaces = [namespace or "" for namespace, _ in ask.targets]
    if (
        all(one.action in alone.actions for one in ask.each)
        and any_matches(alone.clusters, ask.cluster)
        and all(covers(alone.namespaces, space) for space in spaces)
    ):
        return NEXT
    text = f"the policy does not allow {wish.word} for {ask.action} there"
    return Refusal(f"{wish.word}-not-here", text, ORDINARILY)


def _within_cluster(case: _Early) -> Verdict:
    ask = case[0].ask
    return _no_estate(case[0], Scope.ESTATE if ask.wide else ask.scope)


def _no_estate(wish: AskAlone, scope: str) -> Verdict:
    if scope == Scope.CLUSTER:
        return NEXT
    text = f"{wish.word} never reaches beyond one cluster"
    return Refusal(f"{wish.word}-estate", text, ORDINARILY)


def _one_target(case: _Early) -> Verdict:
    wish = case[0]
    return _one_pod(wish, len(wish.ask.targets))


def _one_pod(wish: AskAlone, count: int) -> Verdict:
    if not isinstance(wish.alone, Solo) or (count == 1 and all(space for space, _ in wish.ask.targets)):
        return NEXT
    text = "solo is for exactly one pod" if count != 1 else "solo is for a pod"
    return Refusal("solo-one-pod", text, ORDINARILY)


def _short(case: _Early) -> Verdict:
    wish = case[0]
    assert wish.alone is not None
    longest = wish.alone.lease_maximum
    if wish.ask.lease is None or wish.ask.lease <= longest:
        return NEXT
    return Refusal(
        "lease-too-long", f"{wish.word} lasts {longest} at most", f"Leave the time out. {ORDINARILY}"
    )


def _explained(case: _Early) -> Verdict:
    wish = case[0]
    if not isinstance(wish.alone, BreakGlass) or visible(wish.reason) >= REASON:
        return NEXT
    text = f"break-glass needs a reason of at least {REASON} characters"
    return Refusal("reason-needed", text, "Add at the end: because <why it cannot wait>")


def _named(case: _Early) -> Verdict:
    wish, known = case
    assert wish.alone is not None
    return named(wish.alone.request, wish.person, known, f"use {wish.word} for")


def _planned_one(case: _Late) -> Verdict:
    return _one_pod(case[0], case[1].facts.targets)


def _planned_within(case: _Late) -> Verdict:
    return _no_estate(case[0], case[1].facts.scope)


def _reversible(case: _Late) -> Verdict:
    wish, prospect = case
    if not isinstance(wish.alone, Solo) or prospect.reversible:
        return NEXT
    return Refusal(
        "solo-irreversible", "this can't be undone exactly, so it is not for one person alone", ORDINARILY
    )


def _unsurprising(case: _Late) -> Verdict:
    wish, prospect = case
    if not isinstance(wish.alone, Solo) or prospect.enforced:
        return NEXT
    text = "nothing in this cluster seems to enforce it, so it is not for one person alone"
    return Refusal("solo-forecast", text, ORDINARILY)


def _nothing_added(case: _Late) -> Verdict:
    wish, prospect = case
    if not isinstance(wish.alone, Solo):
        return NEXT
    because = list(prospect.needs.because)
    if prospect.facts.last_ready_replica is not False and not because:
        because = ["the pod is, or may be, the last Ready replica of its workload"]
    if not because:
        return NEXT
    return Refusal("solo-asks-more", f"it asks for more than one person: {'; '.join(because)}", ORDINARILY)


def _runs(case: _Late) -> Verdict:
    return Permit(f"runs as {case[0].word}")
