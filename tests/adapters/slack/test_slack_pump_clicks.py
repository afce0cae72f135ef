"""Clicks: only our buttons, on the card that stands, with a value that it carries; everything else is refused on record."""

from typing import Any

import pytest

from bot.adapters.slack import clicks
from bot.domain.digests import short
from bot.ports import Painted
from bot.sandbox.slack import Refused
from tests.adapters.slack.office import FIRST, Office


async def press(office: Office, button: str, user: str = "U0BOB", **how: Any) -> Any:
    """Press a button of the card, carry it out, and return what the person was told."""
    card = await office.card()
    answer = await office.workspace.click(user, card.channel, card.ts, button, **how)
    await office.work()
    return answer


async def test_bob_approves_what_the_card_shows(either: Office) -> None:
    request, _ = await either.asked()
    answer = await press(either, "ir_approve")

    async with either.store.begin() as tx:
        (vote,) = await tx.votes.of(FIRST, request.digest)
    assert vote.voter.key == "T0HOST:U0BOB"
    assert "is approved and starts now" in answer.said


async def test_a_click_that_is_quicker_than_our_note_of_where_the_card_is_counts(
    either: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, card = await either.asked()
    looked: list[str] = []

    async def get(request_id: str) -> Painted | None:
        looked.append(request_id)
        return card if len(looked) > 2 else None

    monkeypatch.setattr(either.desk.cards, "get", get)
    answer = await either.workspace.click("U0BOB", card.channel, card.ts, "ir_approve")
    await either.work()

    assert "is approved and starts now" in answer.said


async def test_a_click_on_a_card_that_nobody_posted_is_refused(
    either: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, card = await either.asked()

    async def get(request_id: str) -> None:
        return None

    monkeypatch.setattr(clicks, "LOOK", 0.0)
    monkeypatch.setattr(either.desk.cards, "get", get)
    answer = await either.workspace.click("U0BOB", card.channel, card.ts, "ir_approve")
    await either.work()

    assert "Refused:" in answer.said
    assert (await either.outcomes())[-1] == "forged-click"


async def test_a_click_that_comes_twice_counts_once(either: Office) -> None:
    await either.asked()
    answer = await press(either, "ir_approve")
    await either.workspace.replay(answer)
    await either.work()

    assert (await either.outcomes()).count("approve") == 2  # the vote, and the decision that it made
    assert "already-decided" not in await either.outcomes()


async def test_the_requester_is_refused_by_the_use_case(either: Office) -> None:
    await either.asked()
    answer = await press(either, "ir_approve", "U0ALICE")

    assert "Refused:" in answer.said
    assert await either.outcomes() == ["card-shown", (await either.outcomes())[-1]]
    assert (await either.records())[-1]["event"] == "refusal"


@pytest.mark.parametrize(
    ("button", "how"),
    [
        ("ir_explode", {}),
        ("ir_approve", {"value": "FB-7K3Q1:1"}),
        ("ir_approve", {"value": "FB-7K3Q1:0:aaaaaaaaaaaa"}),
        ("ir_approve", {"value": "FB-7K3Q1:1:aaaaaaaaaaaa\n"}),
        ("ir_approve", {"value": "FB-7K3Q1:2:aaaaaaaaaaaa"}),
        ("ir_approve", {"value": "FB-9Z9Z9:1:aaaaaaaaaaaa"}),
        ("ir_approve", {"value": ""}),
    ],
)
async def test_a_click_that_no_card_has_is_refused_and_recorded(
    either: Office, button: str, how: dict[str, Any]
) -> None:
    await either.asked()
    answer = await press(either, button, forged=True, **how)

    assert (await either.outcomes())[-1] == "forged-click"
    assert "Refused:" in answer.said


async def test_a_button_of_another_requests_card_is_refused(either: Office) -> None:
    request, _ = await either.asked()
    await either.asked("FB-8K3Q2")
    other = await either.card("FB-8K3Q2")
    value = f"{FIRST}:1:{short(request.digest)}"
    await either.workspace.click("U0BOB", "C0IR", other.ts, "ir_approve", value=value, forged=True)
    await either.work()

    assert (await either.outcomes())[-1] == "stale-card"


async def test_a_button_in_another_channel_is_refused(either: Office) -> None:
    request, card = await either.asked()
    value = f"{FIRST}:1:{short(request.digest)}"
    await either.workspace.click("U0BOB", "C0TWO", card.ts, "ir_approve", value=value, forged=True)
    await either.work()

    assert (await either.outcomes())[-1] == "forged-click"


async def test_a_digest_that_is_not_the_newest_is_no_vote(either: Office) -> None:
    await either.asked()
    await press(either, "ir_approve", value=f"{FIRST}:1:{'a' * 12}", forged=True)

    assert (await either.outcomes())[-1] == "outdated-plan"


async def test_a_rollback_by_an_outdated_value_is_refused(either: Office) -> None:
    await either.asked()
    await press(either, "ir_rollback", value=f"{FIRST}:1:{'a' * 12}", forged=True)

    assert (await either.outcomes())[-1] == "stale-card"


async def test_what_is_shown_privately_has_no_buttons_and_takes_no_clicks(either: Office) -> None:
    request, _ = await either.asked()
    await either.workspace.slash("U0BOB", "C0IR", f"/ir status {FIRST}")
    await either.work()
    (seen,) = either.workspace.messages("C0IR", ephemeral=True)
    value = f"{FIRST}:1:{short(request.digest)}"
    await either.workspace.click("U0BOB", "C0IR", seen.ts, "ir_approve", value=value, forged=True)
    await either.work()

    assert "actions" not in {block["type"] for block in seen.blocks}
    assert (await either.outcomes())[-1] == "forged-click"


@pytest.mark.parametrize("user", ["U0GUEST", "U0STRANGER", "U0LEFT", "U0HIDDEN"])
async def test_who_is_no_full_member_is_refused(either: Office, user: str) -> None:
    await either.asked()
    either.workspace.world.set_group("S0ONCALL", ["U0ALICE", "U0BOB", user])
    await press(either, "ir_approve", user, forged=True)

    assert (await either.records())[-1]["event"] == "refusal"
    assert (await either.outcomes())[-1].startswith("person-")


async def test_a_stranger_acts_under_their_own_team_not_the_hosts(either: Office) -> None:
    await either.asked()
    either.workspace.world.share("C0IR", "T0OTHER")
    either.workspace.world.join("C0IR", "U0STRANGER")
    await press(either, "ir_approve", "U0STRANGER")

    assert (await either.records())[-1]["actor"]["id"] == "T0OTHER:U0STRANGER"
    assert (await either.outcomes())[-1] == "person-foreign-team"


async def test_someone_who_left_the_group_after_the_card_is_refused(either: Office) -> None:
    await either.asked()
    either.workspace.world.set_group("S0ONCALL", ["U0ALICE"])
    await press(either, "ir_approve")

    assert (await either.records())[-1]["event"] == "refusal"


async def test_when_slack_does_not_say_who_is_in_the_group_the_answer_is_no(either: Office) -> None:
    await either.asked()
    either.workspace.faults.stage("usergroups.users.list", Refused("missing_scope"), times=9)
    await press(either, "ir_approve")

    assert (await either.records())[-1]["event"] == "refusal"


async def test_a_denial_asks_why_in_a_form_and_is_counted_with_it(either: Office) -> None:
    await either.asked()
    await press(either, "ir_deny")
    view = either.workspace.views.top("U0BOB")
    assert view is not None
    await either.workspace.submit_view("U0BOB", view.id, {"reason": {"text": "wrong pod"}})
    await either.work()

    assert (await either.outcomes())[-2:] == ["deny", "deny"]
    assert any("is denied" in m.text for m in either.workspace.messages("C0IR", ephemeral=True))


async def test_a_form_that_opens_too_late_is_answered_with_the_command(either: Office) -> None:
    _, card = await either.asked()
    answer = await either.workspace.click("U0BOB", card.channel, card.ts, "ir_deny")
    either.turned.now += 3
    await either.work()

    assert either.workspace.views.top("U0BOB") is None
    assert f"/ir deny {FIRST} because" in answer.said


async def test_a_form_that_we_did_not_open_is_refused(either: Office) -> None:
    from bot.adapters.slack.card import deny_modal

    await either.asked()
    forged = {**deny_modal(FIRST, 1, "a" * 12), "private_metadata": "FB-7K3Q1:x"}
    view = either.workspace._core.views.open("U0BOB", forged)
    await either.workspace.submit_view("U0BOB", view.id, {"reason": {"text": "because"}})
    await either.work()

    assert (await either.outcomes())[-1] == "forged-click"


async def test_details_open_for_those_who_may_read(either: Office) -> None:
    await either.asked()
    await press(either, "ir_details")
    view = either.workspace.views.top("U0BOB")

    assert view is not None
    assert view.body["callback_id"] == "ir_details_modal"


async def test_details_stay_closed_to_everybody_else(either: Office) -> None:
    await either.asked()
    await press(either, "ir_details", "U0GUEST")

    assert either.workspace.views.top("U0GUEST") is None
    assert (await either.outcomes())[-1] == "person-restricted"
