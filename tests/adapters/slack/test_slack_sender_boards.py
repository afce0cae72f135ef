"""Cards of alerts in a channel that Slack asks to spare, and where the request's own card cannot be shown."""

from typing import Final

import pytest
from msgspec.structs import replace

from bot.adapters.slack.board.crowding import CROWD, EVERY, SAME
from bot.adapters.slack.pace import Pace
from bot.adapters.slack.sender import LONGEST_BACKOFF, MOST_FAULTS, Sender
from bot.domain.alerts.grouping import Group
from bot.domain.states import PartState
from bot.domain.suggestions import Cause
from bot.engine.boards import KIND, repainted
from bot.ports import Note, Painted
from bot.sandbox.slack import Closed, RateLimited
from bot.sandbox.slack.answers import texts
from bot.sandbox.slack.messages import Message
from tests.adapters.slack.boarded import GROUP, SUGGESTION, blocking, group, suggestion
from tests.adapters.slack.office import FIRST, Office

HOUR: Final = 3600.0


async def fires(office: Office) -> Group:
    """Store a group, its card queued."""
    now = office.turned.time()
    made = replace(group(), opened_at=now, updated_at=now)
    async with office.store.begin() as tx:
        await tx.alerts.add_group(made)
        await repainted(tx, made.id)
    return made


async def crowded(office: Office, channel: str) -> None:
    """Have it said in a channel how many wait for their card."""
    note = Note(topic=f"alert-{CROWD}{channel}", kind=KIND, document=f"{CROWD}{channel}")
    async with office.store.begin() as tx:
        await tx.outbox.paced(note, tx.now)
    await office.say()


def words(message: Message) -> str:
    return "".join(texts(list(message.blocks)))


async def test_a_channel_that_slack_asked_to_spare_of_many_alerts_is_spared_by_every_card(
    office: Office,
) -> None:
    office.workspace.faults.stage("chat.postMessage", Closed())
    await fires(office)
    await office.say()
    assert await office.desk.sending.crowd() == 1
    office.workspace.faults.stage("chat.postMessage", RateLimited(30))
    await crowded(office, "C0IR")
    calls = len(office.workspace.calls("chat.postMessage"))
    await office.waits(20)

    assert len(office.workspace.calls("chat.postMessage")) == calls == 2
    await office.waits(15)
    await office.waits(15)
    assert await office.store.cards.get(GROUP) is not None


async def waiting(office: Office) -> Message:
    """Return the message that says that many wait in another channel, where nothing is posted for ten hours."""
    office.sender = Sender(office.desk, "sender", Pace(office.turned))
    office.sender._poster.hold("C0IR", 10 * HOUR)
    await fires(office)
    await office.say()
    await crowded(office, "C0TWO")
    (said,) = office.workspace.messages("C0TWO")
    assert "1 more wait for their card" in words(said)
    return said


async def test_of_two_messages_about_many_alerts_only_the_newer_says_how_many_wait(office: Office) -> None:
    first = await waiting(office)
    for _ in range(2):
        await office.waits(SAME.total_seconds() / 2 + EVERY.total_seconds())

    old, new = office.workspace.messages("C0TWO")
    assert old.ts == first.ts
    assert "said below" in words(old)
    assert "more wait" not in words(old)
    assert "1 more wait for their card" in words(new)


async def test_a_message_about_many_alerts_that_nobody_minded_for_hours_still_ends(office: Office) -> None:
    first = await waiting(office)
    await office.store.cards.put(GROUP, Painted("C0IR", "1.0"))
    await office.waits(2 * HOUR)

    (said,) = office.workspace.messages("C0TWO")
    assert said.ts == first.ts
    assert "Each has its card now" in words(said)


async def taken(office: Office, channel: str) -> None:
    """Have a request made of what was suggested, with its card in another channel, and the board stand."""
    made = await fires(office)
    request = await office.ask(channel=channel)
    one = suggestion(blocking(request_id=FIRST))
    cause = Cause(made.id, SUGGESTION, 0, one.playbook, one.version, one.sha256)
    async with office.store.begin() as tx:
        await tx.requests.put(replace(request, cause=cause))
        await tx.suggestions.put(one)
        look = await tx.suggestions.hold(made.id)
        await tx.suggestions.put_look(replace(look, looked_at=tx.now, current=(one.id,)))


async def board(office: Office) -> str:
    painted = await office.store.cards.get(GROUP)
    assert painted is not None
    return words(next(one for one in office.workspace.messages("C0IR") if one.ts == painted.ts))


async def denied(office: Office) -> None:
    """Have the request denied, and its card queued."""
    async with office.store.begin() as tx:
        for row in await tx.parts.of(FIRST):
            await tx.parts.put(replace(row, state=PartState.DENIED, due_at=None))
    await office.note("card")


async def test_the_alerts_card_goes_on_where_the_card_of_its_request_must_not_be_shown(
    office: Office,
) -> None:
    await taken(office, "C0GONE")
    await office.waits(5)
    assert "WAITING FOR APPROVAL" in await board(office)
    await denied(office)
    await office.waits(5)
    await office.waits(5)

    assert (await office.outcomes()).count("channel-unseen") == 2
    assert "DENIED" in await board(office)


async def test_the_alerts_card_goes_on_where_the_card_of_its_request_cannot_be_painted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await taken(office, "C0TWO")
    await office.waits(5)
    assert "WAITING FOR APPROVAL" in await board(office)

    async def broken(request_id: str, *, search: bool) -> None:
        raise RuntimeError

    monkeypatch.setattr(office.sender._poster, "card", broken)
    await denied(office)
    for _ in range(MOST_FAULTS + 1):
        await office.waits(LONGEST_BACKOFF)

    assert "internal-error" in await office.outcomes()
    assert "DENIED" in await board(office)
