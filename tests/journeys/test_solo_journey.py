"""One on-call quarantines one pod alone; others look at it afterwards, and nothing else gets through by that word."""

from pathlib import Path

from bot.domain.requests import Mode
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, ALONE, BOB, POLICY
from tests.journeys.stage import Stage, in_order, stage

WITH_SOLO = POLICY + ALONE
BECAUSE = "because it beacons and nobody else is awake"


def pod(bot: Stage) -> str:
    """Return the suspect as people type it."""
    cast = bot.scene.incident
    return f"{cast.cluster}/{cast.namespace}/{cast.pod}"


async def test_solo_cuts_one_pod_at_once_and_calls_the_reviewers_until_one_of_them_signs_it_off(  # noqa: PLR0915 - one story
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, policy=WITH_SOLO) as bot:
        request_id = await bot.propose(ALICE, f"quarantine {pod(bot)} solo {BECAUSE}")
        await bot.until_state(request_id, PartState.APPLIED)
        shown = await bot.until_shown(request_id, "*SOLO*: on one person's word", "*REVIEW OPEN*", "APPLIED")
        assert "Needs" not in shown
        assert "SOLO, review open" in await bot.ask(BOB, "reviews")
        assert "SOLO, review open" in await bot.ask(BOB, f"status {request_id}")

        bot.clock.turn(minutes=31)
        await bot.until_said(request_id, "nobody has signed it off yet")
        assert "<!subteam^S0SECURITY>" in await bot.thread(request_id)
        bot.clock.turn(minutes=31)
        await bot.until_told_twice(request_id, "nobody has signed it off yet")

        said = await bot.ask(BOB, f"review {request_id} because its flows stopped and no customer noticed")
        assert f"{request_id} is signed off" in said
        await bot.until_shown(request_id, "reviewed", "its flows stopped and no customer noticed")
        assert "Nothing waits for a review" in await bot.ask(BOB, "reviews")
        bot.clock.turn(hours=2)
        await bot.until_said(request_id, "OVERDUE")
        assert (await bot.thread(request_id)).count("nobody has signed it off yet") == 2

        found = await bot.request(request_id)
        assert (found.mode, found.terms.mode, found.terms.quorum) == (Mode.SOLO, "solo", 0)
        assert found.terms.lease == 3600
        assert all(row.state is PartState.APPLIED for row in await bot.rows(request_id))
        story = await bot.story(request_id)
        assert in_order(
            story,
            "command",
            "plan_shown",
            "decided:solo",
            "intent",
            "result:accepted",
            "reviewed:reminded",
            "reviewed:signed-off",
        ), story
        assert "vote" not in " ".join(story)
