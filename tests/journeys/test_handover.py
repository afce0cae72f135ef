"""What somebody answers for passes to another who accepts, all at once, and four eyes stay four eyes."""

from pathlib import Path

import pytest

from bot.adapters.slack.letters import ACCEPT, DECLINE
from bot.domain.people import Principal
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB, CARA, CHANNEL, DAN, GUEST, POLICY, STRANGER
from tests.journeys.firewall import ADDRESS, entries
from tests.journeys.mailbox import forge, letters, press, told, until_written, value
from tests.journeys.stage import Stage, in_order, stage
from tests.journeys.test_block_journey import AT_ONCE, BLOCK
from tests.journeys.test_receipts import TWO

OTHER = BLOCK.replace(ADDRESS, "203.0.113.8")


async def holders(bot: Stage, *ids: str) -> list[str]:
    held = [(await bot.request(each)).held_by for each in ids]
    return [one.user for one in held if one]


async def test_leases_and_waiting_requests_move_together_once_the_other_accepts(tmp_path: Path) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        lease = await bot.contain(ALICE, CARA, BLOCK)
        waiting = await bot.propose(ALICE, OTHER)
        listed = await bot.ask(ALICE, "handover")
        assert f"{lease} (lease until" in listed
        assert f"{waiting} (waiting)" in listed

        assert "Offered" in await bot.ask(ALICE, f"handover <@{BOB}|bob>")
        offer = await until_written(bot, BOB, lease, waiting)
        assert await holders(bot, lease, waiting) == [ALICE, ALICE]
        added = await bot.propose(ALICE, BLOCK.replace(ADDRESS, "203.0.113.9"))

        said = await press(bot, BOB, offer, ACCEPT)
        assert "You answer for this from now on" in said
        assert await holders(bot, lease, waiting, added) == [BOB, BOB, BOB]
        await until_written(bot, ALICE, "They took over", lease, waiting, added)
        await bot.until_said(lease, "changed hands")
        await bot.until_shown(lease, f"*Handed over* to <@{BOB}>")
        assert (await bot.request(lease)).requester == Principal("T0HOST", ALICE)
        assert "nothing: you hold no lease" in await bot.ask(ALICE, "handover")
        assert in_order(await bot.story(), "handover:offered", "handover:accepted", "handover:accepted")


async def test_neither_who_asked_nor_who_holds_ever_counts_as_an_approver(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=TWO) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        await bot.approve(BOB, request_id)
        await bot.ask(ALICE, f"handover {BOB}")
        await press(bot, BOB, await until_written(bot, BOB, request_id, "hand over"), ACCEPT)
        await bot.until_shown(request_id, "2 more of")

        await bot.approve(CARA, request_id)
        (row,) = await bot.rows(request_id)
        assert row.state is PartState.PROPOSED, "the holder's earlier approval must not count"
        digest = (await bot.request(request_id)).digest
        assert "you hold this" in await bot.ask(BOB, f"approve {request_id} {digest}")
        assert "you asked for this" in await bot.ask(ALICE, f"approve {request_id} {digest}")


async def test_the_right_to_withdraw_moves_with_it(tmp_path: Path) -> None:
    async with stage(
        tmp_path,
        policy=POLICY.replace("S0SECURITY}", 'S0SECURITY}\n  more: {users: ["T0HOST:U0DAN"]}').replace(
            "request: [on-call]", "request: [on-call, more]"
        ),
    ) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        await bot.ask(ALICE, f"handover {DAN}")
        await press(bot, DAN, await until_written(bot, DAN, request_id), ACCEPT)

        assert "Refused" in await bot.ask(ALICE, f"deny {request_id} because I changed my mind")
        await bot.ask(DAN, f"deny {request_id} because not needed any more")
        await bot.until_state(request_id, PartState.CANCELLED)


async def test_who_may_not_ask_for_it_cannot_take_it_over_and_nothing_moves(tmp_path: Path) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        request_id = await bot.contain(ALICE, BOB, BLOCK)
        await bot.ask(ALICE, f"handover {CARA}")
        offer = await until_written(bot, CARA, request_id, "hand over")
        said = await press(bot, CARA, offer, ACCEPT)

        assert "You may not take over" in said
        assert await holders(bot, request_id) == [ALICE]
        assert entries(bot) == {ADDRESS}
        assert "refusal:not-a-member" in await bot.story()


