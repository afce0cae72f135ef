"""
Steps filled from an alert: the typed action itself says what it takes, and what cannot be filled is told.

A value is never bent, cut or guessed. An alert that names pods of two namespaces names no single place, so a step that
wants one is impossible: a wrong target is worse than none.
"""

import string
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from bot.domain.actions import Action
from bot.domain.alerts import Alert, Role, Subject, SubjectKind
from bot.domain.alerts.subjects import doubt
from bot.domain.playbooks.playbook import ByHand, Playbook, Step, Take, Taken

MOST_LINES: Final = 50
"""So many manual commands are told of one step."""

Catalogue = Mapping[str, type[Action]]

_KINDS: Final = {
    Take.PODS: SubjectKind.POD,
    Take.DEPLOYMENTS: SubjectKind.WORKLOAD,
    Take.ADDRESSES: SubjectKind.ADDRESS,
    Take.DESTINATIONS: SubjectKind.ADDRESS,
    Take.SOURCES: SubjectKind.ADDRESS,
    Take.PEERS: SubjectKind.ADDRESS,
    Take.ORIGINS: SubjectKind.ADDRESS,
}
_ROLES: Final = {
    Take.DESTINATIONS: (Role.DESTINATION,),
    Take.SOURCES: (Role.SOURCE,),
    Take.PEERS: (Role.DESTINATION, Role.UNTOLD),
    Take.ORIGINS: (Role.SOURCE, Role.UNTOLD),
}
PLACED: Final = (Take.PODS, Take.DEPLOYMENTS)


class Ready(msgspec.Struct, frozen=True):
    """A step that is a whole action, to be planned like any other."""

    step: Step
    action: Action


class Manual(msgspec.Struct, frozen=True):
    """A step by hand, with its commands filled in. ``more`` is how many were left out."""

    step: Step
    commands: tuple[str, ...]
    more: int = 0


class Impossible(msgspec.Struct, frozen=True):
    """A step that this alert does not give enough for, and why."""

    step: Step
    why: str


Filled = Ready | Manual | Impossible


class _LackingError(ValueError):
    """The alert does not say it, or says it in two ways."""


def filled(playbook: Playbook, alert: Alert, catalogue: Catalogue, cluster: str = "") -> tuple[Filled, ...]:
    """
    Return a playbook's steps for an alert, in order; never raises for whatever an alert holds.

    ``cluster`` is the one that is meant where the alert names none: the only one of the settings, or none.
    """
    return tuple(_filled(step, _Giver(alert, cluster), catalogue) for step in playbook.steps)


def _filled(step: Step, giver: "_Giver", catalogue: Catalogue) -> Filled:
    try:
        if step.manual is not None:
            return _by_hand(step, step.manual, giver)
        return _ready(step, giver, catalogue[step.action])
    except _LackingError as lacking:
        return Impossible(step, str(lacking))


def _ready(step: Step, giver: "_Giver", kind: type[Action]) -> Filled:
    values: dict[str, Any] = {}
    for name, value in sorted(step.parameters.items(), key=_things_first):
        values[name] = giver.give(value.take) if isinstance(value, Taken) else value
    giver.agree(step)
    try:
        return Ready(step, msgspec.convert(values, kind))
    except msgspec.ValidationError as error:
        return Impossible(step, str(error).partition(" - at `")[0])


def _things_first(parameter: tuple[str, Any]) -> bool:
    """That a pod is missing is told before the place that it would have been in."""
    value = parameter[1]
    return not (isinstance(value, Taken) and value.take in _KINDS)


def _by_hand(step: Step, manual: ByHand, giver: "_Giver") -> Manual:
    fills = list(giver.each(manual.each)) if manual.each is not None else [giver.around(manual.commands)]
    lines = [_line(command, fill) for fill in fills for command in manual.commands]
    told = tuple(dict.fromkeys(lines))
    return Manual(step, told[:MOST_LINES], max(0, len(told) - MOST_LINES))


def _line(command: str, fill: Mapping[str, str]) -> str:
    for name in placeholders(command):
        if not fill.get(name):
            raise _LackingError(f"the alert does not say which {name} is meant")
    return command.format_map(fill)


def placeholders(command: str) -> tuple[str, ...]:
    """
    Return the names in braces of a command, each plain.

    Raises ``ValueError`` for anything else in braces (``{a.b}``, ``{0}``, a format): only names are filled in.
    """
    names = []
    try:
        parts = list(string.Formatter().parse(command))
    except ValueError:
        raise ValueError("a brace is left open; write {{ and }} for braces") from None
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if not name.isidentifier() or form or conversion:
            raise ValueError(f"`{{{name}}}` is no plain name; write {{{{ and }}}} for braces")
        names.append(name)
    return tuple(names)


