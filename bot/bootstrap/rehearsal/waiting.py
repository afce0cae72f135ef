"""Waiting for Azure, with a bar that follows its clock."""

from rich.progress import Progress, TaskID

from bot.bootstrap.rehearsal.narrator import Narrator
from bot.bootstrap.rehearsal.stage import Stage
from bot.sandbox.story import drawing
from bot.sandbox.story.cards import Card

_MINUTE = 60


async def applied(stage: Stage, narrator: Narrator, request: str, doing: str, state: str) -> Card:
    """Show the newest of Azure's updates until the card says the state; return the card."""
    bar = drawing.bar(narrator.out)
    with bar:
        task = bar.add_task(doing, total=1.0, clock="")
        return await stage.stands(request, state, lambda: _move(stage, bar, task))


def _move(stage: Stage, bar: Progress, task: TaskID) -> None:
    running = stage.scene.arm.operations
    if not running or running[-1].ends is None:
        return
    newest = running[-1]
    whole = (newest.ends or newest.started) - newest.started
    gone = min(whole, max(0.0, stage.scene.arm.now - newest.started))
    bar.update(
        task, total=whole, completed=gone, clock=f"{_clock(gone)} of {_clock(whole)} min, Azure's clock"
    )
    bar.refresh()


def _clock(seconds: float) -> str:
    return f"{int(seconds) // _MINUTE}:{int(seconds) % _MINUTE:02d}"
