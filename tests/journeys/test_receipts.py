"""Each counted vote is told to its voter alone, who can say that it was not theirs; nobody else can."""

from pathlib import Path

import pytest

from bot.adapters.slack.letters import NOT_ME
from bot.bootstrap.entropy import SystemEntropy
from bot.domain.people import Principal
from bot.domain.states import PartState
from bot.engine.thaw import Thaw, unfreeze
from bot.sandbox.kubernetes.resources import PODS
from bot.sandbox.scene import ALICE, ALONE, BOB, CARA, CHANNEL, DAN, POLICY
from tests.journeys.firewall import ADDRESS, entries
from tests.journeys.gate import held, reached
from tests.journeys.mailbox import forge, in_channel, letters, press, told, until_written, value
from tests.journeys.stage import Stage, in_order, stage
from tests.journeys.test_block_journey import AT_ONCE, BLOCK

TWO = POLICY.replace("approve: [security]", "approve: [security]\n    quorum: 2")


async def test_a_voter_is_told_what_was_voted_when_how_and_on_which_plan_and_nobody_else_is(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        digest = (await bot.request(request_id)).digest
        await bot.approve(BOB, request_id)

        letter = await until_written(bot, BOB, request_id)
        for words in ("approved", digest[:12], ADDRESS, "by a button", "This wasn't me"):
            assert words in told(letter), words
        assert letters(bot, ALICE) == letters(bot, CARA) == ()
        assert request_id not in value(letter, NOT_ME)


async def test_a_typed_denial_gets_its_receipt_too(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        await bot.ask(CARA, f"deny {request_id} because it is ours")

        letter = await until_written(bot, CARA, request_id)
        assert "denied" in told(letter)
        assert "by a typed command" in told(letter)


async def test_a_disowned_vote_of_an_open_request_counts_no_more_and_its_account_can_do_nothing(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, policy=TWO) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        await bot.approve(BOB, request_id)
        letter = await until_written(bot, BOB, request_id)
        said = await press(bot, BOB, letter, NOT_ME)

        assert "void" in said
        assert "frozen" in said
        await bot.until_shown(request_id, "WAITING FOR APPROVAL", "2 more of", "oid")
        await bot.until_said(request_id, "It still waits for approval.")
        await _alarmed(bot, request_id)
        await _refused_everything(bot, request_id)
        await _still_decidable(bot, request_id)
        story = await bot.story(request_id)
        assert in_order(story, "vote:approve", "vote_void:approve", "freeze:vote-disowned"), story


async def _alarmed(bot: Stage, request_id: str) -> None:
    async def there() -> bool:
        return bool(in_channel(bot, CHANNEL, request_id, "treat it as stolen"))

    await bot.until(there)
    (alarm,) = in_channel(bot, CHANNEL, request_id, "treat it as stolen")
    assert "<!subteam^S0SECURITY>" in told(alarm)
    assert f"<@{BOB}>" in told(alarm)


async def _refused_everything(bot: Stage, request_id: str) -> None:
    """The frozen person tries whatever there is."""
    digest = (await bot.request(request_id)).digest
    tries = [
        BLOCK.replace(ADDRESS, "203.0.113.8"),
        f"plan {BLOCK}",
        f"approve {request_id} {digest}",
        f"deny {request_id} because no",
        f"extend {request_id} 1h",
        f"rollback {request_id}",
        f"status {request_id}",
        "handover",
        f"handover <@{CARA}>",
        "list",
        "whoami",
    ]
    for typed in tries:
        assert "this account is frozen" in await bot.ask(BOB, typed), typed
    assert "this account is frozen" in await bot.click(BOB, request_id, "ir_approve")


async def _still_decidable(bot: Stage, request_id: str) -> None:
    await bot.approve(CARA, request_id)
    (row,) = await bot.rows(request_id)
    assert row.state is PartState.PROPOSED, "one of two: the void vote must not count"


async def test_what_was_approved_and_has_not_begun_is_stopped_and_nothing_is_written(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        where = f"prod/{bot.scene.incident.namespace}/{bot.scene.incident.pod}"
        request_id = await bot.propose(ALICE, f"quarantine {where} for 4h because beaconing")
        async with held(bot, "get", "pods") as gate:
            await bot.approve(BOB, request_id)
            await reached(gate)
            letter = await until_written(bot, BOB, request_id)
            await press(bot, BOB, letter, NOT_ME)
            await bot.until_state(request_id, PartState.CANCELLED)
        await bot.until_said(request_id, "Nothing had begun: it is cancelled.")
        await bot.until_shown(request_id, "CANCELLED")
        await bot.ask(ALICE, "list")  # the worker has had its turn behind the gate by now

        (row,) = await bot.rows(request_id)
        assert row.state is PartState.CANCELLED
        assert (await bot.request(request_id)).review is None
        assert in_order(
            await bot.story(request_id), "decided:approve", "vote_void", "freeze", "decided:cancel"
        )
        assert "intent" not in await bot.story(request_id)


@pytest.mark.slow
async def test_what_was_stopped_stays_stopped_though_the_plan_changed_meanwhile(tmp_path: Path) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        incident = bot.scene.incident
        where = f"prod/{incident.namespace}/{incident.pod}"
        request_id = await bot.propose(ALICE, f"quarantine {where} for 4h because beaconing")
        async with held(bot, "get", "pods") as gate:
            await bot.approve(BOB, request_id)
            await reached(gate)
            await press(bot, BOB, await until_written(bot, BOB, request_id), NOT_ME)
            for sibling in incident.siblings:
                bot.scene.cluster.set_ready(PODS, incident.namespace, sibling, ready=False)
        await bot.until_shown(request_id, "CANCELLED")
        second = await bot.contain(ALICE, CARA, BLOCK)

        (row,) = await bot.rows(request_id)
        assert row.state is PartState.CANCELLED
        assert (await bot.request(request_id)).revision == 1
        assert second != request_id


async def test_what_stands_already_stays_contained_and_waits_for_a_review(tmp_path: Path) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        request_id = await bot.contain(ALICE, BOB, BLOCK)
        await press(bot, BOB, await until_written(bot, BOB, request_id), NOT_ME)

        await bot.until_said(request_id, "What stands stays contained and needs a review.")
        await until_written(bot, ALICE, request_id, "needs a review")
        (row,) = await bot.rows(request_id)
        assert row.state is PartState.APPLIED
        assert entries(bot) == {ADDRESS}
        review = (await bot.request(request_id)).review
        assert review is not None
        assert review.open


async def test_nobody_else_can_disown_a_vote_by_whatever_click(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        mine = await bot.propose(ALICE, BLOCK)
        await bot.approve(BOB, mine)
        theirs = await bot.propose(ALICE, BLOCK.replace(ADDRESS, "203.0.113.8"))
        await bot.approve(CARA, theirs)
        letter = await until_written(bot, BOB, mine)
        other = await until_written(bot, CARA, theirs)
        token = value(letter, NOT_ME)
        card = await bot.card(mine)

        attacks = [
            (CARA, other, token),  # somebody else's token in one's own conversation
            (CARA, letter, token),  # somebody else's conversation
            (DAN, letter, token),
            (BOB, card, token),  # one's own token on a message in the channel
            (BOB, other, token),
            (BOB, letter, "00000000-0000-4000-8000-000000000000"),
            (BOB, letter, f"{mine}:1:0123456789ab"),
            (BOB, letter, ""),
        ]
        for user, where, carried in attacks:
            assert "Refused" in await forge(bot, user, where, NOT_ME, carried), (user, carried)
        async with bot.built.context.store.begin() as tx:
            assert await tx.frozen.every() == ()
            (vote,) = await tx.votes.of(mine, (await tx.requests.get(mine)).digest)  # type: ignore[union-attr]  # it is there
            assert not vote.void
        story = await bot.story()
        assert len([each for each in story if each == "refusal:forged-click"]) == len(attacks)


async def test_a_receipt_counts_once_though_its_click_is_replayed_or_pressed_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        await bot.approve(BOB, request_id)
        letter = await until_written(bot, BOB, request_id)
        first = await bot.scene.workspace.click(BOB, letter.channel, letter.ts, NOT_ME)
        await bot.scene.workspace.until(lambda: first.posts)
        await bot.scene.workspace.replay(first)
        assert "void already" in await press(bot, BOB, letter, NOT_ME)

        story = await bot.story(request_id)
        assert story.count("vote_void:approve") == story.count("freeze:vote-disowned") == 1
        assert story.count("refusal:vote-void-already") == 1


async def test_an_operator_lets_the_account_act_again_with_a_reason_that_is_recorded(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        await bot.approve(BOB, request_id)
        await press(bot, BOB, await until_written(bot, BOB, request_id), NOT_ME)
        assert "frozen" in await bot.ask(BOB, "list")

        thaw = Thaw("root", Principal("T0HOST", BOB), "new password, new key")
        store = bot.built.context.store
        assert await unfreeze(store, SystemEntropy(), thaw)
        assert not await unfreeze(store, SystemEntropy(), thaw)
        await until_written(bot, BOB, "you may act here again")
        assert "frozen" not in await bot.ask(BOB, "list")
        assert "unfreeze" in await bot.story()


async def test_a_frozen_account_can_still_disown_its_other_votes(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=TWO) as bot:
        first = await bot.propose(ALICE, BLOCK)
        second = await bot.propose(ALICE, BLOCK.replace(ADDRESS, "203.0.113.8"))
        for each in (first, second):
            await bot.approve(BOB, each)
        for each in (first, second):
            assert "is void" in await press(bot, BOB, await until_written(bot, BOB, each), NOT_ME)

        story = await bot.story()
        assert story.count("vote_void:approve") == 2
        assert story.count("freeze:vote-disowned") == 1


async def test_a_card_does_not_count_what_a_frozen_account_said_elsewhere_until_it_is_thawed(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, policy=TWO) as bot:
        first = await bot.propose(ALICE, BLOCK)
        second = await bot.propose(ALICE, BLOCK.replace(ADDRESS, "203.0.113.8"))
        for each in (first, second):
            await bot.approve(BOB, each)
        await bot.until_shown(second, "1 more of", "*Approved* by")
        await press(bot, BOB, await until_written(bot, BOB, first), NOT_ME)

        shown = await bot.until_shown(second, "2 more of", "*On ice:*", "does not count")
        assert "*Approved* by" not in shown
        assert "1 more needed" in await bot.approve(CARA, second)
        await bot.until_shown(second, "1 more of")

        thaw = Thaw("root", Principal("T0HOST", BOB), "new password, new key")
        assert await unfreeze(bot.built.context.store, SystemEntropy(), thaw)
        shown = await bot.until_shown(second, "counts again, but starts nothing by itself")
        assert "On ice" not in shown


async def test_the_one_word_that_solo_ran_on_has_its_receipt_and_can_be_disowned(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=POLICY + ALONE) as bot:
        where = f"prod/{bot.scene.incident.namespace}/{bot.scene.incident.pod}"
        request_id = await bot.propose(ALICE, f"quarantine {where} solo because nobody else is awake")
        await bot.until_state(request_id, PartState.APPLIED)
        letter = await until_written(bot, ALICE, request_id, "started solo")
        await press(bot, ALICE, letter, NOT_ME)

        await bot.until_said(request_id, "What stands stays contained and needs a review.")
        (row,) = await bot.rows(request_id)
        assert row.state is PartState.APPLIED
        assert "frozen" in await bot.ask(ALICE, f"rollback {request_id}")
        assert in_order(await bot.story(request_id), "decided:solo", "vote_void:approve", "freeze")


@pytest.mark.slow
async def test_what_ran_on_a_disowned_vote_is_called_out_until_another_approver_signs_it_off(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        request_id = await bot.contain(ALICE, BOB, BLOCK)
        await press(bot, BOB, await until_written(bot, BOB, request_id), NOT_ME)
        assert "review open" in await bot.ask(CARA, "reviews")
        bot.clock.turn(minutes=31)
        await bot.until_said(request_id, "on a vote that its owner disowned")
        assert "Refused" in await bot.ask(ALICE, f"review {request_id} because it is mine")
        assert "Refused" in await bot.ask(BOB, f"review {request_id} because it was me")

        await bot.ask(CARA, f"review {request_id} because the block is right")
        review = (await bot.request(request_id)).review
        assert review is not None
        assert review.by == Principal("T0HOST", CARA)
        (row,) = await bot.rows(request_id)
        assert row.state is PartState.APPLIED