async def test_only_one_of_ours_of_good_standing_is_offered_anything(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        await bot.propose(ALICE, BLOCK)
        for user in (GUEST, STRANGER, "U0NOBODY", ALICE, "UFIREBREAK0", "U0FIREBREAK"):
            assert "Refused" in await bot.ask(ALICE, f"handover <@{user}>"), user
        assert "did not say who" in await bot.ask(ALICE, "handover @bob")
        assert "Refused: You have nothing to hand over" in await bot.ask(BOB, f"handover {CARA}")
        assert letters(bot, GUEST) == letters(bot, STRANGER) == letters(bot, CARA) == ()


async def test_who_may_not_read_is_offered_ids_and_their_number_and_nothing_of_what_they_are(
    tmp_path: Path,
) -> None:
    async with stage(
        tmp_path, policy=POLICY.replace("reads: [on-call, security]", "reads: [security]")
    ) as bot:
        ids = [await bot.propose(ALICE, BLOCK), await bot.propose(ALICE, OTHER)]
        await bot.ask(ALICE, f"handover {BOB}")
        shown = told(await until_written(bot, BOB, *ids, "hand over"))
        assert ADDRESS in shown, "a reader is shown what it is"

        await bot.ask(ALICE, f"handover {DAN}")
        offer = await until_written(bot, DAN, *ids, "hand over")
        assert "2 in all: " in told(offer)
        assert "You may not read here" in told(offer)
        assert "203.0.113" not in told(offer)
        assert "203.0.113" not in await press(bot, DAN, offer, ACCEPT)


async def test_who_takes_over_and_may_not_read_is_told_ids_only(tmp_path: Path) -> None:
    policy = POLICY.replace("reads: [on-call, security]", "reads: [security]").replace(
        "S0SECURITY}", 'S0SECURITY}\n  more: {users: ["T0HOST:U0DAN"]}'
    )
    async with stage(
        tmp_path, policy=policy.replace("request: [on-call]", "request: [on-call, more]")
    ) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        await bot.ask(ALICE, f"handover {DAN}")
        said = await press(bot, DAN, await until_written(bot, DAN, request_id, "hand over"), ACCEPT)

        assert f"1 in all: {request_id}" in said
        assert ADDRESS not in said
        assert await holders(bot, request_id) == [DAN]


@pytest.mark.slow
async def test_a_second_offer_replaces_the_first_and_one_of_eight_hours_is_over(tmp_path: Path) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        request_id = await bot.contain(ALICE, CARA, BLOCK)
        await bot.ask(ALICE, f"handover {BOB}")
        first = await until_written(bot, BOB, request_id, "hand over")
        await bot.ask(ALICE, f"handover {CARA}")
        await until_written(bot, BOB, "the earlier offer is over")
        assert "This offer is over" in await press(bot, BOB, first, ACCEPT)

        await bot.ask(ALICE, f"handover {BOB}")

        async def third() -> bool:
            return sum("hand over" in told(m) for m in letters(bot, BOB)) == 2

        await bot.until(third)
        newest = [m for m in letters(bot, BOB) if "hand over" in told(m)][-1]
        bot.clock.turn(hours=8, minutes=1)
        assert "This offer is over" in await press(bot, BOB, newest, ACCEPT)
        assert await holders(bot, request_id) == [ALICE]
        assert in_order(await bot.story(), "handover:offered", "handover:replaced", "handover:offered")


async def test_who_declines_leaves_everything_where_it_was_and_cannot_accept_after_all(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        await bot.ask(ALICE, f"handover {BOB}")
        offer = await until_written(bot, BOB, request_id)
        assert "You declined" in await press(bot, BOB, offer, DECLINE)
        await until_written(bot, ALICE, "declined your handover")

        assert "This offer is over" in await press(bot, BOB, offer, ACCEPT)
        assert await holders(bot, request_id) == [ALICE]
        assert "handover:declined" in await bot.story()


async def test_nobody_else_answers_an_offer_and_a_replayed_answer_counts_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        await bot.ask(ALICE, f"handover {BOB}")
        offer = await until_written(bot, BOB, request_id)
        token = value(offer, ACCEPT)
        card = await bot.card(request_id)
        for user, carried in (
            (CARA, token),
            (DAN, token),
            (ALICE, token),
            (BOB, f"{request_id}:1:{'0' * 12}"),
        ):
            assert "Refused" in await forge(bot, user, offer, ACCEPT, carried), user
            assert "Refused" in await forge(bot, user, offer, DECLINE, carried), user
        assert "Refused" in await forge(bot, BOB, card, ACCEPT, token)
        assert "Refused" in await forge(bot, BOB, card, "ir_handover_everything", token)
        assert await holders(bot, request_id) == [ALICE]

        first = await bot.scene.workspace.click(BOB, offer.channel, offer.ts, ACCEPT)
        await bot.scene.workspace.until(lambda: first.posts)
        await bot.scene.workspace.replay(first)
        assert "Refused" in await press(bot, BOB, offer, ACCEPT)
        assert (await bot.story(request_id)).count("handover:accepted") == 1


async def test_what_a_frozen_account_offered_cannot_be_taken(tmp_path: Path) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        voted = await bot.propose(ALICE, OTHER)
        await bot.approve(BOB, voted)
        request_id = await bot.propose(BOB, BLOCK)
        await bot.ask(BOB, f"handover {ALICE}")
        offer = await until_written(bot, ALICE, request_id, "hand over")
        receipt = await until_written(bot, BOB, voted, "This wasn't me")
        await press(bot, BOB, receipt, "ir_not_me")

        assert "frozen" in await press(bot, ALICE, offer, ACCEPT)
        assert await holders(bot, request_id) == [BOB]


@pytest.mark.slow
async def test_after_a_handover_the_new_holder_is_warned_before_the_end_and_called_when_it_is_overdue(
    tmp_path: Path,
) -> None:
    async with stage(
        tmp_path, behaviour=AT_ONCE, policy=POLICY.replace("on_expiry: release", "on_expiry: hold")
    ) as bot:
        request_id = await bot.contain(ALICE, CARA, BLOCK)
        await bot.ask(ALICE, f"handover {BOB}")
        await press(bot, BOB, await until_written(bot, BOB, request_id), ACCEPT)
        bot.clock.turn(hours=23, minutes=50)
        await until_written(bot, BOB, f"The lease of {request_id} ends in")
        await bot.until_said(request_id, f"The lease of {request_id} ends in")
        assert not any("ends in" in told(m) for m in letters(bot, ALICE))

        bot.clock.turn(minutes=15)
        await bot.until_said(request_id, f"OVERDUE: the lease of {request_id} is over")
        thread = await bot.thread(request_id)
        assert f"<@{BOB}> <!subteam^S0ONCALL> <!subteam^S0SECURITY>" in thread
        bot.clock.turn(minutes=61)
        await bot.until_told_twice(request_id, "OVERDUE: the lease")
        assert entries(bot) == {ADDRESS}


@pytest.mark.slow
async def test_who_does_not_decide_is_reminded_and_then_others_are_called(tmp_path: Path) -> None:
    escalating = POLICY + "escalation: [network-owners]\n"
    async with stage(tmp_path, policy=escalating) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        for minutes, words in (
            (2, "closes in 28"),
            (3, "closes in 25"),
            (5, "Nobody has decided"),
            (10, "for 20"),
        ):
            bot.clock.turn(minutes=minutes)
            await bot.until_said(request_id, words)
        thread = await bot.thread(request_id)
        assert thread.count("<!subteam^S0SECURITY>") == 2
        assert thread.count(f"<@{CARA}>") == 2
        assert thread.index("<!subteam^S0SECURITY>") < thread.index(f"<@{CARA}>")
        bot.clock.turn(minutes=11)
        await bot.until_state(request_id, PartState.EXPIRED)
        assert len([m for m in bot.scene.workspace.messages(CHANNEL) if m.thread_ts]) == 4
