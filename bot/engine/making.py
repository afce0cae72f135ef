"""
Makes what playbooks suggest, as if each step had been asked for: real plans, and nothing is changed anywhere.

A step that can't be planned says why and holds up no other. What the cluster says is not there is left out, and an
address of our own is never blocked, whatever a plan says.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.actions import CATALOGUE, parameters
from bot.actions.contain import Contain
from bot.domain.actions import Action
from bot.domain.alerts import Alert
from bot.domain.findings import AGAIN, Finding, Refusal
from bot.domain.plans import Plan
from bot.domain.playbooks import Filled, Impossible, Manual, Playbook, Ready, filled
from bot.domain.playbooks.auto import POD, made_before
from bot.domain.pods import REPLACED
from bot.domain.suggestions import Resolved, Suggested, Suggestion
from bot.domain.suggestions.likeness import likeness
from bot.domain.suggestions.shaping import free, missing, there
from bot.engine.context import Context
from bot.engine.planning import plan as make_plan
from bot.engine.propose import facts
from bot.engine.recalling import recalling

log = logging.getLogger("firebreak.suggestions")

DEADLINE: Final = timedelta(seconds=30)
"""So long one plan may take."""
BUDGET: Final = timedelta(seconds=80)
"""So long all plans of one group may take: what comes after it is told as late."""

LATE: Final = Refusal("plan-late", "no plan could be made in time", AGAIN)
BROKEN: Final = "it could not be planned: an error inside Firebreak, see its log"


class Subjects(msgspec.Struct, frozen=True):
    """A group as one alert, and what the clusters said of what it names."""

    group_id: str
    alert: Alert
    resolved: tuple[Resolved, ...]


class Maker:
    """Makes the suggestions of one group, at one time."""

    def __init__(self, context: Context, about: Subjects, now: datetime) -> None:
        self._context, self._about, self._now = context, about, now
        self._sole = context.sole_cluster
        self._until = asyncio.get_running_loop().time() + BUDGET.total_seconds()
        self._ours = {each.subject.name: each.text for each in about.resolved if each.ours}

    async def make(self, playbook: Playbook) -> Suggestion:
        """
        Return what one playbook suggests; it has no id until it is held against those that stand (``settled``).

        Never raises for what an alert holds or a cluster answers.
        """
        made = [await self._guarded(step) for step in self._filled(playbook)]
        return Suggestion(
            id="",
            group_id=self._about.group_id,
            playbook=playbook.name,
            version=playbook.version,
            sha256=self._context.playbooks.sha256(playbook.name),
            title=playbook.title,
            about=playbook.about,
            made_at=self._now,
            steps=tuple(step for step, _ in made),
            whole=await self._whole([action for step, action in made if action and step.plan]),
        )

    def _filled(self, playbook: Playbook) -> tuple[Filled, ...]:
        """A step that lacks only what is not there any more says that."""
        alert, resolved = self._about.alert, self._about.resolved
        steps = self._untouched(playbook, there(alert, resolved))
        gone = missing(resolved)
        if not gone:
            return steps
        named = filled(playbook, alert, CATALOGUE, self._sole)
        return tuple(
            Impossible(step.step, gone)
            if isinstance(step, Impossible) and not isinstance(full, Impossible)
            else step
            for step, full in zip(steps, named, strict=True)
        )

    def _untouched(self, playbook: Playbook, alert: Alert) -> tuple[Filled, ...]:
        """What nothing more can be done to holds up none of the others; a step that is left without anybody says why."""
        every = filled(playbook, alert, CATALOGUE, self._sole)
        rest = free(alert, self._about.resolved)
        if rest.subjects == alert.subjects:
            return every
        others = filled(playbook, rest, CATALOGUE, self._sole)
        return tuple(
            other if isinstance(step, Ready) and isinstance(other, Ready) else step
            for step, other in zip(every, others, strict=True)
        )

    async def _guarded(self, step: Filled) -> tuple[Suggested, Action | None]:
        title = step.step.title
        match step:
            case Impossible(why=why):
                return Suggested(title, step.step.action, why=why), None
            case Manual(commands=commands, more=more):
                return Suggested(title, commands=commands, more=more), None
            case Ready(action=action):
                return await self._planned(title, action), action

    async def _planned(self, title: str, action: Action) -> Suggested:
        asked = Suggested(title, action.name, parameters(action))
        if action.at_cluster not in self._context.clusters:
            why = f"the settings name no cluster {action.at_cluster}"
            return msgspec.structs.replace(asked, why=why)
        request_id = self._context.entropy.request_id()
        try:
            found = await self._plan(action, request_id)
        except Exception as error:
            log.exception("suggestion_not_planned", extra={"error": type(error).__name__})
            return msgspec.structs.replace(asked, why=BROKEN)
        if isinstance(found, Refusal):
            return msgspec.structs.replace(asked, refusal=found)
        found = msgspec.structs.replace(found, warnings=(*self._younger(found), *found.warnings))
        return msgspec.structs.replace(asked, plan=found, digest=likeness(found, request_id))

    def _younger(self, plan: Plan) -> tuple[Finding, ...]:
        """A pod can be replaced under its name: whoever takes the step is told that it may be another."""
        began = self._about.alert
        pods = [part.target for part in plan.parts if part.target.kind == POD]
        made = [each for each in pods if each.created is not None and not made_before(each, began)]
        names = [f"{each.namespace}/{each.name}" for each in made]
        text = "was made after the alert began: another may have taken the place of the one that was alerted"
        return tuple(Finding(REPLACED, name, f"{name} {text}") for name in names)

    async def _plan(self, action: Action, request_id: str) -> Plan | Refusal:
        world, limit = recalling(self._context), self._context.limits.call
        end = asyncio.get_running_loop().time() + DEADLINE.total_seconds()
        try:
            async with asyncio.timeout_at(min(end, self._until)):
                found = await make_plan(action, world, self._now, request_id, limit)
        except TimeoutError:
            return LATE
        if isinstance(found, Refusal):
            return found
        return self._own(action) or next(iter(facts(self._context, found).protected), found)

    def _own(self, action: Action) -> Refusal | None:
        touched = [name for namespace, name in action.places if not namespace and name in self._ours]
        if not touched:
            return None
        text = f"{touched[0]} is not outside: {self._ours[touched[0]]}"
        return Refusal(
            "address-ours", text, "Look at what has this address: a pod is quarantined, not blocked."
        )

    async def _whole(self, actions: Sequence[Action]) -> Suggested | None:
        """All steps that can be done, in one plan; ``None`` where there are not two that go together."""
        steps = tuple(each for each in actions if isinstance(each, Contain.composes))
        if len(steps) < 2:
            return None
        try:
            action = msgspec.convert(
                {"cluster": steps[0].at_cluster, "steps": [msgspec.to_builtins(each) for each in steps]},
                Contain,
            )
        except msgspec.ValidationError:
            return None  # they do not go together: each is asked for by itself
        return await self._planned("All of it in one plan", action)
