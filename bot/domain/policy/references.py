"""Names in a policy that must mean something: groups that are defined, actions that exist."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches

import msgspec

from bot.domain.policy.names import ANY, RESERVED
from bot.domain.policy.policies import Policy

Path = tuple[str | int, ...]


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, and where: ``path`` is made of keys and indexes from the top of the policy."""

    path: Path
    text: str


def problems(policy: Policy, actions: Collection[str] | None = None) -> tuple[Problem, ...]:
    """Return every name that means nothing. ``actions`` are those that exist; ``None`` leaves them unchecked."""
    return (*_reserved(policy), *_unknown_groups(policy), *_unknown_actions(policy, actions))


def nearest(word: str, known: Collection[str]) -> str:
    """Return a hint at the nearest known word, ready to append to a message."""
    close = get_close_matches(word[:80], sorted(known), n=1, cutoff=0.5)
    if close:
        return f"; did you mean `{close[0]}`?"
    return f"; known here: {', '.join(sorted(known)) or 'none'}"


def _reserved(policy: Policy) -> Iterator[Problem]:
    for name in policy.groups:
        if name in RESERVED:
            words = f"`{name}` reads like everybody, and there is no such group: name who may, by user group or id"
            yield Problem(("groups", name), words)


def _unknown_groups(policy: Policy) -> Iterator[Problem]:
    for path, names in _group_lists(policy):
        for index, name in enumerate(names):
            if name not in policy.groups:
                yield Problem(
                    (*path, index), f"group `{name}` is not defined{nearest(name, policy.groups.keys())}"
                )


def _group_lists(policy: Policy) -> Iterator[tuple[Path, tuple[str, ...]]]:
    yield ("reads",), policy.reads
    yield ("evidence",), policy.evidence
    for index, rule in enumerate(policy.rules):
        yield ("rules", index, "request"), rule.request
        yield ("rules", index, "approve"), rule.approve
        yield ("rules", index, "release"), rule.release
        yield ("rules", index, "escalation"), rule.escalation or ()
    for index, seeing in enumerate(policy.flows):
        yield ("flows", index, "groups"), seeing.groups
    yield ("alerts", "mute"), policy.alerts.mute
    yield ("escalation",), policy.escalation
    yield ("adds_approver", "estate"), policy.adds_approver.estate
    yield ("flood", "approve"), policy.flood.approve
    for key, alone in (("solo", policy.solo), ("break_glass", policy.break_glass)):
        if alone is not None:
            yield (key, "request"), alone.request
            yield (key, "reviewers"), alone.reviewers
    if policy.auto is not None:
        yield ("auto", "reviewers"), policy.auto.reviewers


def _action_lists(policy: Policy) -> Iterator[tuple[Path, tuple[str, ...]]]:
    for number, rule in enumerate(policy.rules):
        yield ("rules", number), rule.actions
    for key, alone in (("solo", policy.solo), ("break_glass", policy.break_glass)):
        if alone is not None:
            yield (key,), alone.actions
    if policy.auto is not None:
        yield ("auto",), policy.auto.actions


def _unknown_actions(policy: Policy, actions: Collection[str] | None) -> Iterator[Problem]:
    if actions is None:
        return
    for place, names in _action_lists(policy):
        for index, name in enumerate(names):
            if name != ANY and name not in actions:
                path = (*place, "actions", index)
                yield Problem(path, f"there is no action `{name}`{nearest(name, actions)}")
