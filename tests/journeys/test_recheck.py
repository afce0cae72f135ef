"""Another look at what needs a person, or of which nothing shows that it works: through Slack, on the real bot."""

from pathlib import Path

import pytest

from bot.domain.isolation import LABEL
from bot.domain.requests import PartRow
from bot.domain.states import PartState
from bot.sandbox.azure import Behaviour, faults
from bot.sandbox.kubernetes.faults import Broken, Denied, Match
from bot.sandbox.kubernetes.objects import Json
from bot.sandbox.kubernetes.resources import PODS
from bot.sandbox.scene import ALICE, BOB, CARA, DAN, FOREIGN, GUEST
from tests.journeys.firewall import MINUTES, entries, puts
from tests.journeys.log import records
from tests.journeys.stage import Stage, in_order, stage
from tests.journeys.test_block_journey import BLOCK
from tests.journeys.test_misfortunes_after import contained, delete_policy, policy_of, remove_mark


async def stuck(bot: Stage) -> str:
    """Have the rollback of a quarantine refused for good by an admission rule; both objects of ours stay."""
    request_id = await contained(bot)
    bot.scene.cluster.faults.arm(Denied("hands off"), Match("patch", "pods", dry_run=False), times=None)
    await bot.ask(ALICE, f"rollback {request_id}")
    await bot.until_state(request_id, PartState.NEEDS_HUMAN)
    return request_id


async def halted(bot: Stage) -> tuple[str, PartRow]:
    """Have a block fail at Azure after it was taken; return the request and its one part."""
    bot.scene.arm.fail_next(faults.operation_fails())
    request_id = await bot.propose(ALICE, BLOCK)
    await bot.approve(BOB, request_id)
    (row,) = await bot.until_state(request_id, PartState.NEEDS_HUMAN)
    return request_id, row


def again(row: PartRow) -> list[str]:
    """Return what looks again have left among the evidence."""
    return [proof.text for proof in row.evidence if proof.text.startswith("checked again")]


