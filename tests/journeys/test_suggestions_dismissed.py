"""What is not wanted: a suggestion that somebody dismissed, and a rule whose cards are muted for a while."""

from pathlib import Path

import pytest

from bot.adapters.slack.board.marks import DISMISS, PREPARE
from bot.adapters.slack.form import ids
from bot.sandbox.scene import ALICE, BOB, CHANNEL, DAN, POLICY
from tests.journeys.alerting import (
    beacon,
    card,
    counted,
    item,
    listening,
    pressed,
    seen,
    send,
    thing,
)
from tests.journeys.seeing import recorded
from tests.journeys.stage import stage

pytestmark = pytest.mark.timeout(120)


async def test_a_dismissed_suggestion_tells_who_and_why_and_comes_again_for_other_pods_only(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, outfit=listening()) as bot:
        cast = bot.scene.incident
        await send(bot, beacon(bot))
        board = await seen(bot)
        form = await pressed(bot, BOB, board, DISMISS, ids.DISMISS)
        filled = {"reason": {"text": "a scan <!channel> of ours"}}
        await bot.scene.workspace.submit_view(BOB, form.id, filled)
        after = await seen(bot, lambda found: not found.suggestions[0].open)
        (record,) = await recorded(bot, "dismissed")
        stale = await bot.scene.workspace.click(ALICE, CHANNEL, (await card(bot, board)).ts, f"{PREPARE}2")
        await send(bot, beacon(bot, thing("pod", cast.siblings[0], cast.namespace), number=1))
        bot.clock.turn(seconds=31)
        again = await seen(bot, lambda found: found.looked_at != board.looked_at)

        (one,) = after.suggestions
        assert one.dismissed_by is not None
        assert (one.dismissed_by.user, one.reason) == (BOB, "a scan @channel of ours")
        assert record["details"]["suggestion"] == one.id
        assert "scan" not in str(record), "free text is a disclosure"
        assert stale.posts or stale.error or not stale.acked
        assert [each.open for each in again.suggestions] == [True, False]


UNMUTING = POLICY.replace("alerts: {mute: [on-call]}\n", "")
"""The policy without a group that may mute."""


async def test_a_muted_rule_shows_no_card_until_its_time_is_over(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=listening()) as bot:
        unknown = await bot.ask(ALICE, "mute BeaconingPod for 2h because the red team")
        await send(bot, beacon(bot))
        first = await seen(bot)
        await card(bot, first)
        assert "muted until" in await bot.ask(ALICE, "mute BeaconingPod for 2h because the red team")
        nobody = await bot.ask(DAN, "mute BeaconingPod for 2h because I say so")
        too_long = await bot.ask(ALICE, "mute BeaconingPod for 3d because the red team")
        elsewhere = thing("pod", "gone", "kube-system")
        await send(bot, item("BeaconingPod", elsewhere, number=7))
        two = await counted(bot, 2)
        muted = next(one for one in two if one.group.id != first.group.id)
        assert muted.muted is not None
        assert muted.muted.reason == "the red team"
        assert await bot.built.desk.cards.get(muted.group.id) is None
        bot.clock.turn(hours=2, seconds=5)
        await card(bot, muted)

        assert "No rule of that name has alerted" in unknown
        assert "Refused" in nobody
        assert "24 hours" in too_long or "at most" in too_long
        assert [r["outcome"] for r in await recorded(bot, "muted")] == ["muted", "ended"]
        assert "BeaconingPod" not in str(await recorded(bot, "muted"))


async def test_without_a_group_in_the_policy_nobody_mutes_and_is_told_what_to_write(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=listening(), policy=UNMUTING) as bot:
        await send(bot, beacon(bot))
        await seen(bot)
        said = await bot.ask(ALICE, "mute BeaconingPod for 2h because the red team")

        assert "alerts: {mute: [responders]}" in said
