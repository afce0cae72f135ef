"""Names in a playbook that must mean something: actions, their parameters, formats, what is filled into commands."""

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from bot.domain.actions import Action
from bot.domain.playbooks.filling import PLACED, Catalogue, placeholders
from bot.domain.playbooks.playbook import ByHand, Parameter, Playbook, Step, Take, Taken
from bot.domain.policy.references import Problem, nearest
from bot.domain.policy.unattended import KNOWN as ALONE

_EVERYWHERE = ("cluster",)
_EACH = ("cluster", "namespace", "name")
_WHERE = (("cluster", Take.CLUSTER), ("namespace", Take.NAMESPACE))
_FITS = {
    "cluster": (Take.CLUSTER,),
    "namespace": (Take.NAMESPACE,),
    "pods": (Take.PODS,),
    "deployments": (Take.DEPLOYMENTS,),
    "addresses": (Take.ADDRESSES, Take.DESTINATIONS, Take.SOURCES, Take.PEERS, Take.ORIGINS),
}
"""Whom an action is done to may come out of an alert; how it is done (what stays open, how far it reaches) never."""


def problems(playbook: Playbook, catalogue: Catalogue, formats: Collection[str]) -> tuple[Problem, ...]:
    """Return every name that means nothing, and every step that could never be an action."""
    return (*_formats(playbook, formats), *_steps(playbook, catalogue), *_auto(playbook))


def _auto(playbook: Playbook) -> Iterator[Problem]:
    """What is refused whatever the alert is told when the file is read."""
    if playbook.auto is None:
        return
    actions = [(index, step) for index, step in enumerate(playbook.steps) if step.action]
    if not actions:
        yield Problem(("auto",), "there is no action that it could take")
    for index, step in actions:
        if step.action not in ALONE:
            yield Problem(("steps", index, "action"), f"with `auto` only {' or '.join(ALONE)}")
        if step.parameters.get("scope", "cluster") != "cluster":
            yield Problem(("steps", index, "with", "scope"), "with `auto` never beyond one cluster")


def _formats(playbook: Playbook, formats: Collection[str]) -> Iterator[Problem]:
    for index, name in enumerate(playbook.match.formats):
        if name not in formats:
            path = ("match", "formats", index)
            yield Problem(path, f"there are no alerts of format `{name}`{nearest(name, formats)}")


def _steps(playbook: Playbook, catalogue: Catalogue) -> Iterator[Problem]:
    for index, step in enumerate(playbook.steps):
        for problem in _step(step, catalogue):
            yield Problem(("steps", index, *problem.path), problem.text)


def _step(step: Step, catalogue: Catalogue) -> Iterator[Problem]:
    if bool(step.action) == (step.manual is not None):
        yield Problem((), "a step is an `action` or `manual`, one of the two")
    elif step.manual is not None:
        yield from _by_hand(step, step.manual)
    elif step.action not in catalogue:
        text = f"there is no action `{step.action}`{nearest(step.action, catalogue)}"
        yield Problem(("action",), text)
    elif catalogue[step.action].composes:
        text = f"`{step.action}` is several actions together: write each of them as a step of its own"
        yield Problem(("action",), text)
    else:
        yield from _parameters(step, catalogue[step.action])


def _parameters(step: Step, kind: type[Action]) -> Iterator[Problem]:
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name in step.parameters:
        if name not in fields:
            text = f"`{step.action}` has no parameter `{name[:80]}`{nearest(name, fields)}"
            yield Problem(("with", name), text)
    for name, field in fields.items():
        if field.required and name not in step.parameters:
            yield Problem(("with",), f"`{step.action}` needs `{name}`")
    yield from _where(step)
    for name, value in step.parameters.items():
        if name in fields:
            yield from _value(name, value, fields[name].type)


def _value(name: str, value: Parameter, kind: Any) -> Iterator[Problem]:
    path = ("with", name)
    if isinstance(value, Taken):
        fits = _FITS.get(name, ())
        if not fits:
            yield Problem(path, f"`{name}` is never taken from an alert: write it out")
        elif value.take not in fits:
            known = ", ".join(take.value for take in fits)
            yield Problem(path, f"`{name}` is not taken from {value.take.value}; from: {known}")
        return
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        yield Problem(path, str(error).partition(" - at `")[0])


def _where(step: Step) -> Iterator[Problem]:
    """Pods by name are only those that are meant where their cluster and namespace come out of the same alert."""
    taken = {name: value.take for name, value in step.parameters.items() if isinstance(value, Taken)}
    if not any(take in PLACED for take in taken.values()):
        return
    for name, take in _WHERE:
        if name in step.parameters and taken.get(name) is not take:
            text = f"is taken from the alert too, as its pods are: write `{name}: {{from: {take.value}}}`"
            yield Problem(("with", name), text)


def _by_hand(step: Step, manual: ByHand) -> Iterator[Problem]:
    if step.parameters:
        yield Problem(("with",), "parameters are for actions; a manual step has none")
    known = _EVERYWHERE if manual.each is None else _EACH
    for index, command in enumerate(manual.commands):
        path = ("manual", "commands", index)
        try:
            unknown = [name for name in placeholders(command) if name not in known]
        except ValueError as error:
            yield Problem(path, str(error))
            continue
        for name in unknown:
            hint = "; `each` says of what" if name in _EACH else nearest(name, known)
            yield Problem(path, f"nothing is filled in for `{{{name}}}`{hint}")
