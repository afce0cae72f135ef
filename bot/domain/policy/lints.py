"""What a valid policy says that its author probably did not mean."""

from collections.abc import Collection, Iterator

from bot.domain.people import Principal
from bot.domain.policy.alone import SOLO_KIND
from bot.domain.policy.governing import label
from bot.domain.policy.names import ANY, any_matches
from bot.domain.policy.policies import Policy
from bot.domain.policy.references import Path, Problem
from bot.domain.policy.rules import Rule, Scope


def lints(policy: Policy, clusters: Collection[str] | None = None) -> tuple[Problem, ...]:
    """Return warnings with their place. ``clusters`` are those configured; ``None`` leaves them unchecked."""
    found = [*_whole(policy), *_unused_groups(policy), *_covered(policy)]
    for index, rule in enumerate(policy.rules):
        found += [Problem(("rules", index, *path), text) for path, text in _of_rule(policy, rule, clusters)]
    return tuple(found)


def _whole(policy: Policy) -> Iterator[Problem]:
    if not policy.rules:
        yield Problem(("rules",), "there is no rule, so everything is refused")
    if not policy.reads:
        yield Problem(("reads",), "nobody may use the commands that only show")
    if policy.protected.defaults == "replace":
        yield Problem(("protected", "defaults"), f"the built-in protection is off: {policy.protected.reason}")
    if not policy.flood.approve and any(_cuts_pods(rule) for rule in policy.rules):
        yield Problem(("flood",), "no group approves a flood of quarantines, so it is refused")
    yield from _unreviewed(policy)
    yield from _unsigned(policy)
    estate = any(Scope.ESTATE in rule.scopes for rule in policy.rules)
    if estate and not policy.adds_approver.estate:
        yield Problem(
            ("adds_approver",), "no group approves for the estate, so every ask of that scope is refused"
        )


def _cuts_pods(rule: Rule) -> bool:
    return any(name == ANY or name.startswith(SOLO_KIND) for name in rule.actions)


def _unreviewed(policy: Policy) -> Iterator[Problem]:
    for key, alone in (("solo", policy.solo), ("break_glass", policy.break_glass)):
        if alone is None:
            continue
        reviewers, askers = _listed(policy, alone.reviewers), _listed(policy, alone.request)
        if reviewers is None or not askers:
            continue
        if any(not {p.user for p in reviewers} - {a.user} for a in askers):
            yield Problem(
                (key, "reviewers"), "some who ask leave nobody who may review it; name more reviewers"
            )


def _unsigned(policy: Policy) -> Iterator[Problem]:
    """What playbooks do is signed off by two: one person who is named alone never closes it."""
    named = _listed(policy, policy.auto.reviewers) if policy.auto else None
    if named is not None and len({person.user for person in named}) < 2:
        text = (
            "fewer than two people could sign off what playbooks do, so they do nothing; name more reviewers"
        )
        yield Problem(("auto", "reviewers"), text)


def _unused_groups(policy: Policy) -> Iterator[Problem]:
    used = {*policy.reads, *policy.evidence, *policy.adds_approver.estate, *policy.flood.approve}
    for alone in (policy.solo, policy.break_glass):
        used |= {*alone.request, *alone.reviewers} if alone else set()
    used |= {*policy.alerts.mute, *(policy.auto.reviewers if policy.auto else ())}
    used |= {*policy.escalation, *(group for seeing in policy.flows for group in seeing.groups)}
    for rule in policy.rules:
        used |= {*rule.request, *rule.approve, *rule.release, *(rule.escalation or ())}
    for name in policy.groups:
        if name not in used:
            yield Problem(("groups", name), f"group `{name}` is used nowhere")


def _covered(policy: Policy) -> Iterator[Problem]:
    for index, rule in enumerate(policy.rules):
        earlier = next((r for r in policy.rules[:index] if _covers(r, rule)), None)
        if earlier:
            words = f"this rule never matches: {label(policy, earlier)} covers all of it and comes first"
            yield Problem(("rules", index), words)


def _covers(earlier: Rule, later: Rule) -> bool:
    return (
        (ANY in earlier.actions or set(later.actions) <= set(earlier.actions))
        and all(any_matches(earlier.clusters, pattern) for pattern in later.clusters)
        and all(any_matches(earlier.namespaces, pattern) for pattern in later.namespaces)
        and set(later.scopes) <= set(earlier.scopes)
        # Only a plain star matches what has no namespace or no one cluster.
        and (ANY in earlier.namespaces or ANY not in later.namespaces)
        and (ANY in earlier.clusters or Scope.ESTATE not in later.scopes or ANY not in later.clusters)
    )


def _of_rule(policy: Policy, rule: Rule, clusters: Collection[str] | None) -> Iterator[tuple[Path, str]]:
    for field in ("request", "approve", "release"):
        if not getattr(rule, field):
            yield (field,), f"nobody may {field} here"
    if Scope.ESTATE in rule.scopes and ANY not in rule.clusters:
        yield ("scopes",), 'scope estate reaches beyond one cluster and matches only with clusters: ["*"]'
    after = rule.escalate_after or policy.escalate_after
    if (policy.escalation if rule.escalation is None else rule.escalation) and after >= rule.approval_expiry:
        yield ("escalate_after",), f"nobody is ever escalated to: after {after} the question is over"
    for index, pattern in enumerate(rule.clusters):
        if clusters is not None and not any(any_matches((pattern,), c) for c in clusters):
            yield (
                ("clusters", index),
                f"`{pattern}` matches none of the clusters: {', '.join(sorted(clusters))}",
            )
    yield from _too_few(policy, rule)


def _too_few(policy: Policy, rule: Rule) -> Iterator[tuple[Path, str]]:
    approvers, askers = _listed(policy, rule.approve), _listed(policy, rule.request)
    if approvers is None or not rule.approve:
        return
    people = {p.user for p in approvers}
    adds = policy.adds_approver
    most = rule.quorum + adds.last_ready_replica + adds.targets_over.approvers
    if len(people) < rule.quorum:
        yield ("quorum",), f"quorum {rule.quorum} is more than the {len(people)} people who may approve"
    elif askers and any(len(people - {a.user}) < rule.quorum for a in askers):
        yield ("approve",), "some who request here leave too few others to approve; name more approvers"
    elif len(people) < most:
        yield ("approve",), f"adds_approver may ask for {most} approvers, and {len(people)} people are named"


def _listed(policy: Policy, groups: tuple[str, ...]) -> frozenset[Principal] | None:
    """Return everyone in these groups, or ``None`` where Slack alone knows."""
    found = [policy.groups[g] for g in groups if g in policy.groups]
    if any(group.usergroup for group in found):
        return None
    return frozenset(person for group in found for person in group.people)
