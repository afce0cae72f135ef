"""The story from its first scene to its last."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console
from rich.text import Text

from bot.bootstrap.rehearsal import alerted, containing, proving, refusing, returning, seeing
from bot.bootstrap.rehearsal.narrator import Narrator
from bot.bootstrap.rehearsal.proving import Evidence
from bot.bootstrap.rehearsal.quiet import quietly
from bot.bootstrap.rehearsal.stage import Stage, opened, world
from bot.bootstrap.writing import whole_file
from bot.domain.errors import FirebreakError
from bot.sandbox.scene import Scene
from bot.sandbox.story import drawing
from bot.settings import Settings

LOG_LINES: Final = 8
Sabotage = Callable[[Scene], object]
"""Something that goes wrong: it is handed the world before the bot starts."""


async def rehearse(out: Console, export: Path | None = None, sabotage: Sabotage | None = None) -> int:
    """
    Play it; return 0 if every step held, else 1, naming the step.

    ``export`` is where the audit export is left. The first thing that goes wrong, whatever it is, ends the story.
    """
    narrator = Narrator(out)
    began = asyncio.get_running_loop().time()
    log = io.StringIO()
    try:
        with TemporaryDirectory(prefix="firebreak-rehearsal-") as folder:
            async with world(Path(folder)) as (staged, settings):
                with quietly(settings) as log:
                    if sabotage is not None:
                        sabotage(staged)
                    evidence = await _play(narrator, staged, settings)
                _leave(evidence, export)
    except asyncio.CancelledError:
        narrator.tell("Stopped. Nothing of this world is left.")
        raise
    except Exception as error:  # noqa: BLE001 - whatever it was, the step did not hold
        _fallen(narrator, error, log.getvalue())
        return 1
    _ended(narrator, asyncio.get_running_loop().time() - began, evidence, export)
    return 0


async def _play(narrator: Narrator, staged: Scene, settings: Settings) -> Evidence:
    folder = settings.audit.key_file.parent
    kept = folder / "kept-outside.jsonl"
    async with opened(staged, settings) as stage:
        async with narrator.scene("An alert arrives"):
            group = await alerted.arrives(stage, narrator)
        both = await _contain(stage, narrator, group)
        await proving.exported(settings, kept)
        async with narrator.scene("The exact way back, for all that came of the alert"):
            await returning.roll_back(stage, narrator, group, both)
        async with narrator.scene("The world is as it was"):
            await returning.restored(stage, narrator)
    async with narrator.scene("The record, verified offline"):
        narrator.tell("The bot has stopped. What is left is its log.", quiet=True)
        evidence = await proving.exported(settings, folder / "audit-export.jsonl")
        await proving.record(narrator, evidence, kept)
    return evidence


async def _contain(stage: Stage, narrator: Narrator, group: str) -> tuple[str, str]:
    async with narrator.scene("Confirm the flow"):
        await containing.confirm(stage, narrator)
    async with narrator.scene("Block the address at the firewall"):
        address = await containing.block(stage, narrator, group)
    async with narrator.scene("Isolate the pod: asked"):
        first = await containing.isolate(stage, narrator)
    async with narrator.scene("Close what would stay open"):
        pod = await containing.close(stage, narrator, group, first)
    async with narrator.scene("Trace its peers, while the others think"):
        await containing.trace(stage, narrator)
    async with narrator.scene("The wrong approver is refused"):
        await refusing.wrong_approvers(stage, narrator, pod)
    async with narrator.scene("The outsider's forged click is refused"):
        await refusing.outsider(stage, narrator, pod)
    async with narrator.scene("Isolate the pod: approved by another person"):
        await containing.approve(stage, narrator, pod)
    async with narrator.scene("The alert is over"):
        await alerted.over(stage, narrator, group)
    async with narrator.scene("Its flows, before and after"):
        await seeing.before_and_after(stage, narrator, pod)
    async with narrator.scene("What stays allowed, said honestly"):
        await containing.stays_allowed(stage, narrator, pod)
    async with narrator.scene("Azure is done with the block"):
        await containing.blocked(stage, narrator, address)
    return pod, address


def _leave(evidence: Evidence, export: Path | None) -> None:
    if export is not None:
        with whole_file(export) as file:
            file.write(evidence.file.read_bytes())


def _fallen(narrator: Narrator, error: Exception, log: str) -> None:
    words = str(error) if isinstance(error, FirebreakError) else f"{type(error).__name__}: {error}"
    narrator.show(drawing.failed(words))
    narrator.show(Text(f"The rehearsal ended in step {narrator.played + 1}, “{narrator.step}”."))
    for line in log.splitlines()[-LOG_LINES:]:
        narrator.show(Text(f"log: {line}", "dim"))


def _ended(narrator: Narrator, seconds: float, evidence: Evidence, export: Path | None) -> None:
    told = f"All {narrator.played} steps held, in {seconds:.0f} s. Nothing of this world is left."
    narrator.show(Text())
    narrator.show(drawing.title("Held", [told]))
    if export is not None:
        lines = (
            "The audit export is left. Verify it anywhere:",
            f"  firebreak audit verify {export} --key \\",
        )
        for line in (*lines, f"  {evidence.key}"):  # whole, or it could not be copied
            narrator.out.print(Text(line), soft_wrap=True)
