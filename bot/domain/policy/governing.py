"""Which rule governs what: the first that matches, looked for once for each target."""

from typing import Final

from bot.domain.findings import Refusal
from bot.domain.policy.asks import Ask, Place
from bot.domain.policy.names import ANY, covers
from bot.domain.policy.policies import Policy
from bot.domain.policy.rules import Rule, Scope

NO_TARGET: Final = Refusal("no-target", "nothing was named to act on", "Name at least one target.")


def governing(policy: Policy, ask: Ask) -> tuple[Rule, ...] | Refusal:
    """
    Return the rules that govern an ask, in the policy's order; all of them must be satisfied.

    A target that no rule matches refuses the whole ask. Of several steps each is looked up as if it were asked alone.
    """
    found: set[int] = set()
    for one in ask.each:
        if not one.targets:
            return NO_TARGET
        for place in one.targets:
            index = next((i for i, rule in enumerate(policy.rules) if matches_rule(rule, one, place)), None)
            if index is None:
                return _ungoverned(one, place)
            found.add(index)
    return tuple(policy.rules[i] for i in sorted(found))


def matches_rule(rule: Rule, ask: Ask, place: Place) -> bool:
    """
    Whether a rule speaks about this target of this ask.

    What has no namespace (an address) is matched only by ``namespaces: ["*"]``, and what reaches beyond one
    cluster only by ``clusters: ["*"]``: a right over a part is no right over the whole.
    """
    return (
        (ANY in rule.actions or ask.action in rule.actions)
        and covers(rule.clusters, "" if ask.scope == Scope.ESTATE else ask.cluster)
        and covers(rule.namespaces, place[0] or "")
        and ask.scope in rule.scopes
    )


def label(policy: Policy, rule: Rule) -> str:
    """Return how people find a rule again: ``rule 2 (payments)``."""
    number = f"rule {policy.rules.index(rule) + 1}"
    return f"{number} ({rule.name})" if rule.name else number


def _ungoverned(ask: Ask, place: Place) -> Refusal:
    where = f"{place[0]}/{place[1]}" if place[0] else place[1]
    words = (
        f"no rule allows {ask.action} on {where} (cluster {ask.cluster or 'not named'}, scope {ask.scope})"
    )
    return Refusal("no-rule", words, "Ask whoever owns policy.yaml to add a rule for it.")
