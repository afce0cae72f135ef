"""Whether the standing part of an address block stands, and would do what it is there for."""

from collections.abc import Iterable

from bot.domain.addresses import RESERVED, guard, overlap
from bot.domain.arm import Firewall, FirewallPolicy, IpGroup, Rule, RuleGroup, holds, same
from bot.domain.findings import Finding, Refusal
from bot.domain.lanes import normal
from bot.domain.queries import FirewallFacts
from bot.domain.refs import ArmRef

MOST_ENTRIES = 5000
"""Addresses and prefixes in one IP Group (Azure Firewall limits)."""

FIRST_PRIORITY = 100
EVERYTHING = frozenset({"*", "0.0.0.0/0"})
SET_UP = "Ask a network owner to deploy deploy/azure/firebreak.bicep."


def not_root(policy: FirewallPolicy, ref: ArmRef) -> Refusal | None:
    """
    Return why a policy is not ours to hang a block on: it has a parent, or only Azure writes it.

    Rules of a parent come before all of a child's, so a deny in a child may never be reached (Azure Firewall
    documentation, "Rule processing logic").
    """
    if policy.based_on:
        parent = policy.based_on.rsplit("/", 1)[-1]
        text = f"{ref} inherits from {parent}, whose rules come first: a deny here may never be reached"
        return Refusal(
            "not-the-root-policy",
            text,
            f"Ask whoever runs Firebreak to name {parent} as the root policy in the settings. {SET_UP}",
        )
    if policy.properties.afc_managed:
        text = f"{ref} is managed by Azure itself (afcManaged), and takes no changes from others"
        return Refusal("policy-managed", text, "Block the address by hand, where that policy is managed.")
    return None


def not_standing(rules: RuleGroup, group: ArmRef, scope: str) -> Refusal | None:
    """
    Return why the group would not be denied both ways, for all protocols and ports, over exactly the scope.

    For the scope ``estate`` the other side is ``*``; for ``cluster`` it is the cluster's ranges, never ``*``.
    """
    ours = [rule for rule in rules.denying if _total(rule)]
    sides = {
        "destination": [_sources(r) for r in ours if holds(r.destination_ip_groups, group.id)],
        "source": [_destinations(r) for r in ours if holds(r.source_ip_groups, group.id)],
    }
    for side, others in sides.items():
        wide = [bool(EVERYTHING & other) for other in others]
        if scope == "estate" and not any(wide):
            return _missing(group, side, "of everything behind the firewall")
        if scope == "cluster" and any(wide):
            text = f"{group} as {side} is denied to everything behind the firewall, not to the cluster alone"
            return Refusal(
                "standing-rule-too-wide",
                text,
                f"Block with `scope estate`, or have the rule narrowed. {SET_UP}",
            )
        if scope == "cluster" and not any(others):
            return _missing(group, side, "of the cluster's ranges")
    return None


def full(group: IpGroup, ref: ArmRef, added: int) -> Refusal | None:
    """Return why a group cannot take so many entries more."""
    if len(group.entries) + added <= MOST_ENTRIES:
        return None
    text = f"{ref} holds {len(group.entries)} entries, and {MOST_ENTRIES} are the most"
    return Refusal("group-full", text, "Roll back blocks that are no longer needed: /ir list")


def harmful(entries: Iterable[str], facts: FirewallFacts, firewalls: Iterable[Firewall]) -> Refusal | None:
    """Return which address we would cut ourselves off with. A guarded range that is unreadable refuses all."""
    own = tuple((address, f"{f.name or 'the firewall'} itself") for f in firewalls for address in f.addresses)
    kept = (*facts.guarded, *own, *RESERVED)
    for entry in entries:
        try:
            touched = guard(entry, kept)
        except ValueError as error:
            return Refusal(
                "guard-unreadable",
                f"a guarded range cannot be read: {error}",
                "Ask whoever runs Firebreak to correct the settings.",
            )
        if touched:
            text = f"{entry} touches {touched[0]}: {touched[1]}"
            return Refusal("self-harm", text, "Leave it out, or block a smaller range beside it.")
    return None


def standing_entries(group: IpGroup, entry: str) -> tuple[tuple[str, str], ...]:
    """
    Return what of an entry is blocked already, as facts for the reader.

    Not findings: a colleague's or another request's entry that came meanwhile makes a plan no worse.
    """
    if entry in map(normal, group.entries):
        return (("already there", "put by others or by another request: it stays until they let it go, too"),)
    around = [other for other in group.entries if _touches(entry, other)]
    return (("overlaps", f"with {', '.join(around[:5])}, blocked already"),) if around else ()


def states(things: Iterable[tuple[ArmRef, str]]) -> tuple[tuple[Finding, ...], tuple[ArmRef, ...]]:
    """Return a warning for each thing whose last update failed, and the things that are being updated."""
    failed, busy = [], []
    for ref, state in things:
        if state.casefold() == "failed":
            text = f"the last update of {ref} failed: what it holds may not be what the firewall does"
            failed.append(Finding("provisioning-failed", str(ref), text))
        elif state.casefold() != "succeeded":
            busy.append(ref)
    return tuple(failed), tuple(busy)


def oddities(
    policy: FirewallPolicy, rules: RuleGroup, facts: FirewallFacts, firewalls: Iterable[Firewall]
) -> tuple[Finding, ...]:
    """Return warnings about a standing part that may not come first, or reach no firewall."""
    found = []
    root, group = facts.root_policy, facts.rule_group
    if rules.properties.priority != FIRST_PRIORITY:
        text = f"{group} has priority {rules.properties.priority}: groups below it come first, {FIRST_PRIORITY} is best"
        found.append(Finding("rule-group-priority", str(group), text))
    if not policy.attached:
        found.append(Finding("policy-unattached", str(root), f"no firewall and no other policy uses {root}"))
    heirs = (root.id, *(child.id for child in policy.properties.child_policies or ()))
    for firewall in firewalls:
        used = firewall.properties.firewall_policy
        if used is None or not any(same(used.id, heir) for heir in heirs):
            text = f"firewall {firewall.name} does not use {root} or a policy right below it"
            found.append(Finding("firewall-elsewhere", firewall.name, text))
    return tuple(found)


def _missing(group: ArmRef, side: str, whose: str) -> Refusal:
    text = f"no standing rule denies {group} as the {side} of traffic {whose}, on all protocols and ports"
    return Refusal("standing-rule-missing", text, SET_UP)


def _total(rule: Rule) -> bool:
    return "any" in {p.casefold() for p in rule.ip_protocols or ()} and "*" in (rule.destination_ports or ())


def _sources(rule: Rule) -> frozenset[str]:
    return frozenset((*(rule.source_addresses or ()), *(rule.source_ip_groups or ())))


def _destinations(rule: Rule) -> frozenset[str]:
    return frozenset((*(rule.destination_addresses or ()), *(rule.destination_ip_groups or ())))


def _touches(entry: str, other: str) -> bool:
    try:
        return overlap(entry, other)
    except ValueError:
        return False
