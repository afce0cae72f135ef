"""The alert: it arrives, its card stands, a person takes what it suggests; it ends, and nothing is undone by that."""

import re
from typing import Final

from bot.adapters.slack.board.marks import PREPARE
from bot.bootstrap.rehearsal.narrator import Narrator
from bot.bootstrap.rehearsal.stage import Stage, id_in
from bot.sandbox.alerts import RULE, SOURCE
from bot.sandbox.scene import ALICE, CHANNEL
from bot.sandbox.slack.answers import texts
from bot.sandbox.story import drawing

STORM: Final = 200
"""Alerts of the same rule that come at once."""

BLOCK: Final = 2
ISOLATE: Final = 3
"""Steps of the playbook as its card counts them."""

_GROUP: Final = re.compile(r"\bg-[0-9a-f]{16}\b")


async def arrives(stage: Stage, narrator: Narrator) -> str:
    """Let the rule fire, once and then in a storm, and look at what stands in the channel. Returns the id of its alerts."""
    incident = stage.scene.incident
    narrator.says("alertmanager", f"POST /alerts/{SOURCE}: {RULE} fires (a given fact of this story)")
    await stage.alarm.fires()
    await stage.until(lambda: len(_groups(stage)) == 1, "the card of the alert in the channel")
    (group,) = _groups(stage)
    await stage.until(lambda: stage.card(group).line("💡"), "what is suggested, on the card of the alert")
    card = stage.card(group)
    narrator.show(drawing.board(card))
    narrator.hold("whom it names is looked up, not believed", _found(card.under("It names"), incident.pod))
    narrator.hold(
        "a playbook fits; what it would do is planned already, for people to take",
        _prepares(stage, group, BLOCK) and _prepares(stage, group, ISOLATE),
    )
    await stage.alarm.fires(STORM)
    await stage.until(lambda: f"{STORM} alerts" in stage.card(group).title, "all of the storm on one card")
    narrator.hold(f"a storm: {STORM} alerts of it are one card, which counts them", _groups(stage) == {group})
    narrator.hold("an alert asks for nothing, and changes nothing", _untouched(stage))
    return group


async def takes(stage: Stage, narrator: Narrator, group: str, step: int) -> str:
    """Have Alice press a step's button and send what it opens, in her name. Returns the request's id."""
    narrator.says("alice", f"presses [ {_prepares(stage, group, step)} ] on the card of the alert")
    form = await stage.opens(ALICE, group, f"{PREPARE}{step - 1}")
    narrator.tell("A form opens, filled in. She sends it, looks at the plan made anew, and asks.", quiet=True)
    plan = await stage.sends(ALICE, form)
    asked = await stage.sends(ALICE, plan)
    request = id_in("\n".join(texts(asked.blocks)))
    await stage.scene.workspace.close_view(ALICE, asked.id)
    card = await stage.posted(request)
    narrator.card(card)
    narrator.hold(
        "she asked, with her own rights; the card says of which alert and playbook it came",
        f"alert {group}, playbook beaconing" in card.text and card.line("Asked by @alice"),
    )
    return request


async def over(stage: Stage, narrator: Narrator, group: str) -> None:
    """Let the sender say that it is over: what was done stays until a person undoes it."""
    before = stage.now().cluster
    narrator.says("alertmanager", f"POST /alerts/{SOURCE}: {RULE} is resolved, all {STORM} of it")
    await stage.alarm.over()
    await stage.until(lambda: stage.card(group).word == "OVER", "OVER on the card of the alert")
    card = stage.card(group)
    narrator.tell(card.title)
    narrator.hold("its card offers nothing any more", not card.buttons)
    narrator.hold("nothing was undone by that: people decide", stage.now().cluster == before)


def _groups(stage: Stage) -> set[str]:
    every = (_GROUP.search(each.text) for each in stage.scene.workspace.messages(CHANNEL))
    return {found[0] for found in every if found}


def _prepares(stage: Stage, group: str, step: int) -> str:
    """Return the button of a step; nothing where there is none."""
    return next((each for each in stage.card(group).buttons if each.startswith(f"Prepare {step}:")), "")


def _found(named: tuple[str, ...], pod: str) -> bool:
    said = "\n".join(named)
    return pod in said and "of Deployment api" in said and "outside: no pod, node or Service" in said


def _untouched(stage: Stage) -> bool:
    return stage.now() == stage.before
