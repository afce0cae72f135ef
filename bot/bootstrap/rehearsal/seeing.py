"""What flows show of the containment, later and without anyone asking: what passed before, and what became of it."""

from typing import Final

from bot.bootstrap.rehearsal.narrator import Narrator, StepError
from bot.bootstrap.rehearsal.stage import Stage

SETTLED: Final = 12.0
"""Seconds within which this engine has acted."""

LATER: Final = 18.0
"""Seconds until the bot looks a second time, and some more."""

FLOWS: Final = "Flows"
"""How the card's part about flows begins."""


async def before_and_after(stage: Stage, narrator: Narrator, request: str) -> None:
    """Let the pods try again and the time pass until the bot looks; what it then says stands on the card."""
    traffic, beacon = stage.scene.traffic, f"{stage.scene.incident.beacon}:443"
    if traffic is None:
        raise StepError("this world has no relay")
    before = _line(stage, request, "Before:")
    narrator.hold("the flows before were kept as evidence when it was asked for", beacon in before)
    narrator.tell(
        "Half a minute passes for the bot, whose clock is turned; the pods try as before.", quiet=True
    )
    stage.clock.turn(SETTLED)  # and nothing is awaited before they have tried: nobody has looked yet
    traffic.talk(traffic.lines, stage.clock())
    stage.clock.turn(LATER)
    await stage.until(lambda: _line(stage, request, "Stopped:"), "what stopped, on the card")
    await stage.until(lambda: _proved(stage, request, "L3"), "a look at flows among what is proved")
    card = stage.card(request)
    narrator.card(card)
    narrator.hold(f"{beacon} has stopped", beacon in _line(stage, request, "Stopped:"))
    narrator.hold(
        "nothing of it goes on, and nothing is new",
        not _line(stage, request, "Goes on:") and not _line(stage, request, "New:"),
    )
    narrator.hold(
        "the drops do not name our policy, as no relay does under this engine: INCONCLUSIVE",
        "INCONCLUSIVE" in card.state and "does not name it" in card.state,
    )


def _proved(stage: Stage, request: str, rung: str) -> bool:
    return any(line.startswith(rung) for line in stage.card(request).under("Proved so far"))


def _line(stage: Stage, request: str, beginning: str) -> str:
    found = stage.card(request).under(FLOWS)
    return next((line for line in found if line.startswith(beginning)), "")
