"""From a group of alerts to the one alert that playbooks are asked about, and from what they make to what stands."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from bot.domain.alerts import Alert, Subject
from bot.domain.alerts.alert import digest
from bot.domain.alerts.grouping import Group
from bot.domain.digests import short
from bot.domain.numbers import few
from bot.domain.suggestions.resolved import Resolved, Standing
from bot.domain.suggestions.suggestion import Former, Suggested, Suggestion

MOST_NAMED: Final = 5
WITHDRAWN: Final = "it was suggested before, and is not now"
MOST_FORMER: Final = 20
MOST_MEANT: Final = 50
"""Subjects of one group that playbooks are asked about: those of the newest alerts."""


def whole_alert(group: Group, alerts: Sequence[Alert]) -> Alert | None:
    """
    Return a group as one alert: the newest that is firing, with all that those name; ``None`` where none is firing.

    ``alerts`` are the group's, the latest first. It is as bad as the worst of the group. Where those name more than
    ``MOST_MEANT`` the newest do; see ``left_out``. Their order is that in which they came, so that it stays the same.
    """
    firing = _firing(alerts)
    if not firing or not group.firing:
        return None
    came = {each.subject: place for place, each in enumerate(group.named)}
    meant = set(_meant(firing)[:MOST_MEANT])
    subjects = tuple(sorted(meant, key=lambda each: (came.get(each, len(came)), each)))
    return replace(firing[0], subjects=subjects, severity=group.severity, unread=group.unread)


def left_out(alerts: Sequence[Alert]) -> int:
    """Return how many subjects of what is firing are not asked about."""
    return max(0, len(_meant(_firing(alerts))) - MOST_MEANT)


def _firing(alerts: Sequence[Alert]) -> list[Alert]:
    return [alert for alert in alerts if alert.firing]


def _meant(firing: Sequence[Alert]) -> list[Subject]:
    return list(dict.fromkeys(subject for alert in firing for subject in alert.subjects))


def there(alert: Alert, resolved: Iterable[Resolved]) -> Alert:
    """Return the alert without what the cluster says is not there."""
    absent = {each.subject for each in resolved if each.standing is Standing.ABSENT}
    return replace(alert, subjects=tuple(each for each in alert.subjects if each not in absent))


def free(alert: Alert, resolved: Iterable[Resolved]) -> Alert:
    """
    Return the alert without that to which nothing more can be done: a request has it, or keeps every other from having it.

    What a request is on record for and does not hold stays: it may be the very one that got loose.
    """
    had = {each.subject for each in resolved if each.held or each.taken}
    return replace(alert, subjects=tuple(each for each in alert.subjects if each not in had))


def missing(resolved: Iterable[Resolved]) -> str:
    """Say what is not there, for a step that can't be filled without it."""
    absent = [_name(each.subject) for each in resolved if each.standing is Standing.ABSENT]
    return f"not there now: {few(absent, MOST_NAMED)}" if absent else ""


def _name(subject: Subject) -> str:
    where = f"{subject.namespace}/" if subject.namespace else ""
    return f"{subject.kind.value.replace('_', ' ')} {where}{subject.name}"


def settled(made: Suggestion, before: Sequence[Suggestion]) -> Suggestion | None:
    """
    Return what is to stand once a playbook's suggestion was made again, with its id; ``before`` are the group's.

    One that was dismissed stays so whenever it would do the same: ``None``. Otherwise another is suggested in its place.
    """
    own = [each for each in before if each.playbook == made.playbook]
    if any(not each.open and does(each) == does(made) for each in own):
        return None
    standing = next((each for each in own if each.open), None)
    if standing is not None:
        return _kept(replace(made, id=standing.id), standing)
    return replace(made, id=name_of(made, len(own)))


def withdrawn(made: Suggestion) -> Suggestion:
    """Return what was suggested before and is not now: what came of it stands, and nothing of it is offered."""
    if not made.open:
        return made
    steps = tuple(map(_withdrawn, made.steps))
    return replace(made, steps=steps, whole=_withdrawn(made.whole) if made.whole else None)


def _withdrawn(step: Suggested) -> Suggested:
    return step if step.plan is None else replace(step, plan=None, why=WITHDRAWN)


def name_of(made: Suggestion, number: int) -> str:
    """Return the id of a playbook's suggestion for a group, after so many that were dismissed."""
    return "s-" + digest(made.group_id, made.playbook, str(number))[:16]


def does(made: Suggestion) -> tuple[object, ...]:
    """Return what tells two suggestions of one playbook apart: what would be done, and to whom."""
    return tuple(
        (step.action, step.parameters.text if step.parameters else "", step.commands) for step in made.steps
    )


def seal(made: Suggestion) -> str:
    """Return a short digest of what would be done and to whom, so that a dismissal can be held against it."""
    told = (text for step in does(made) for text in ("step", *_flat(step)))
    return short(digest(*told))


def _flat(told: object) -> Iterator[str]:
    if isinstance(told, tuple):
        yield str(len(told))
        for each in told:
            yield from _flat(each)
    else:
        yield str(told)


def _kept(made: Suggestion, before: Suggestion) -> Suggestion:
    """What came of a step stays known: beside what would do the very same to the very same, and otherwise apart."""
    asked = _asked(before)
    steps = tuple(_after(step, asked) for step in made.steps)
    fresh = replace(made, steps=steps, whole=_after(made.whole, asked) if made.whole else None)
    kept = set(fresh.requests)
    return replace(fresh, former=tuple(each for each in asked if each.request_id not in kept)[:MOST_FORMER])


def _asked(before: Suggestion) -> tuple[Former, ...]:
    """Return what was asked for, the newest of each first."""
    steps = [
        Former(each.action, each.parameters, each.request_id)
        for each in before.every
        if each.request_id and each.parameters is not None
    ]
    return (*steps, *before.former)


def _after(step: Suggested, asked: Iterable[Former]) -> Suggested:
    same = (each for each in asked if (each.action, each.parameters) == (step.action, step.parameters))
    found = next(same, None)
    return replace(step, request_id=found.request_id) if found else step
