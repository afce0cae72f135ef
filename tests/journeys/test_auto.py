"""A playbook acts without a person: only where playbook and policy both say so, loudly, reviewed by two, undone by one click."""

import asyncio
from pathlib import Path

import pytest

from bot.domain.requests import Mode
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB, CARA, CHANNEL, POLICY
from tests.journeys.acting import (
    BLOCKING,
    BY_HAND,
    NAME,
    PLAYBOOK,
    acted,
    applied,
    automatic,
    letting,
    mining,
    muted,
    outfit,
    refusals,
    sha256,
    until_acted,
    until_done_with,
    until_refused,
)
from tests.journeys.alerting import seen, send, thing
from tests.journeys.firewall import ADDRESS, entries
from tests.journeys.mailbox import in_channel
from tests.journeys.stage import PATIENCE, in_order, stage, whole_log
from tests.journeys.test_block_journey import AT_ONCE
from tests.journeys.test_report_journey import files
from tests.journeys.test_undo_by_cause import confirming

pytestmark = pytest.mark.timeout(120)


async def test_an_alert_is_acted_upon_announced_undone_by_a_click_and_reviewed_by_two(
    tmp_path: Path,
) -> None:
    file = automatic(tmp_path)
    async with stage(tmp_path, policy=letting(file), outfit=outfit(file)) as bot:
        request = await applied(bot, mining(bot))
        assert (request.mode, request.requester, request.held_by) == (Mode.AUTO, None, None)
        assert (request.terms.lease, request.terms.on_expiry, request.terms.quorum) == (1800, "hold", 0)
        shown = await bot.until_shown(
            request.id, "*AUTO*: done by playbook `miner` without a person", "REVIEW OPEN", "APPLIED"
        )
        assert "Nobody asked: done by playbook* `miner`, version 3" in shown
        assert f"/ir rollback {request.id}" in shown

        async def announced() -> list[object]:
            return list(in_channel(bot, CHANNEL, "AUTO: done by playbook miner, version 3, without a person"))

        (said,) = await bot.until(announced)
        assert "<!subteam^S0SECURITY>" in str(said)
        board = await seen(bot, lambda found: found.suggestions and found.suggestions[0].requests)
        assert board.suggestions[0].steps[0].request_id == request.id

        assert "is recorded. Somebody else has to sign it off" in await bot.ask(
            BOB, f"review {request.id} because its flows were mining"
        )
        assert "Refused" in await bot.ask(BOB, f"review {request.id} because once more")
        assert "AUTO, review open" in await bot.ask(CARA, "reviews")
        await bot.click(ALICE, request.id, "ir_rollback")  # she may release, and approves nothing
        await bot.until_state(request.id, PartState.ROLLED_BACK)
        assert "is signed off" in await bot.ask(CARA, f"review {request.id} because it was the load test")

        (decided,) = [r async for r in whole_log(bot.settings.database) if r["event"] == "decided"]
        assert decided["actor"] == {"type": "playbook", "id": "miner", "idp": "firebreak"}
        cause = decided["details"]["cause"]
        assert (cause["version"], cause["sha256"], cause["auto"]) == (3, sha256(file), True)
        assert in_order(
            await bot.story(request.id), "plan_shown", "decided:auto", "intent", "result:accepted",
            "reviewed:looked-at", "rollback:rollback-asked", "reviewed:signed-off",
        )  # fmt: skip


@pytest.mark.parametrize("alone", ["playbook", "policy"])
async def test_neither_a_playbook_alone_nor_a_policy_alone_lets_anything_be_done(
    tmp_path: Path, alone: str
) -> None:
    file = automatic(tmp_path, text=PLAYBOOK if alone == "playbook" else BY_HAND)
    policy = POLICY if alone == "playbook" else letting(file)
    async with stage(tmp_path, policy=policy, outfit=outfit(file)) as bot:
        await send(bot, mining(bot))
        board = await seen(bot)
        assert board.suggestions[0].steps[0].plan is not None
        await until_done_with(bot, board)
        assert not await acted(bot)
        assert not await refusals(bot)


async def test_a_playbook_that_is_not_the_very_one_of_the_policy_does_nothing(tmp_path: Path) -> None:
    file = automatic(tmp_path)
    policy = letting(file)
    automatic(tmp_path, per_hour=10)
    async with stage(tmp_path, policy=policy, outfit=outfit(file)) as bot:
        await send(bot, mining(bot))
        await until_refused(bot, "auto-changed")


