"""
Which labels a pod must lose, or get, so that no policy that allows something selects it any more.

NetworkPolicies only add allows, so the one way out of what another allows is not to be selected by it. One failed
requirement of a selector is enough: a key taken off, or a value that ``NotIn`` names, or a key that must not exist.
Taking a key off can make other policies start to select the pod, so all of them are looked at until nothing changes
any more: what allows and does not select the pod now must not select it afterwards either.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from bot.domain.isolation.cutting import Relabel
from bot.domain.isolation.marks import LABEL
from bot.domain.residual.openings import allowed
from bot.domain.selectors import Labels, Requirement, Selector, selects
from bot.domain.views import NetworkPolicyView, ServiceView

MOST_CHECKS: Final = 150_000
"""How many selectors are tried for one pod before what is still open counts as not to be escaped: under a second."""

NEVER_MOVED: Final = frozenset({LABEL})
Assignment = dict[str, str | None]


class Escape(msgspec.Struct, frozen=True):
    """
    The labels to move, in the order of their keys, and what selects the pod all the same.

    ``left`` are names of policies that allow something and cannot be escaped; ``left_services`` of Services that would
    still send to the pod.
    """

    moved: tuple[Relabel, ...]
    left: tuple[str, ...] = ()
    left_services: tuple[str, ...] = ()

    def labels(self, before: Labels) -> Labels:
        """Return the labels as they are then."""
        taken = {one.key for one in self.moved}
        kept = {key: value for key, value in before.items() if key not in taken}
        return kept | {one.key: one.after for one in self.moved if one.after is not None}


class _Trap(msgspec.Struct, frozen=True):
    """Something that must not select the pod."""

    name: str
    selector: Selector


def escape(
    labels: Labels, policies: Iterable[NetworkPolicyView], services: Iterable[ServiceView], value: str
) -> Escape:
    """
    Return how a pod with these labels gets away, with the fewest traps left and few labels moved.

    ``value`` is that of our own label, which the pod will carry; it is never moved. ``policies`` and ``services`` are
    all of the pod's namespace. Policies come before Services where both cannot be had.
    """
    start = labels | {LABEL: value}
    allowing = [
        _Trap(p.metadata.name, p.spec.pod_selector) for p in sorted(policies, key=_danger) if allowed(p)
    ]
    sending = [
        _Trap(s.metadata.name, Selector(dict(s.spec.selector)))
        for s in sorted(services, key=lambda s: s.metadata.name)
        if s.spec.selector
    ]
    search = _Search(start)
    held = [trap for trap in allowing if not selects(trap.selector, start)]
    left = search.hold(held, [trap for trap in allowing if selects(trap.selector, start)])
    left_services = search.hold([], sending)
    moved = tuple(Relabel(key, labels.get(key), to) for key, to in sorted(search.chosen.items()))
    return Escape(tuple(m for m in moved if m.before != m.after), left, left_services)


def _danger(policy: NetworkPolicyView) -> tuple[bool, str]:
    """Ways out first: where not all can be escaped, those are what a beacon uses."""
    return "egress" not in allowed(policy), policy.metadata.name


class _Search:
    """Grows a set of traps that are all escaped at once, one at a time; what does not fit is left."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._escaped: list[_Trap] = []
        self._checks = MOST_CHECKS
        self.chosen: Assignment = {}

    def hold(self, already: list[_Trap], wanted: list[_Trap]) -> tuple[str, ...]:
        """Escape each of ``wanted`` that can be, and go on escaping ``already``; return the names of the others."""
        self._escaped += already
        left = []
        for trap in wanted:
            found = self._escape([*self._escaped, trap])
            if found is None:
                left.append(trap.name)
            else:
                self.chosen = found
                self._escaped.append(trap)
        return tuple(left)

    def _escape(self, traps: list[_Trap]) -> Assignment | None:
        """
        Go depth first through the ways to fail a requirement of the first trap that is closed.

        What was chosen before is tried first. Complete: whatever closed trap an answer escapes, it fails one of its
        requirements by another value of a label that is not decided yet.
        """
        if not selects(traps[-1].selector, _with(self._labels, self.chosen)):
            return self.chosen
        waiting: list[Assignment] = [{}, self.chosen]
        while waiting and self._checks > 0:
            chosen = waiting.pop()
            now = _with(self._labels, chosen)
            self._checks -= len(traps)
            closed = next((trap for trap in traps if selects(trap.selector, now)), None)
            if closed is None:
                return self._fewer(chosen, traps)
            ways = [way for need in _needs(closed.selector) for way in _ways(need, traps)]
            waiting += [
                {**chosen, key: to}
                for key, to in reversed(list(dict.fromkeys(ways)))
                if key not in chosen and key not in NEVER_MOVED
            ]
        return None

    def _fewer(self, chosen: Assignment, traps: list[_Trap]) -> Assignment:
        """Leave out what turned out not to be needed."""
        for key in sorted(chosen):
            without = {k: v for k, v in chosen.items() if k != key}
            now = _with(self._labels, without)
            self._checks -= len(traps)
            if not any(selects(trap.selector, now) for trap in traps):
                chosen = without
        return chosen


def _with(labels: Labels, chosen: Assignment) -> Labels:
    kept = {key: value for key, value in labels.items() if key not in chosen}
    return kept | {key: value for key, value in chosen.items() if value is not None}


def _needs(selector: Selector) -> tuple[Requirement, ...]:
    equal = (Requirement(key, "In", (value,)) for key, value in sorted(selector.match_labels.items()))
    return (*equal, *selector.match_expressions)


def _ways(need: Requirement, traps: list[_Trap]) -> list[tuple[str, str | None]]:
    """Return the values of a key that fail a requirement: none at all first, then those that somebody names, then ours."""
    named = [
        v for trap in traps for each in _needs(trap.selector) if each.key == need.key for v in each.values
    ]
    other = next(v for n in range(len(named) + 1) if (v := f"detached-{n}" if n else "detached") not in named)
    candidates = (None, *sorted(set(named)), other)
    lone = Selector(match_expressions=(need,))
    return [(need.key, to) for to in candidates if not selects(lone, {} if to is None else {need.key: to})]
