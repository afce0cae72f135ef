"""Who has rights in the namespace and knows how we look: tricks, and what comes of them."""

from pathlib import Path

from bot.domain.isolation import KEPT
from bot.domain.requests import PartRow
from bot.domain.states import PartState
from bot.sandbox.kubernetes.objects import Json
from bot.sandbox.kubernetes.resources import PODS
from tests.journeys.stage import Stage, stage
from tests.journeys.test_misfortunes_after import contained, delete_policy

HELD, _ = KEPT[0]


def change_annotation(bot: Stage) -> None:
    """Give the pod a value of somebody's own where that lets no traffic through."""
    patch: Json = {"metadata": {"annotations": {HELD: "theirs"}}}
    bot.scene.cluster.edit_by_someone_else(PODS, "payments", bot.scene.incident.pod, patch)


def drifted(rows: tuple[PartRow, ...]) -> bool:
    """Whether something that others changed is shown."""
    return bool(rows[0].drift)


async def test_a_harmless_change_before_does_not_hide_the_one_that_opens(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        request_id = await contained(bot)
        await bot.until_rows(request_id, lambda rows: rows[0].due_at is None)
        await bot.stop()  # what it saw applied itself it may always write again
        change_annotation(bot)
        await bot.start()
        await bot.until_rows(request_id, drifted)

        delete_policy(bot, request_id)
        await bot.until_said(request_id, "written again under the original approval (1 of 3)")
        await bot.until_state(request_id, PartState.APPLIED)
