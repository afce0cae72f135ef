"""A policy in plain words, as ``firebreak policy check`` prints it."""

from collections.abc import Collection, Iterable, Iterator

from bot.domain.policy.alone import Alone
from bot.domain.policy.lints import lints
from bot.domain.policy.names import ANY
from bot.domain.policy.policies import Policy, policy_hash
from bot.domain.policy.references import Path
from bot.domain.policy.rules import FlowRule, Group, OnExpiry, Rule
from bot.domain.policy.unattended import Unattended

AFTERWARDS = {
    OnExpiry.HOLD: "then it is OVERDUE, is called out again and again, and stays contained",
    OnExpiry.RELEASE: "then it is rolled back after a warning",
    None: "then what the action's own way is: a quarantine is held, a block is released",
}


def explain(policy: Policy, clusters: Collection[str] | None = None) -> str:
    """Return who may do what, what is protected, the limits, and warnings; ends with a newline."""
    parts = [_head(policy), _groups(policy), _rules(policy), _more(policy), _alone(policy)]
    parts += [_never(policy), _limits(policy)]
    lines = [line for part in parts for line in (*part, "")]
    return "\n".join([*lines, *_warnings(policy, clusters)]) + "\n"


def path_text(path: Path) -> str:
    """Return a place in a policy as people write it: ``rules[0].quorum``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or "the file"


def _head(policy: Policy) -> Iterator[str]:
    yield f"Policy version {policy.version}, sha256 {policy_hash(policy)}"
    yield "What no rule allows is refused. Nobody approves what they asked for."


def _groups(policy: Policy) -> Iterator[str]:
    yield "Groups"
    for name, group in policy.groups.items():
        yield f"  {name}: {_who(group)}"
    yield f"  May read: {_listed(policy.reads)}"
    yield f"  May be handed original evidence: {_listed(policy.evidence)}"
    yield from (_seeing(rule) for rule in policy.flows)
    if not policy.flows:
        yield f"  May see who talked to whom: {_listed(())}"
    yield f"  May mute alerts for a while: {_listed(policy.alerts.mute)}"


def _seeing(rule: FlowRule) -> str:
    where = f"in clusters {', '.join(rule.clusters)}, namespaces {', '.join(rule.namespaces)}"
    return f"  May see who talked to whom {where}: {_listed(rule.groups)}"


def _who(group: Group) -> str:
    live = [f"the members of Slack user group {group.usergroup}, asked live"] if group.usergroup else []
    return "; ".join([*live, *group.users])


def _rules(policy: Policy) -> Iterator[str]:
    yield "Rules (the first that matches a target governs it)"
    for number, rule in enumerate(policy.rules, start=1):
        yield f"  {number}. {rule.name or 'unnamed'}: {_what(rule)}"
        yield f"     asked for by {_listed(rule.request)}"
        yield f"     approved by {rule.quorum} of {_listed(rule.approve)}, within {rule.approval_expiry}"
        lease = rule.lease
        yield f"     for {lease.default} unless said, at most {lease.maximum}; {AFTERWARDS[lease.on_expiry]}"
        yield f"     released by {_listed(rule.release)}; by the requester alone within 15m"
        named = policy.escalation if rule.escalation is None else rule.escalation
        if named:
            after = rule.escalate_after or policy.escalate_after
            yield f"     undecided after {after}: {_listed(named)} are mentioned, every 10m"


def _what(rule: Rule) -> str:
    actions = "every action" if ANY in rule.actions else ", ".join(rule.actions)
    clusters = "every cluster" if ANY in rule.clusters else "cluster " + ", ".join(rule.clusters)
    spaces = "every namespace" if ANY in rule.namespaces else "namespace " + ", ".join(rule.namespaces)
    return f"{actions} in {clusters}, {spaces}, scope {' or '.join(rule.scopes)}"


def _more(policy: Policy) -> Iterator[str]:
    adds = policy.adds_approver
    yield "Asks for more approvers"
    yield f"  the last Ready replica of a workload: {adds.last_ready_replica} more"
    yield f"  more than {adds.targets_over.targets} targets: {adds.targets_over.approvers} more"
    yield f"  beyond one cluster (estate): one of them out of {_listed(adds.estate)}"
    flood = policy.flood
    yield f"  a flood (more than {flood.pods} pods in {flood.minutes} minutes, or {flood.namespace_percent} % of a"
    yield f"     namespace): 1 more, and one of them out of {_listed(flood.approve)}"


def _alone(policy: Policy) -> Iterator[str]:
    yield "Without a quorum"
    solo, glass = policy.solo, policy.break_glass
    if solo is None:
        yield "  solo: off"
    else:
        yield f"  solo: {_section(solo)}; one pod"
        yield f"     by {_listed(solo.request)}, for {solo.lease_maximum} at most; it stays cut in any case"
        yield f"     reviewed by {_listed(solo.reviewers)}, who are called after {solo.review_after}"
    if glass is None:
        yield "  break-glass: off"
    else:
        yield f"  break-glass: {_section(glass)}"
        yield f"     by {_listed(glass.request)}, for {glass.lease_maximum} at most, with a typed confirmation"
        yield f"     reviewed by {_listed(glass.reviewers)}, at once, and called again after {glass.review_within}"
    yield from _unattended(policy.auto)


def _unattended(auto: Unattended | None) -> Iterator[str]:
    if auto is None:
        yield "  auto (playbooks, without a person): off"
        return
    where = f"clusters {', '.join(auto.clusters)}, namespaces {', '.join(auto.namespaces)}"
    yield f"  auto (playbooks, without a person): {', '.join(auto.actions)} in {where}; one pod or address"
    yield f"     by {', '.join(f'{name} ({sha[:8]})' for name, sha in sorted(auto.playbooks.items()))}"
    yield f"     for {auto.lease_maximum} at most, {auto.per_hour} times an hour at most"
    yield f"     reviewed by two people of {_listed(auto.reviewers)}, who are called at once, and after {auto.review_after}"


def _section(alone: Alone) -> str:
    clusters = "every cluster" if ANY in alone.clusters else "cluster " + ", ".join(alone.clusters)
    spaces = "every namespace" if ANY in alone.namespaces else "namespace " + ", ".join(alone.namespaces)
    return f"{', '.join(alone.actions)} in {clusters}, {spaces}"


def _never(policy: Policy) -> Iterator[str]:
    force = policy.protected.effective
    yield "Never contained" + (" (the built-in entries were replaced)" if force.defaults == "replace" else "")
    yield f"  namespaces: {_plain(force.namespaces)}"
    yield f"  pods: {_plain(force.pods)}"
    yield f"  labels: {_plain(' and '.join(f'{k}={v}' for k, v in sorted(x.items())) for x in force.labels)}"
    yield f"  addresses: {_plain(force.addresses)}"


def _limits(policy: Policy) -> Iterator[str]:
    caps = policy.caps
    yield "Limits"
    yield f"  active targets: {caps.active_total} in all, {caps.active_per_cluster} in one cluster"
    yield f"  active targets in one namespace: {caps.active_per_namespace}"
    yield f"  targets in one request: {caps.targets_per_request}"
    yield f"  requests of one person in 10m: {caps.requests_per_person}"
    yield f"  approvals are void when the blast radius grew by more than {policy.no_worse.blast_radius}"


def _warnings(policy: Policy, clusters: Collection[str] | None) -> Iterator[str]:
    found = lints(policy, clusters)
    yield f"Warnings: {len(found) or 'none'}"
    for lint in found:
        yield f"  {path_text(lint.path)}: {lint.text}"


def _listed(groups: tuple[str, ...]) -> str:
    return " or ".join(groups) if groups else "NOBODY"


def _plain(entries: Iterable[str]) -> str:
    return ", ".join(entries) or "none"
