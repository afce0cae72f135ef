"""``firebreak playbook``: are the playbooks sound, and what would they make of an alert."""

import argparse
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from bot.actions import CATALOGUE, parameters
from bot.adapters.alerts.parsing import PARSERS
from bot.adapters.alerts.wire import LARGEST, Intake, MisfitError
from bot.adapters.policy.playbooks import Library
from bot.bootstrap.entropy import utc_now
from bot.bootstrap.outside import outside
from bot.bootstrap.plainly import json_line, plain_output, printable, say, visible
from bot.bootstrap.playbooks import FOLDER, SHIPPED, known
from bot.domain.actions import Action
from bot.domain.alerts import Alert
from bot.domain.errors import FirebreakError
from bot.domain.findings import Finding, Refusal
from bot.domain.plans import Plan
from bot.domain.playbooks import Chosen, Filled, Impossible, Manual, Ready, chosen, filled, playbook_hash
from bot.engine.context import Limits
from bot.engine.planning import plan
from bot.ports import World
from bot.settings import load as load_settings

READER_GONE: Final = 141  # as a shell tells a program that SIGPIPE ended
TRYING: Final = "FB-TEST"
"""In the place of a request's id: nothing is ever done by these plans."""

MOST_ALERTS: Final = 20


async def playbook(given: argparse.Namespace) -> int:
    """Run the verb; a test exits 1 where no playbook fits."""
    library = known(given.paths or [str(FOLDER) if FOLDER.is_dir() else SHIPPED])
    with plain_output(READER_GONE):
        if given.verb == "check":
            for line in _sound(library):
                say(line)
            return 0
        return await _test(given, library)


def _sound(library: Library) -> Iterator[str]:
    for each in sorted(library.playbooks, key=lambda one: (one.order, one.name)):
        stops = ", and no other after it" if each.stop else ""
        yield f"ok  {each.name}, version {each.version}, order {each.order}{stops}: {len(each.steps)} steps"
        yield f"    sha256 {playbook_hash(each)}"
        if each.auto is not None:
            yield "    auto: its rules are sound; this version suggests and does nothing by itself"
    yield f"\nAll {len(library.playbooks)} playbooks can be used."


async def _test(given: argparse.Namespace, library: Library) -> int:
    alerts = _alerts(given.alert, given.source, given.cluster)
    fits = 0
    async with AsyncExitStack() as stack:
        world = None
        if given.plan:
            settings = load_settings(given.settings)
            world = (await stack.enter_async_context(outside(settings, utc_now))).world
        for alert in alerts[:MOST_ALERTS]:
            found = chosen(library.playbooks, alert, library.conditions.judge)
            fits += bool(found.fit)
            async for line in told(found, alert, given.cluster, world):
                say(line)
    if len(alerts) > MOST_ALERTS:
        say(f"{len(alerts) - MOST_ALERTS} more alerts in the file were not looked at.")
    return 0 if fits else 1


def _alerts(file: Path, source: str, cluster: str) -> tuple[Alert, ...]:
    if source not in PARSERS:
        raise FirebreakError(f"there are no alerts of format {source[:40]!r}; known: {', '.join(PARSERS)}")
    try:
        with file.open("rb") as opened:
            body = opened.read(LARGEST + 1)
    except OSError as error:
        raise FirebreakError(f"{file} can't be read ({error.strerror})") from None
    try:
        return PARSERS[source](body, Intake(source, cluster))
    except MisfitError as error:
        raise FirebreakError(
            f"{file} is not what {source} sends: {printable(str(error))}. Whose it is: --source"
        ) from None


async def told(found: Chosen, alert: Alert, cluster: str, world: World | None) -> AsyncIterator[str]:
    """
    Tell which playbooks fit an alert and what they would make of it, in lines fit for a terminal.

    ``cluster`` is meant where the alert names none. Without a ``world`` no plans are made.
    """
    yield f"{printable(alert.title)} ({printable(alert.rule)}, {alert.severity.value}, {alert.status.value})"
    for each in alert.subjects:
        name = f"{each.namespace}/{each.name}" if each.namespace else each.name
        yield f"  about {each.kind.value.replace('_', ' ')} {printable(name)} {each.role.value}".rstrip()
    for text in alert.unread:
        yield f"  not understood: {printable(text)}"
    if alert.left_out:
        yield f"  {alert.left_out} more alerts that its sender left out of the post"
    for playbook in found.fit:
        yield f"  FITS {playbook.name}, version {playbook.version}: {visible(playbook.title)}"
        yield f"       because {visible(playbook.match.when)}"
        for number, step in enumerate(filled(playbook, alert, CATALOGUE, cluster), start=1):
            yield f"       {number}. {visible(step.step.title)}"
            async for line in _step(step, world):
                yield f"          {line}"
    for passed in found.passed:
        yield f"  no   {passed.playbook.name}: {printable(passed.why)}"
    yield ""


async def _step(step: Filled, world: World | None) -> AsyncIterator[str]:
    match step:
        case Impossible(why=why):
            yield f"impossible: {printable(why)}"
        case Manual(commands=commands, more=more):
            for command in commands:
                yield f"by hand: {visible(command)}"
            if more:
                yield f"and {more} more commands"
        case Ready(action=action):
            yield f"{action.name} {json_line(parameters(action).value)}"
            if world is not None:
                async for line in _planned(action, world):
                    yield line


async def _planned(action: Action, world: World) -> AsyncIterator[str]:
    made = await plan(action, world, utc_now(), TRYING, Limits().call)
    for line in _refused(made) if isinstance(made, Refusal) else _plan(made):
        yield line


def _refused(refusal: Refusal) -> Iterator[str]:
    yield f"would be refused: {printable(refusal.text)}"
    yield f"  {printable(refusal.remedy)}"


def _plan(made: Plan) -> Iterator[str]:
    yield f"plan: {printable(made.summary)} ({made.forecast.value}; {printable(made.eta)})"
    for part in made.parts:
        for words in part.words:
            yield f"  does: {printable(words)}"
        for command in part.commands.undo:
            yield f"  undo: {visible(command)}"
    yield from _findings("stays", made.residual)
    yield from _findings("also", made.side_effects)
    yield from _findings("warning", made.warnings)


def _findings(what: str, findings: Sequence[Finding]) -> Iterator[str]:
    for each in findings:
        yield f"  {what}: {printable(each.text)}"