async def test_an_alert_that_began_long_ago_leaves_a_suggestion_and_a_record(tmp_path: Path) -> None:
    file = automatic(tmp_path)
    async with stage(tmp_path, policy=letting(file), outfit=outfit(file)) as bot:
        await send(bot, mining(bot, started="2026-11-21T02:11:00Z"))
        await until_refused(bot, "auto-stale")
        assert (await seen(bot)).suggestions[0].steps[0].plan is not None


async def test_what_a_rule_that_is_muted_tells_is_left_alone(tmp_path: Path) -> None:
    file = automatic(tmp_path)
    async with stage(tmp_path, policy=letting(file), outfit=outfit(file)) as bot:
        await muted(bot)
        await send(bot, mining(bot))
        await until_refused(bot, "auto-muted")


async def test_at_the_end_of_its_lease_a_pod_stays_cut_and_the_reviewers_are_called_again_and_again(
    tmp_path: Path,
) -> None:
    file = automatic(tmp_path)
    async with stage(tmp_path, policy=letting(file), outfit=outfit(file)) as bot:
        request = await applied(bot, mining(bot))
        bot.clock.turn(minutes=16)
        await bot.until_said(request.id, "it stays cut and becomes OVERDUE")
        said = await bot.until_said(request.id, f"Nobody holds {request.id}")
        assert "<!subteam^S0SECURITY>" in said, "nobody holds it, so the reviewers are told"
        assert "Refused" in await bot.ask(ALICE, f"rollback {request.id}"), "later it takes an approver"
        bot.clock.turn(minutes=31)
        await bot.until_said(request.id, "auto, by a playbook without a person, and nobody has signed it off")
        await bot.until_said(request.id, "OVERDUE: the lease")
        bot.clock.turn(minutes=61)
        await bot.until_told_twice(request.id, "OVERDUE: the lease")
        assert (await bot.rows(request.id))[0].state is PartState.APPLIED
        await bot.ask(BOB, f"rollback {request.id} because it is clean")
        await bot.until_state(request.id, PartState.ROLLED_BACK)


async def test_an_address_is_blocked_for_a_while_and_let_go_after_its_warning(tmp_path: Path) -> None:
    file = automatic(tmp_path, text=BLOCKING)
    async with stage(tmp_path, policy=letting(file), outfit=outfit(file), behaviour=AT_ONCE) as bot:
        request = await applied(bot, mining(bot, subjects=[thing("address", ADDRESS, role="destination")]))
        assert (request.terms.lease, request.terms.on_expiry) == (3600, "release")
        assert entries(bot) == {ADDRESS}
        bot.clock.turn(minutes=46)
        await bot.until_said(request.id, "then it is rolled back")
        bot.clock.turn(minutes=15)
        await bot.until_state(request.id, PartState.ROLLED_BACK)
        assert entries(bot) == set()
        assert "AUTO, review open" in await bot.ask(BOB, "reviews")


async def test_all_that_a_playbook_did_by_itself_is_undone_by_its_name(tmp_path: Path) -> None:
    file = automatic(tmp_path)
    async with stage(tmp_path, policy=letting(file), outfit=outfit(file)) as bot:
        request = await applied(bot, mining(bot))
        assert request.cause is not None
        shown = await bot.ask(ALICE, f"rollback alert {request.cause.group}")
        assert f"would be released: {request.id}" in shown
        confirm = await confirming(bot, ALICE, f"playbook {NAME}")
        assert "Rolling back 1 of 1" in await bot.ask(ALICE, f"{confirm} because it was the load test")
        await bot.until_state(request.id, PartState.ROLLED_BACK)
        await bot.ask(BOB, f"report {request.id}")
        found = await files(bot, request.id)
        told = "".join((file.content or b"").decode() for file in found if file.name.endswith(".md"))
        assert "by nobody: playbook miner" in told
        assert "AUTO, by a playbook without a person" in told
        assert "T0HOST:miner" not in told


async def test_a_program_that_is_stopped_after_it_suggested_leaves_the_doing_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = automatic(tmp_path)
    reached = asyncio.Event()

    async def stopped(*_: object) -> tuple[str, ...]:
        reached.set()
        await asyncio.Event().wait()
        return ()

    async with stage(tmp_path, policy=letting(file), outfit=outfit(file)) as bot:
        with monkeypatch.context() as while_it_ends:
            while_it_ends.setattr("bot.engine.suggesting.act", stopped)
            await send(bot, mining(bot))
            async with asyncio.timeout(PATIENCE):
                await reached.wait()
            await bot.stop()
        await bot.start()
        request = await until_acted(bot)
        await bot.until_state(request.id, PartState.APPLIED)
        assert len(await acted(bot)) == 1