class _Giver:
    """Gives what an alert says; raises ``_LackingError`` where it does not, or in two ways."""

    def __init__(self, alert: Alert, cluster: str) -> None:
        self._alert, self._cluster = alert, cluster

    def give(self, take: Take) -> str | list[str]:
        if take is Take.CLUSTER:
            return self._place("cluster", self._clusters())
        if take is Take.NAMESPACE:
            return self._place("namespace", self._namespaces())
        found = self._of(take)
        if take in PLACED:
            self._place("namespace", {each.namespace for each in found})
        return list(dict.fromkeys(each.name for each in found))

    def agree(self, step: Step) -> None:
        """Raise where what the step takes is not all of one cluster and namespace: names alone could meet another's."""
        takes = [v.take for v in step.parameters.values() if isinstance(v, Taken)]
        placed = [each for take in takes if take in PLACED for each in self._of(take)]
        if Take.NAMESPACE in takes and placed:
            self._same("namespace", {each.namespace for each in placed}, self.give(Take.NAMESPACE))
        if Take.CLUSTER in takes and placed:
            clusters = {each.cluster for each in placed if each.cluster}
            self._same("cluster", clusters, self.give(Take.CLUSTER))

    def each(self, kind: SubjectKind) -> Iterator[Mapping[str, str]]:
        found = self._alert.of(kind)
        if not found:
            raise _LackingError(self._none(kind))
        _known(found)
        for each in found:
            own = each.name if kind is SubjectKind.CLUSTER else each.cluster
            cluster = own or _only(self._clusters())
            yield {
                "cluster": "" if doubt(cluster) else cluster,
                "namespace": each.namespace,
                "name": each.name,
            }

    def around(self, commands: Iterable[str]) -> Mapping[str, str]:
        wanted = {name for command in commands for name in placeholders(command)}
        fill = {}
        if "cluster" in wanted:
            fill["cluster"] = self._place("cluster", self._clusters())
        return fill

    def _of(self, take: Take) -> tuple[Subject, ...]:
        kind, roles = _KINDS[take], _ROLES.get(take, tuple(Role))
        found = tuple(each for each in self._alert.of(kind) if each.role in roles)
        if take is Take.DEPLOYMENTS and any(each.owner.lower() != "deployment" for each in found):
            raise _LackingError("the alert names a workload and does not say that it is a Deployment")
        if not found:
            raise _LackingError(self._none(kind, f" among its {take.value}" if take in _ROLES else ""))
        _known(found)
        return found

    def _none(self, kind: SubjectKind, how: str = "") -> str:
        unread = self._alert.unread
        odd = f"; what it names could not be read as such: {'; '.join(unread[:3])}" if unread else ""
        return f"the alert names no {kind.value.replace('_', ' ')}{how}{odd}"

    def _clusters(self) -> set[str]:
        own = {each.name for each in self._alert.of(SubjectKind.CLUSTER)}
        named = own | {each.cluster for each in self._alert.subjects if each.cluster}
        return named or {self._cluster}

    def _namespaces(self) -> set[str]:
        """Those of what lives in one; only where there is nothing of the kind, the namespaces that are named alone."""
        lives = {each.namespace for each in self._alert.subjects if each.namespace}
        return lives or {each.name for each in self._alert.of(SubjectKind.NAMESPACE)}

    def _same(self, what: str, found: set[str], given: str | list[str]) -> None:
        if found - {given}:
            raise _LackingError(f"what it names is not all of {what} {given}")

    def _place(self, what: str, found: set[str]) -> str:
        named = sorted(each for each in found if each)
        if not named:
            raise _LackingError(f"the alert does not say which {what} is meant")
        _certain(named)
        if len(named) > 1 or len(found) > 1:
            raise _LackingError(f"the alert names more than one {what}: {', '.join(named[:5])}")
        return named[0]


def _known(found: Iterable[Subject]) -> None:
    """Raise where it is not known in which cluster one of them is. That of a name is nobody's matter: it is the same in all."""
    _certain(each.cluster for each in found if each.kind is not SubjectKind.FQDN)


def _certain(clusters: Iterable[str]) -> None:
    why = next(filter(None, map(doubt, clusters)), "")
    if why:
        raise _LackingError(why)


def _only(found: set[str]) -> str:
    return next(iter(found)) if len(found) == 1 else ""
