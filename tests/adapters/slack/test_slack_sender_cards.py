"""Cards and threads: posted once whatever gets lost, repainted, in order, never where strangers read."""

from bot.domain.requests import Request
from bot.sandbox.slack import AnswerLost, Closed, RateLimited, Refused, ServerError
from tests.adapters.slack.office import FIRST, Office


async def change(office: Office, request: Request, reason: str) -> None:
    """Change what the card shows, and queue it."""
    from msgspec.structs import replace

    async with office.store.begin() as tx:
        await tx.requests.put(replace(request, reason=reason))
    await office.note("card", "")


async def test_a_card_is_posted_with_its_metadata_and_without_previews(office: Office) -> None:
    request, card = await office.asked()

    (message,) = office.workspace.messages("C0IR")
    assert (card.channel, card.ts) == ("C0IR", message.ts)
    assert message.metadata == {
        "event_type": "firebreak_request",
        "event_payload": {"request_id": request.id, "revision": 1},
    }
    call = office.workspace.calls("chat.postMessage")[0]
    assert (call.args["unfurl_links"], call.args["unfurl_media"]) == (False, False)


async def test_what_was_shown_is_recorded_once_for_each_plan(office: Office) -> None:
    request, _ = await office.asked()
    await change(office, request, "another reason")
    await office.say()

    records = [r for r in await office.records() if r.get("outcome") == "card-shown"]
    assert [(r["event"], r["request"], list(r["details"]["kept"])) for r in records] == [
        ("plan_shown", FIRST, ["card"])
    ]
    assert len(office.workspace.states("C0IR")) == 2


async def test_a_card_that_did_not_change_is_not_sent_again(office: Office) -> None:
    await office.asked()
    await office.note("card")
    await office.say()

    assert len(office.workspace.calls("chat.update")) == 0


async def test_a_lost_answer_makes_no_second_card(office: Office) -> None:
    office.workspace.faults.stage("chat.postMessage", AnswerLost())
    await office.ask()
    await office.say()
    await office.waits(5)

    (message,) = office.workspace.messages("C0IR")
    assert (await office.card()).ts == message.ts


async def test_a_crash_between_post_and_row_makes_no_second_card(office: Office) -> None:
    office.workspace.faults.stage("chat.postMessage", AnswerLost())
    await office.ask()
    await office.say()
    office.sender = office.new_sender()
    await office.waits(200)

    assert len(office.workspace.messages("C0IR")) == 1
    assert (await office.card()).ts == office.workspace.messages("C0IR")[0].ts


async def test_a_post_that_never_arrived_is_made_again(office: Office) -> None:
    office.workspace.faults.stage("chat.postMessage", Closed())
    await office.ask()
    await office.say()
    before = len(office.workspace.messages("C0IR"))
    await office.waits(5)

    assert (before, len(office.workspace.messages("C0IR"))) == (0, 1)


async def test_metadata_that_somebody_else_wrote_is_not_taken_for_the_card(office: Office) -> None:
    from bot.sandbox.slack.messages import Content, Message

    forged = {"event_type": "firebreak_request", "event_payload": {"request_id": FIRST, "revision": 1}}
    content = Content("not the bot's", (), (), forged)
    theirs = office.workspace._core.ledger.post(Message("C0IR", "", "U0GUEST", content))
    office.workspace.faults.stage("chat.postMessage", Closed())
    await office.ask()
    await office.say()
    await office.waits(5)

    assert (await office.card()).ts != theirs.ts


async def test_while_a_lost_post_cannot_be_looked_for_nothing_is_posted(office: Office) -> None:
    office.workspace.faults.stage("chat.postMessage", AnswerLost())
    office.workspace.faults.stage("conversations.history", Refused("missing_scope"))
    await office.ask()
    await office.say()
    await office.waits(5)
    posted = len(office.workspace.calls("chat.postMessage"))
    await office.waits(60)

    assert posted == 1
    (message,) = office.workspace.messages("C0IR")
    assert (await office.card()).ts == message.ts


async def test_a_card_that_is_gone_is_posted_afresh_and_found_from_then_on(office: Office) -> None:
    request, old = await office.asked()
    office.workspace._core.ledger.delete("C0IR", old.ts)
    await change(office, request, "new reason")
    await office.say()
    new = await office.card()
    await change(office, request, "newest reason")
    await office.say()

    assert new.ts != old.ts
    assert [m.ts for m in office.workspace.messages("C0IR")] == [new.ts]
    assert len(office.workspace.states("C0IR", new.ts)) == 2


async def test_a_slack_that_refuses_folds_gets_the_whole_card_without_them(office: Office) -> None:
    office.workspace.faults.stage("chat.postMessage", Refused("invalid_blocks"))
    _, card = await office.asked()

    (message,) = office.workspace.messages("C0IR")
    assert message.ts == card.ts
    kinds = {block["type"] for block in message.blocks}
    assert "actions" in kinds
    assert "container" not in kinds


async def test_a_lost_answer_of_a_fresh_card_makes_no_second_one(office: Office) -> None:
    request, old = await office.asked()
    office.workspace.faults.stage("chat.update", Refused("edit_window_closed"), times=9)
    office.workspace.faults.stage("chat.postMessage", AnswerLost())
    await change(office, request, "new reason")
    await office.say()
    await office.waits(5)

    assert [m.ts for m in office.workspace.messages("C0IR")] == [old.ts, (await office.card()).ts]


