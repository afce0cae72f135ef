"""Past the quorum, loudly: asked for, confirmed by typing, called out, objected to, signed off."""

from pathlib import Path

import msgspec
import pytest

from bot.domain.digests import short
from bot.domain.findings import Refusal
from bot.domain.plans import Plan
from bot.domain.requests import Mode
from bot.domain.states import PartState
from bot.engine import planning, propose
from bot.sandbox.scene import ALICE, ALONE, BOB, CARA, CHANNEL, POLICY
from bot.sandbox.slack.views import View
from tests.journeys.stage import PATIENCE, Stage, in_order, stage

WITH_BOTH = POLICY + ALONE
BECAUSE = "because data leaves now and nobody answers"


def _pod(bot: Stage) -> str:
    cast = bot.scene.incident
    return f"{cast.cluster}/{cast.namespace}/{cast.pod}"


async def _confirm(bot: Stage, request_id: str) -> str:
    found = await bot.request(request_id)
    return await bot.ask(ALICE, f"confirm {request_id} {short(found.digest)} name {bot.scene.incident.pod}")


async def _alarms(bot: Stage) -> str:
    top = [m for m in bot.scene.workspace.messages(CHANNEL) if not m.thread_ts or m.thread_ts == m.ts]
    return "\n".join(f"{m.text} {m.blocks}" for m in top)


async def test_break_glass_runs_once_confirmed_calls_everybody_and_is_open_until_signed_off(  # noqa: PLR0915 - one story
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, policy=WITH_BOTH) as bot:
        said = await bot.ask(ALICE, f"quarantine {_pod(bot)} break-glass {BECAUSE}")
        request_id = said.partition(":")[0]
        plan = short((await bot.request(request_id)).digest)
        assert f"/ir confirm {request_id} {plan} name {bot.scene.incident.pod}" in said
        assert "Nothing is done yet" in said
        await bot.until_shown(request_id, "*BREAK-GLASS*", "NOT CONFIRMED YET", "confirm it by typing")
        assert (await bot.rows(request_id))[0].state is PartState.PROPOSED

        assert "starts now, past the approvers" in await _confirm(bot, request_id)
        await bot.until_state(request_id, PartState.APPLIED)
        await bot.until_shown(request_id, "*BREAK-GLASS*", "*REVIEW OPEN*", "APPLIED")

        async def alarmed() -> bool:
            told = await _alarms(bot)
            return f"goes past the approval of {request_id}" in told and "<!subteam^S0SECURITY>" in told

        await bot.until(alarmed, lambda: _alarms(bot))
        said = await bot.ask(BOB, f"review {request_id} objection because the pod was harmless")
        assert "is recorded, and the reviewers are called. It stays open" in said

        async def objected() -> bool:
            return f"OBJECTION to {request_id}" in await _alarms(bot)

        await bot.until(objected, lambda: _alarms(bot))
        bot.clock.turn(hours=4, minutes=1)
        await bot.until_said(request_id, "nobody has signed it off yet")

        view = await _reviewing(bot, CARA, request_id)
        await bot.scene.workspace.submit_view(
            CARA, view.id, {"reason": {"text": "logs read, flows compared"}}
        )
        await bot.until_shown(request_id, "*reviewed*", "logs read, flows compared")

        found = await bot.request(request_id)
        assert found.mode is Mode.BREAK_GLASS
        assert found.review is not None
        assert (found.review.open, found.review.by and found.review.by.user) == (False, CARA)
        story = await bot.story(request_id)
        assert in_order(
            story,
            "command",
            "plan_shown",
            "decided:break-glass",
            "intent",
            "result:accepted",
            "reviewed:objection",
            "reviewed:reminded",
            "reviewed:signed-off",
        ), story
        assert not any(chapter.startswith("vote") for chapter in story)


async def _reviewing(bot: Stage, user: str, request_id: str) -> View:
    card = await bot.card(request_id)
    opened = await bot.scene.workspace.click(user, CHANNEL, card.ts, "ir_review")

    def form() -> View | None:
        view = opened.view
        return view if view and view.body["callback_id"] == "ir_review_modal" else None

    return await bot.scene.workspace.until(form, PATIENCE)


async def test_what_is_not_confirmed_is_over_with_its_time_and_calls_nobody(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=WITH_BOTH) as bot:
        request_id = await bot.propose(ALICE, f"quarantine {_pod(bot)} break-glass {BECAUSE}")
        bot.clock.turn(minutes=31)
        await bot.until_state(request_id, PartState.EXPIRED)

        assert "can no longer be confirmed" in await _confirm(bot, request_id)
        assert "still waits for approval" not in await bot.thread(request_id)
        assert not in_order(await bot.story(request_id), "intent")
        assert "Nothing waits for a review" in await bot.ask(BOB, "reviews")


async def test_an_approver_can_stop_a_break_glass_before_it_is_confirmed(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=WITH_BOTH) as bot:
        request_id = await bot.propose(ALICE, f"quarantine {_pod(bot)} break-glass {BECAUSE}")
        assert "is denied" in await bot.ask(BOB, f"deny {request_id} because I am here, ask me")

        assert "can no longer be confirmed" in await _confirm(bot, request_id)
        assert not in_order(await bot.story(request_id), "intent")


async def test_solo_lasts_an_hour_and_longer_takes_the_approval_of_somebody_else(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=WITH_BOTH) as bot:
        request_id = await bot.propose(BOB, f"quarantine {_pod(bot)} for 30m solo {BECAUSE}")
        await bot.until_state(request_id, PartState.APPLIED)

        assert "now lasts until" in await bot.ask(BOB, f"extend {request_id} 30m")
        assert "somebody else must agree" in await bot.ask(BOB, f"extend {request_id} 1m")
        assert "only members of security" in await bot.ask(ALICE, f"extend {request_id} 1m")
        assert "now lasts until" in await bot.ask(CARA, f"extend {request_id} 1m")


async def test_a_world_that_became_worse_stops_what_would_run_on_one_word_and_nothing_is_owed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truly = planning.plan

    async def rosy(*args: object) -> Plan | Refusal:
        """Show the plan as it would be without what stays open: the world turns worse right after."""
        made = await truly(*args)  # type: ignore[arg-type]  # passed on as it came
        return msgspec.structs.replace(made, residual=()) if isinstance(made, Plan) else made

    async with stage(tmp_path, policy=WITH_BOTH) as bot:
        monkeypatch.setattr(propose, "make_plan", rosy)
        request_id = await bot.propose(ALICE, f"quarantine {_pod(bot)} solo {BECAUSE}")
        await bot.until_state(request_id, PartState.FAILED)

        said = await bot.until_said(request_id, "was not done")
        assert "Ask again without solo or break-glass: then others approve it." in said
        assert f"<@{ALICE}>" in said
        assert not in_order(await bot.story(request_id), "intent")
        assert "Nothing waits for a review" in await bot.ask(BOB, "reviews")
