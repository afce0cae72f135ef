"""Who may mute alerts: it hides what others would act upon, so it takes a group of its own."""

from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.policy.guards import Decision
from bot.domain.policy.membership import Membership, named
from bot.domain.policy.policies import Policy


def may_mute(policy: Policy, person: Principal, known: Membership) -> Decision:
    """Whether the person may mute the cards of a rule for a while."""
    groups = policy.alerts.mute
    if groups:
        return named(groups, person, known, "mute")
    text = "the policy names nobody who may mute alerts"
    remedy = "Ask whoever owns policy.yaml to write, with a group of theirs:  alerts: {mute: [responders]}"
    return Refusal("mute-nobody", text, remedy)