async def test_a_fresh_card_that_never_arrived_is_not_taken_for_the_old_one(office: Office) -> None:
    request, old = await office.asked()
    office.workspace.faults.stage("chat.update", Refused("edit_window_closed"), times=2)
    office.workspace.faults.stage("chat.postMessage", Closed())
    await change(office, request, "new reason")
    await office.say()
    await office.waits(5)

    assert len(office.workspace.messages("C0IR")) == 2
    assert (await office.card()).ts != old.ts


async def test_a_rate_limit_while_looking_for_a_lost_post_makes_no_second_card(office: Office) -> None:
    office.workspace.faults.stage("chat.postMessage", AnswerLost())
    office.workspace.faults.stage("conversations.history", RateLimited(3))
    await office.ask()
    await office.say()
    await office.waits(5)
    await office.waits(5)

    assert len(office.workspace.messages("C0IR")) == 1
    assert (await office.card()).ts == office.workspace.messages("C0IR")[0].ts


async def test_a_channel_shared_with_another_organisation_gets_no_card(office: Office) -> None:
    office.workspace.world.share("C0IR", "T0OTHER")
    await office.ask()
    await office.say()

    assert office.workspace.messages("C0IR") == ()
    assert await office.outcomes() == ["channel-shared"]


async def test_a_channel_about_to_be_shared_gets_no_card(office: Office) -> None:
    office.workspace.world.change_channel("C0IR", pending_ext_shared=True)
    await office.ask()
    await office.say()

    assert await office.outcomes() == ["channel-shared"]


async def test_whoever_asked_is_told_that_no_card_stands(office: Office) -> None:
    office.workspace.world.change_channel("C0IR", archived=True)
    await office.ask()
    await office.say()

    (told,) = office.workspace.messages("D0U0ALICE")
    assert FIRST in told.text


async def test_a_rate_limit_is_waited_for_in_order_and_other_topics_go_on(office: Office) -> None:
    await office.asked()
    office.workspace.faults.stage("chat.postMessage", RateLimited(30))
    await office.note("notice", "one")
    await office.note("notice", "two")
    await office.ask("FB-8K3Q2", "C0TWO")
    await office.say()
    meanwhile = [len(office.workspace.messages(c)) for c in ("C0IR", "C0TWO")]
    await office.waits(29)
    still = len(office.workspace.messages("C0IR"))
    await office.waits(2)
    await office.waits(2)

    assert (meanwhile, still) == ([1, 1], 1)
    assert [m.text for m in office.workspace.messages("C0IR")][1:] == ["one", "two"]


async def test_a_channel_that_slack_asked_to_spare_is_spared_by_every_topic(office: Office) -> None:
    office.workspace.faults.stage("chat.postMessage", RateLimited(30))
    await office.ask()
    await office.ask("FB-8K3Q2")
    await office.say()
    calls = len(office.workspace.calls("chat.postMessage"))
    for _ in range(3):
        await office.waits(30)

    assert calls == 1
    assert len(office.workspace.messages("C0IR")) == 2


async def test_slack_being_down_loses_nothing(office: Office) -> None:
    await office.asked()
    office.workspace.faults.stage("*", ServerError(503), times=50)
    await office.note("notice", "one")
    for _ in range(10):
        await office.waits(61)
    office.workspace.faults.clear()
    await office.waits(61)

    assert [m.text for m in office.workspace.messages("C0IR")][1:] == ["one"]


async def test_a_notice_whose_answer_was_lost_is_said_once(office: Office) -> None:
    await office.asked()
    office.workspace.faults.stage("chat.postMessage", AnswerLost())
    await office.note("notice", "one")
    await office.note("notice", "one")
    await office.say()
    await office.waits(5)

    assert [m.text for m in office.workspace.messages("C0IR")][1:] == ["one", "one"]


async def test_a_call_mentions_those_who_may_approve_under_the_card(office: Office) -> None:
    _, card = await office.asked()
    await office.note("call", "Look <!channel>")
    await office.say()

    message = office.workspace.messages("C0IR")[-1]
    assert message.thread_ts == card.ts
    assert "<!subteam^S0ONCALL> <@U0BOB>" in str(message.blocks)
    assert "<!channel>" not in message.text


async def test_the_engine_hears_that_a_warning_was_delivered(office: Office) -> None:
    await office.asked()
    office.workspace.faults.stage("chat.postMessage", Closed())
    await office.note("warning", "the lease ends")
    await office.say()
    async with office.store.begin() as tx:
        before = await tx.requests.get(FIRST)
    await office.waits(5)
    async with office.store.begin() as tx:
        after = await tx.requests.get(FIRST)

    assert before is not None
    assert after is not None
    assert (before.warned_at, after.warned_at) == (None, office.turned.time())


async def test_a_channel_that_is_not_there_is_given_up_with_a_record_and_the_rest_goes_on(
    office: Office,
) -> None:
    await office.ask("FB-8K3Q2", "C0GONE")
    await office.asked()

    assert len(office.workspace.messages("C0IR")) == 1
    assert "channel-unseen" in await office.outcomes()


async def test_a_revoked_token_loses_nothing(office: Office) -> None:
    office.workspace.faults.stage("chat.postMessage", Refused("token_revoked"), times=3)
    await office.ask()
    for _ in range(4):
        await office.waits(61)

    assert len(office.workspace.messages("C0IR")) == 1