async def test_what_a_person_cleans_up_by_hand_is_named_while_it_is_left_and_then_counts_as_rolled_back(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        before = bot.scene.cluster.snapshot("payments")
        request_id = await stuck(bot)
        await bot.until_shown(request_id, "Check again")
        said = await bot.ask(CARA, f"recheck {request_id}")
        assert "still left" in said
        assert f"labels[{LABEL}]" in said
        assert policy_of(request_id) in said

        delete_policy(bot, request_id)
        said = await bot.click(BOB, request_id, "ir_recheck")
        assert f"labels[{LABEL}]" in said
        assert policy_of(request_id) not in said
        (row,) = await bot.until_state(request_id, PartState.NEEDS_HUMAN)
        assert len(again(row)) == 1
        await bot.until_shown(request_id, "Still left")

        remove_mark(bot, request_id)
        await settled(bot, request_id)
        assert bot.scene.cluster.snapshot("payments") == before


async def settled(bot: Stage, request_id: str) -> None:
    """Look again where nothing of ours is left, and hold what is told, shown and recorded to it."""
    assert "undone by hand" in await bot.ask(ALICE, f"recheck {request_id}")
    (row,) = await bot.until_state(request_id, PartState.ROLLED_BACK)
    assert any("not by us" in text for text in again(row))
    assert "Check again" not in await bot.until_shown(request_id, "ROLLED BACK")
    story = await bot.story(request_id)
    assert in_order(story, "needs_human", "evidence:left", "evidence:left", "evidence:gone")
    assert story[-1] == "rollback:undone-by-hand"


async def test_what_stands_as_written_after_all_is_applied_and_nothing_is_written_for_it(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=Behaviour(turn_per_poll=MINUTES, speed=600)) as bot:
        request_id, _ = await halted(bot)
        written = puts(bot)
        await bot.until_shown(request_id, "Check again")
        said = await bot.click(BOB, request_id, "ir_recheck")

        assert "not everything agrees" in said
        await bot.until_state(request_id, PartState.NEEDS_HUMAN)
        assert puts(bot) == written
        bot.scene.arm.stage.set_state(bot.scene.estate.cluster_group, "Succeeded")
        bot.scene.arm.stage.set_state(bot.scene.estate.firewall, "Succeeded")
        said = await bot.click(BOB, request_id, "ir_recheck")
        assert "stands as written" in said
        await bot.until_state(request_id, PartState.APPLIED)
        assert puts(bot) == written
        story = await bot.story(request_id)
        assert in_order(story, "needs_human", "evidence:left", "evidence:whole", "verdict:INCONCLUSIVE")
        await bot.ask(ALICE, f"rollback {request_id}")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert entries(bot) == set()


async def test_an_entry_taken_out_by_hand_counts_as_rolled_back_and_is_asked_for_no_more(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=Behaviour(turn_per_poll=MINUTES, speed=600)) as bot:
        request_id, row = await halted(bot)
        bot.scene.arm.stage.edit_ip_group(bot.scene.estate.cluster_group, [FOREIGN])
        said = await bot.ask(CARA, f"recheck {request_id}")

        assert "undone by hand" in said
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        async with bot.built.context.store.begin() as tx:
            assert await tx.contributions.in_lane(row.part.lane) == ()
        assert entries(bot) == set()


async def test_what_nothing_proves_may_be_looked_at_as_often_as_wanted_and_says_what_differs(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        request_id = await contained(bot)
        await bot.until_shown(request_id, "Check again")
        for _ in range(2):
            said = await bot.click(CARA, request_id, "ir_recheck")
            assert "stands as written" in said
            assert "PARTIAL (payments/" in said
            assert "allowed by NetworkPolicy payments/allow-egress" in said
        (row,) = await bot.until_state(request_id, PartState.APPLIED)
        assert len(again(row)) == 1

        await bot.stop()  # while it is there it would write its label again
        patch: Json = {"metadata": {"labels": {LABEL: None}}}
        bot.scene.cluster.edit_by_someone_else(PODS, "payments", bot.scene.incident.pod, patch)
        await bot.start()
        await bot.until_rows(request_id, lambda rows: rows[0].drift)
        said = await bot.ask(ALICE, f"recheck {request_id}")
        assert "does NOT stand as written" in said
        assert f"labels[{LABEL}]" in said
        await bot.until_state(request_id, PartState.APPLIED)
        story = await bot.story(request_id)
        assert in_order(story, "evidence:whole", "verdict:PARTIAL", "evidence:differs", "verdict:PARTIAL")


@pytest.mark.parametrize("person", [DAN, GUEST])
async def test_who_may_not_read_may_not_have_it_looked_at_and_the_attempt_is_recorded(
    person: str, tmp_path: Path
) -> None:
    async with stage(tmp_path) as bot:
        request_id = await stuck(bot)
        delete_policy(bot, request_id)
        remove_mark(bot, request_id)
        said = await bot.ask(person, f"recheck {request_id}")

        assert "Refused" in said
        assert (await bot.rows(request_id))[0].state is PartState.NEEDS_HUMAN
        story = await bot.story(request_id)
        assert story[-1].startswith("refusal:")


async def test_there_is_nothing_to_look_at_before_anything_was_done(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        assert "nothing of" in await bot.ask(ALICE, f"recheck {request_id}")
        assert "There is no request" in await bot.ask(ALICE, "recheck FB-9ZZZ")


async def test_a_cluster_that_does_not_answer_settles_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        request_id = await stuck(bot)
        delete_policy(bot, request_id)
        remove_mark(bot, request_id)
        bot.scene.cluster.faults.arm(Broken(), Match("get", "pods"), times=None)
        said = await bot.ask(ALICE, f"recheck {request_id}")

        assert "could not be looked at" in said
        assert (await bot.rows(request_id))[0].state is PartState.NEEDS_HUMAN
        assert in_order(await bot.story(request_id), "evidence:unread")


async def test_the_record_of_a_look_names_who_asked_for_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        request_id = await contained(bot)
        await bot.ask(CARA, f"recheck {request_id}")
        looked = [r for r in await records(bot) if r["event"] in {"evidence", "verdict"}][-2:]

        assert [r["actor"]["id"] for r in looked] == [f"T0HOST:{CARA}"] * 2
        assert "stands as written" in looked[0]["details"]["seen"]
