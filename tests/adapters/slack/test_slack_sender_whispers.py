"""What is said to one person reaches that person alone, by whatever way is open."""

from datetime import timedelta

import msgspec
import pytest

from bot.adapters.slack import answers
from bot.adapters.slack.answers import Inbound
from bot.ports import Note
from bot.sandbox.slack import Closed, Refused
from tests.adapters.slack.office import FIRST, Office


async def whisper(
    office: Office, text: str = "done", *, key: str = "click:1", request_id: str = "", document: str = ""
) -> None:
    """Queue an answer to a row."""
    note = Note(key, "whisper", request_id, text, answer_to=key, document=document)
    async with office.store.begin() as tx:
        await tx.outbox.put(note)


async def came_in(office: Office, **fields: str) -> None:
    """Keep a row of Bob's that has no response_url but what is given."""
    made = Inbound(**{"kind": answers.CLICK, "user": "U0BOB", "team": "T0HOST", **fields})  # type: ignore[arg-type]  # strings only
    assert await office.store.doorway.accept("click:1", made.kind, answers.encoded(made))


def private(office: Office) -> list[tuple[str, str, str]]:
    return [(m.text, m.via, m.only_for) for m in office.workspace.messages("C0IR", ephemeral=True)]


async def test_while_the_response_url_lives_it_is_used(by_socket: Office) -> None:
    await by_socket.workspace.slash("U0BOB", "C0IR", "/ir whoami")
    await by_socket.work()

    ((text, via, only_for),) = private(by_socket)
    assert text.startswith("You are T0HOST")
    assert (via, only_for) == ("response_url", "U0BOB")


async def test_after_25_minutes_the_channel_is_used(by_socket: Office) -> None:
    await by_socket.workspace.slash("U0BOB", "C0IR", "/ir whoami")
    by_socket.turned.now += 25 * 60
    await by_socket.work()

    assert [(via, only) for _, via, only in private(by_socket)] == [("api", "U0BOB")]
    assert by_socket.workspace.calls("response_url") == ()


async def test_a_spent_response_url_falls_back_to_the_channel(by_socket: Office) -> None:
    await by_socket.workspace.slash("U0BOB", "C0IR", "/ir whoami")
    (row,) = await by_socket.store.doorway.take("another", timedelta(0), 1)
    url = answers.decoded(row.payload).response_url
    for _ in range(5):
        await by_socket.slack.respond(url, {"text": "spent"})
    await by_socket.work()

    assert private(by_socket)[-1][1:] == ("api", "U0BOB")


async def test_a_response_url_that_is_refused_falls_back_to_the_channel(by_socket: Office) -> None:
    await by_socket.workspace.slash("U0BOB", "C0IR", "/ir whoami")
    by_socket.workspace.faults.stage("response_url", Refused("invalid_payload"))
    await by_socket.work()

    assert [via for _, via, _ in private(by_socket)] == ["api"]


async def test_who_is_not_in_the_channel_is_told_directly(office: Office) -> None:
    await came_in(office, channel="C0IR")
    office.workspace.world.leave("C0IR", "U0BOB")
    await whisper(office)
    await office.say()

    assert [m.text for m in office.workspace.messages("D0U0BOB")] == ["done"]


async def test_the_answer_to_a_form_stands_where_its_card_is(office: Office) -> None:
    await office.asked()
    await came_in(office, value=f"{FIRST}:1:{'a' * 12}")
    await whisper(office)
    await office.say()

    assert private(office) == [("done", "api", "U0BOB")]


async def test_a_form_without_a_card_is_answered_directly(office: Office) -> None:
    await came_in(office, value="nonsense")
    await whisper(office)
    await office.say()

    assert [m.text for m in office.workspace.messages("D0U0BOB")] == ["done"]


@pytest.mark.parametrize(
    "url",
    [
        "https://attacker.example/x",
        "https://hooks.slack.com.attacker.example/x",
        "https://hooks.slack.com@attacker.example/x",
        "http://hooks.slack.com/x",
        "https://hooks.slack.com:8443/x",
        "file:///etc/passwd",
        "//hooks.slack.com/x",
        "https://[",
        "x",
    ],
)
async def test_an_address_that_is_not_slacks_is_never_called(office: Office, url: str) -> None:
    await came_in(office, channel="C0IR", response_url=url)
    await whisper(office)
    await office.say()

    assert private(office) == [("done", "api", "U0BOB")]


async def test_the_card_is_shown_beside_the_answer_without_buttons(office: Office) -> None:
    request, _ = await office.asked()
    await came_in(office, channel="C0IR")
    await whisper(office, request_id=request.id)
    await office.say()

    (seen,) = office.workspace.messages("C0IR", ephemeral=True)
    assert len(seen.blocks) > 3
    assert "ir_approve" not in str(seen.blocks)


async def test_a_preview_is_shown_from_the_note_itself(office: Office) -> None:
    request = await office.ask()
    await came_in(office, channel="C0IR")
    await whisper(office, document=msgspec.json.encode(request).decode())
    await office.say()

    (seen,) = office.workspace.messages("C0IR", ephemeral=True)
    assert "payments" in str(seen.blocks)


async def test_what_it_says_is_text_and_nothing_else(office: Office) -> None:
    await came_in(office, channel="C0IR")
    await whisper(office, "<!channel> & <https://evil.example|ok> *bold*\nsecond")
    await office.say()

    (seen,) = office.workspace.messages("C0IR", ephemeral=True)
    assert "<!channel>" not in seen.text
    assert {block["type"] for block in seen.blocks} == {"rich_text"}
    assert "<https" not in seen.text


async def test_a_whisper_waits_while_slack_is_away(office: Office) -> None:
    await came_in(office, channel="C0IR")
    office.workspace.faults.stage("chat.postEphemeral", Closed(), times=2)
    await whisper(office)
    for _ in range(3):
        await office.waits(5)

    assert private(office) == [("done", "api", "U0BOB")]


async def test_an_answer_to_nobody_is_given_up_on_record(office: Office) -> None:
    await whisper(office, key="click:9")
    await office.say()

    assert await office.outcomes() == ["no_origin"]


async def test_someone_whom_no_way_reaches_is_given_up_on_record(office: Office) -> None:
    await came_in(office, user="U0LEFT", channel="C0IR")
    await whisper(office)
    await office.say()

    assert await office.outcomes() == ["user_disabled"]
