"""Direct messages and alarms: to the right people only, once, and recorded where they cannot be said."""

import pytest

from bot.domain.letters import Offer, Receipt
from bot.domain.people import Principal
from bot.engine.saying import alarm, direct
from bot.sandbox.slack.answers import texts
from bot.sandbox.slack.faults import AnswerLost, RateLimited, Refused
from bot.sandbox.slack.messages import Message
from tests.adapters.slack.office import ALICE, BOB, FIRST, Office

HOSTILE = "<!channel> <http://evil.example|ok> *loud* \u202e"


def direct_to(office: Office, person: Principal) -> tuple[Message, ...]:
    return office.workspace.messages(f"D0{person.user}")


async def tell(office: Office, to: Principal, text: str = "only you") -> None:
    async with office.store.begin() as tx:
        await direct(tx, to, text)
    await office.say()


async def test_a_direct_note_reaches_its_person_and_nobody_else(office: Office) -> None:
    await tell(office, BOB)

    (message,) = direct_to(office, BOB)
    assert message.text == "only you"
    assert direct_to(office, ALICE) == ()
    assert office.workspace.messages("C0IR") == ()


async def test_the_conversation_is_opened_once_for_many_notes(office: Office) -> None:
    for _ in range(3):
        await tell(office, BOB)

    assert len(direct_to(office, BOB)) == 3
    assert len(office.workspace.calls("conversations.open")) == 1


async def test_a_conversation_that_vanished_is_opened_anew_and_nothing_is_lost(office: Office) -> None:
    await tell(office, BOB, "first")
    office.desk.conversations[BOB.user] = "D0VANISHED"

    await tell(office, BOB, "second")

    assert [message.text for message in direct_to(office, BOB)] == ["first", "second"]
    assert len(office.workspace.calls("conversations.open")) == 2
    assert await office.outcomes() == []


async def test_a_conversation_that_is_gone_as_soon_as_it_is_opened_is_given_up_with_a_record(
    office: Office,
) -> None:
    office.workspace.faults.stage("chat.postMessage", Refused("channel_not_found"), times=5)

    await tell(office, BOB)

    assert len(office.workspace.calls("chat.postMessage")) == 1
    assert await office.outcomes() == ["channel_not_found"]


@pytest.mark.parametrize("user", ["U0GUEST", "U0STRANGER", "U0LEFT"])
async def test_nobody_who_is_not_of_ours_is_ever_written_to_and_that_is_recorded(
    office: Office, user: str
) -> None:
    await tell(office, Principal("T0HOST", user))

    assert office.workspace.calls("conversations.open") == ()
    assert office.workspace.calls("chat.postMessage") == ()
    assert await office.outcomes() == ["not_ours"]


async def test_a_namesake_in_another_team_is_not_written_to(office: Office) -> None:
    await tell(office, Principal("T0OTHER", BOB.user))

    assert direct_to(office, BOB) == ()
    assert await office.outcomes() == ["not_ours"]


async def test_a_note_whose_answer_was_lost_is_found_again_and_not_sent_twice(office: Office) -> None:
    office.workspace.faults.stage("chat.postMessage", AnswerLost())
    await tell(office, BOB)
    await office.waits(2)

    assert len(direct_to(office, BOB)) == 1
    assert len(office.workspace.calls("conversations.history")) == 1


async def test_while_slack_does_not_say_who_it_is_the_note_waits(office: Office) -> None:
    office.workspace.faults.stage("users.info", Refused("internal_error"), times=3)
    await tell(office, BOB)
    assert direct_to(office, BOB) == ()
    await office.waits(2)

    assert len(direct_to(office, BOB)) == 1


async def test_a_direct_note_that_must_wait_holds_up_neither_the_channel_nor_other_people(
    office: Office,
) -> None:
    await office.asked()
    office.workspace.faults.stage(
        "chat.postMessage", RateLimited(30), when=lambda args: str(args["channel"]).startswith("D0U0BOB")
    )
    await tell(office, BOB)
    await tell(office, ALICE)
    await office.note("notice", "go on")
    await office.say()

    assert direct_to(office, BOB) == ()
    assert len(direct_to(office, ALICE)) == 1
    assert len(office.workspace.messages("C0IR")) == 2
    await office.waits(31)
    assert len(direct_to(office, BOB)) == 1


async def test_what_is_hostile_in_a_letter_stays_text(office: Office) -> None:
    now = office.turned.time()
    receipt = Receipt(FIRST, HOSTILE, "0123456789ab", "approve", now, HOSTILE, "token")
    offer = Offer(ALICE, (HOSTILE,), now, "token")
    async with office.store.begin() as tx:
        await direct(tx, BOB, HOSTILE, letter=receipt)
        await direct(tx, BOB, HOSTILE, letter=offer)
    await office.say()

    messages = direct_to(office, BOB)
    assert len(messages) == 2
    for message in messages:
        assert "<!channel>" not in message.text
        for block in message.blocks:
            if block["type"] == "section":
                assert "channel" not in block["text"]["text"]
        assert "\u202e" not in "".join(texts(list(message.blocks)))


async def test_an_alarm_stands_in_the_channel_by_itself_and_mentions_whom_it_names(office: Office) -> None:
    request = await office.ask()
    async with office.store.begin() as tx:
        await alarm(tx, request, "look here", ("security", BOB.key, "no-such-group"))
    office.workspace.faults.stage("chat.postMessage", AnswerLost(), when=lambda a: "look" in str(a))
    await office.say()
    await office.waits(5)

    (said,) = [m for m in office.workspace.messages("C0IR") if "look here" in m.text]
    assert said.thread_ts == ""
    words = " ".join(texts(list(said.blocks)))
    assert f"<@{BOB.user}>" in words
    assert "<!subteam^S0ONCALL>" in words


async def test_an_alarm_is_not_said_where_other_organisations_listen_and_that_is_recorded(
    office: Office,
) -> None:
    request = await office.ask()
    await office.say()
    office.workspace.world.share("C0IR", "T0OTHER")
    async with office.store.begin() as tx:
        await alarm(tx, request, "look here", ("security",))
    await office.say()

    assert not any("look here" in m.text for m in office.workspace.messages("C0IR"))
    assert (await office.outcomes())[-1] == "channel-shared"
