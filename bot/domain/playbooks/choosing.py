"""Which playbooks fit an alert, in which order, and why the others do not."""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from bot.domain.alerts import Alert
from bot.domain.playbooks.playbook import Playbook


class Outcome(msgspec.Struct, frozen=True):
    """What a condition gave. ``why`` tells, where it could not be judged; then it does not hold."""

    holds: bool
    why: str = ""


class Passed(msgspec.Struct, frozen=True):
    """A playbook that does not fit, and why."""

    playbook: Playbook
    why: str


class Chosen(msgspec.Struct, frozen=True):
    """The playbooks that fit, the first one first, and the others."""

    fit: tuple[Playbook, ...]
    passed: tuple[Passed, ...]


Judge = Callable[[Playbook, Alert], Outcome]


def chosen(playbooks: Iterable[Playbook], alert: Alert, judge: Judge) -> Chosen:
    """Return what fits an alert. ``judge`` evaluates the condition of a playbook; it never raises."""
    fit: list[Playbook] = []
    passed: list[Passed] = []
    stopped = ""
    for playbook in sorted(playbooks, key=lambda each: (each.order, each.name)):
        why = stopped or next(_against(playbook, alert, judge), "")
        if why:
            passed.append(Passed(playbook, why))
            continue
        fit.append(playbook)
        if playbook.stop:
            stopped = f"{playbook.name} fits, and says stop"
    return Chosen(tuple(fit), tuple(passed))


def _against(playbook: Playbook, alert: Alert, judge: Judge) -> Iterator[str]:
    match = playbook.match
    if not alert.firing:
        yield "the alert is resolved: there is nothing left to suggest"
        return
    if match.formats and alert.kind not in match.formats:
        yield f"it is for alerts of {', '.join(match.formats)}, and this one is of {alert.kind}"
    if match.severities and alert.severity not in match.severities:
        severities = ", ".join(each.value for each in match.severities)
        yield f"it is for severity {severities}, and this one is {alert.severity.value}"
    outcome = judge(playbook, alert)
    if not outcome.holds:
        yield outcome.why or "its condition does not hold"
