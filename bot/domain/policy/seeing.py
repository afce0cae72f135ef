"""Who may ask who talked to whom: more than policies show, so it takes a rule of its own."""

from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.policy.guards import Decision
from bot.domain.policy.membership import Membership, named
from bot.domain.policy.names import any_matches, covers
from bot.domain.policy.policies import Policy


def groups_for(policy: Policy, cluster: str, namespace: str) -> tuple[str, ...]:
    """
    Return the groups that may ask about flows of a namespace; an empty one is the whole cluster.

    Rules add up. Only a rule whose namespaces hold a plain ``*`` is for the whole cluster, and so for addresses and names.
    """
    found = (
        group
        for rule in policy.flows
        if any_matches(rule.clusters, cluster) and covers(rule.namespaces, namespace)
        for group in rule.groups
    )
    return tuple(dict.fromkeys(found))


def may_see(policy: Policy, place: tuple[str, str], person: Principal, known: Membership) -> Decision:
    """Whether the person may ask about the flows of a cluster and a namespace in it (empty: all of it)."""
    cluster, namespace = place
    where = f"namespace {namespace} of {cluster}" if namespace else f"all of {cluster}"
    groups = groups_for(policy, cluster, namespace)
    if not groups:
        remedy = "Ask whoever owns policy.yaml for a rule under flows that does" + (
            "." if namespace else ", or ask about one namespace or pod."
        )
        return Refusal("flows-nobody", f"the policy names nobody who may see the flows of {where}", remedy)
    decision = named(groups, person, known, "see flows of")
    if isinstance(decision, Refusal) and decision.code == "not-a-member":
        text = f"only members of {', '.join(groups)} may see the flows of {where}"
        return Refusal("not-a-member", text, "Ask one of them.")
    return decision
